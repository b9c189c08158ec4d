/*
 * The inside of a Postgres session; used by common/postgres*.c alone.
 */
#ifndef MNEME_COMMON_POSTGRES_SESSION_H
#define MNEME_COMMON_POSTGRES_SESSION_H

#include "common/postgres.h"
#include "common/postgres_errors.h"

struct mneme_pg_statement; /* one that this session has prepared */

struct mneme_postgres {
    PGconn *connection; /* never NULL between a successful connect and close */
    char *url;
    char *schema;
    char *path; /* the search path, quoted; NULL: the schema alone */
    char *purpose;
    int64_t connect_timeout_ms;
    struct mneme_pg_statement *statements; /* a hash of what the connection has prepared */
    unsigned next_statement;               /* numbers their names */
    char sqlstate[MNEME_SQLSTATE_BYTES];
};

/* As mneme_pg_connect, for that schema, with a search path that is quoted already; NULL: the schema alone. */
int mneme_pg_connect_path(struct mneme_postgres **out, const struct mneme_config *config, const char *schema,
                          const char *path, const char *purpose, struct mneme_error *error);

/* Opens a connection and sets it up; on failure the old one is gone and `connection` is a bad one or NULL. */
int mneme_pg_open(struct mneme_postgres *postgres, struct mneme_error *error);

/* Checks the parameters and prepares the statement unless this session has; *name is NULL when it is to be
 * run unprepared, else valid while the session is. */
int mneme_pg_prepare(const char **name, struct mneme_postgres *postgres, const char *sql,
                     const struct mneme_pg_params *params, struct mneme_error *error);

/* The parameters as libpq takes them; valid until they change. */
void mneme_pg_param_values(const char *values[MNEME_PG_MAX_PARAMS], const struct mneme_pg_params *params);

/* Forgets all prepared statements. */
void mneme_pg_forget_statements(struct mneme_postgres *postgres);

/* Remembers the SQLSTATE and fills the error for a statement that failed. */
int mneme_pg_failed(struct mneme_postgres *postgres, const PGresult *result, struct mneme_error *error);

#endif
