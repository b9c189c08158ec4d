/*
 * From a failure that libpq tells to a status and a sentence; used by common/postgres*.c alone.
 */
#ifndef MNEME_COMMON_POSTGRES_ERRORS_H
#define MNEME_COMMON_POSTGRES_ERRORS_H

#include <libpq-fe.h>

#include "common/base/error.h"
#include "common/base/types.h"

#define MNEME_SQLSTATE_BYTES 6 /* five characters and a NUL */

/* The sentence for an SQLSTATE ("" when the server gave none): what failed, `reason`, and what to do. */
int mneme_pg_error(struct mneme_error *error, const char *what, const char *sqlstate, const char *reason);

/* PgBouncer tells every failure of its own, such as a server that was restarted behind it, as a violation of
 * the protocol (08P01). This stands in its place: a connection that was lost. */
#define MNEME_SQLSTATE_OF_POOLER "08P01"
#define MNEME_SQLSTATE_LOST "08006"

/* The same for a failed statement; fills `sqlstate`. `result` may be NULL: then the connection's message is
 * told. `is_pooled`: over a pooler. Neither detail nor context of the server's answer is used, since they
 * quote rows. */
int mneme_pg_result_error(struct mneme_error *error, char sqlstate[MNEME_SQLSTATE_BYTES], PGconn *connection,
                          const PGresult *result, bool is_pooled);

/* The same for a connection that could not be made, with PQERRORS_VERBOSE set on it. */
int mneme_pg_connect_error(struct mneme_error *error, char sqlstate[MNEME_SQLSTATE_BYTES], PGconn *connection,
                           const char *place);

#endif
