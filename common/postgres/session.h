/*
 * The internals of a Postgres session; used only in common/postgres/.
 */
#ifndef MNEME_COMMON_POSTGRES_SESSION_H
#define MNEME_COMMON_POSTGRES_SESSION_H

#include "common/postgres/errors.h"
#include "common/postgres/postgres.h"

struct mneme_pg_statement; /* one that this session has prepared */

struct mneme_postgres {
    PGconn *connection; /* never NULL between a successful connect and close */
    char *url;
    char *schema;
    char *path; /* the search path, quoted; NULL: the schema alone */
    char *purpose;
    int64_t connect_timeout_ms;
    struct mneme_pg_statement *statements;     /* hash of the connection's prepared statements */
    struct mneme_pg_statement *last_statement; /* of those; may be NULL */
    unsigned next_statement;                   /* numbers their names */
    bool is_pool_shared; /* MNEME_PG_POOL_MODE: a pooler, if there is one, may change sessions */
    bool is_pooled;      /* there is one, so the session must hold no state (pooled.c) */
    struct mneme_buffer simple_settings, piped_settings; /* for each transaction in such a session */
    char *always;            /* settings of each session, besides our own; NULL: none */
    bool has_other_settings; /* mneme_pg_set was called since the session was set up */
    char sqlstate[MNEME_SQLSTATE_BYTES];
    const struct mneme_cancel *cancel; /* of mneme_pg_set_cancel */
    bool was_left; /* the cancel ended a wait, but the server did not end the statement: reconnect */
};

/* Like mneme_pg_connect, for that schema, with a search path that is already quoted; NULL: the schema alone.
 * The cancel (may be NULL) ends the connecting, and becomes the connection's. */
int mneme_pg_connect_path(struct mneme_postgres **out, const struct mneme_config *config, const char *schema,
                          const char *path, const char *purpose, const struct mneme_cancel *cancel,
                          struct mneme_error *error);

/* Opens a connection and sets it up; on failure the old connection is closed, and `connection` is broken or
 * NULL. */
int mneme_pg_open(struct mneme_postgres *postgres, struct mneme_error *error);

/* Settings of this session and of each that replaces it; see mneme_pg_set. */
int mneme_pg_set_always(struct mneme_postgres *postgres, const char *settings_sql, struct mneme_error *error);

/* Resets the session for another user: no open transaction, and only its first settings. Fails if it is
 * broken or a statement is still running. */
int mneme_pg_reset(struct mneme_postgres *postgres, struct mneme_error *error);

/* PQprepare, PQexecPrepared and PQexecParams, but the connection's cancel ends them. `values` may be NULL
 * without parameters. */
PGresult *mneme_pg_exec_prepare(struct mneme_postgres *postgres, const char *name, const char *sql,
                                const struct mneme_pg_params *params);
PGresult *mneme_pg_exec_prepared(struct mneme_postgres *postgres, const char *name,
                                 const struct mneme_pg_params *params, const char *const *values,
                                 bool binary);
PGresult *mneme_pg_exec_params(struct mneme_postgres *postgres, const char *sql,
                               const struct mneme_pg_params *params, const char *const *values, bool binary);

/* Waits until PQgetResult can return something, or the cancel ends the statement: false when the server did
 * not end it in time, so that the connection can no longer be used. was_left is false before the statement is
 * sent. */
bool mneme_pg_await(struct mneme_postgres *postgres);

/* Returns `status`, or MNEME_E_TIMEOUT with its own message if the statement failed because of the cancel. */
int mneme_pg_explain_cancel(struct mneme_postgres *postgres, int status, struct mneme_error *error);

/* MNEME_E_TIMEOUT: "what: the caller cancelled the call …". */
int mneme_pg_cancelled(const struct mneme_postgres *postgres, const char *what, struct mneme_error *error);

/* Checks the parameters and prepares the statement unless it is prepared already; *name is NULL when it is to
 * be run unprepared, else valid as long as the session. */
int mneme_pg_prepare(const char **name, struct mneme_postgres *postgres, const char *sql,
                     const struct mneme_pg_params *params, struct mneme_error *error);

/* The parameters in libpq's form; valid until they change. */
void mneme_pg_param_values(const char *values[MNEME_PG_MAX_PARAMS], const struct mneme_pg_params *params);

/* Forgets all prepared statements. */
void mneme_pg_forget_statements(struct mneme_postgres *postgres);

/* Sets is_pooled of a connection that was just made. */
int mneme_pg_find_pooler(struct mneme_postgres *postgres, struct mneme_error *error);

/* Forgets the settings that mneme_pg_set gave a pooled session. */
void mneme_pg_forget_settings(struct mneme_postgres *postgres);

/* PQexec; behind a pooler, the settings precede a statement that begins a transaction. */
PGresult *mneme_pg_exec(struct mneme_postgres *postgres, const char *sql);

/* The statement that sets a transaction's settings, to be sent before its first statement, or after its
 * BEGIN; NULL when none is needed. Valid until settings change. */
const char *mneme_pg_first_statement(struct mneme_postgres *postgres);

/* Like mneme_pg_pipeline, with `first` (may be NULL) sent before the calls, or after the first call if that
 * is a BEGIN. Only the results of the calls are returned, in binary or as text. */
int mneme_pg_pipeline_behind(PGresult **results, struct mneme_postgres *postgres, const char *first,
                             const struct mneme_pg_call *calls, size_t count, bool binary,
                             struct mneme_error *error);

/* Remembers the SQLSTATE and fills the error for a statement that failed. */
int mneme_pg_failed(struct mneme_postgres *postgres, const PGresult *result, struct mneme_error *error);

#endif
