/*
 * Turns a libpq failure into a status and a message; used only in common/postgres/.
 */
#ifndef MNEME_COMMON_POSTGRES_ERRORS_H
#define MNEME_COMMON_POSTGRES_ERRORS_H

#include <libpq-fe.h>

#include "common/base/error.h"
#include "common/base/types.h"

#define MNEME_SQLSTATE_BYTES 6 /* five characters and a NUL */

/* The message for an SQLSTATE ("" when the server gave none): what failed, `reason`, and what to do. */
int mneme_pg_error(struct mneme_error *error, const char *what, const char *sqlstate, const char *reason);

/* PgBouncer reports all its own failures, such as a server restart, as a protocol violation (08P01). They are
 * treated as this code: a lost connection. */
#define MNEME_SQLSTATE_OF_POOLER "08P01"
#define MNEME_SQLSTATE_LOST "08006"

/* The same for a failed statement; fills `sqlstate`. If `result` is NULL, the connection's message is used.
 * `is_pooled`: over a pooler. The detail and context of the server's answer are left out, since they quote
 * rows. */
int mneme_pg_result_error(struct mneme_error *error, char sqlstate[MNEME_SQLSTATE_BYTES], PGconn *connection,
                          const PGresult *result, bool is_pooled);

/* The same for a connection that could not be made, with PQERRORS_VERBOSE set on it. */
int mneme_pg_connect_error(struct mneme_error *error, char sqlstate[MNEME_SQLSTATE_BYTES], PGconn *connection,
                           const char *place);

#endif
