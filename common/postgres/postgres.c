/*
 * Sessions and statements. A statement with parameters is prepared on first use, so that the server plans
 * statements that a worker repeats for every batch only once.
 */
#include "common/postgres/postgres.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/postgres/session.h"

/* When memory is exhausted, the hash reports it instead of ending the program: the statement is then not
 * remembered. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(statement) ((statement)->is_lost = true)
#include <uthash.h>

/* Statements beyond this number are run unprepared: their texts are generated at run time, and the server
 * would keep a plan for each. */
#define MAX_PREPARED 256

struct mneme_pg_statement {
    UT_hash_handle hh;
    char name[24];
    char *key; /* types of the parameters, then the text */
    size_t key_len;
    bool is_lost;
};

static void free_statement(struct mneme_pg_statement *statement) {
    free(statement->key);
    free(statement);
}

void mneme_pg_forget_statements(struct mneme_postgres *postgres) {
    struct mneme_pg_statement *statement = postgres->statements;
    HASH_CLEAR(hh, postgres->statements); /* frees the table and leaves its elements in their list */
    while (statement != NULL) {
        struct mneme_pg_statement *next = statement->hh.next;
        free_statement(statement);
        statement = next;
    }
    postgres->next_statement = 0;
    postgres->last_statement = NULL;
}

int mneme_pg_connect(struct mneme_postgres **out, const struct mneme_config *config, const char *purpose,
                     struct mneme_error *error) {
    return mneme_pg_connect_path(out, config, mneme_config_string(config, MNEME_SETTING_PG_SCHEMA), NULL,
                                 purpose, NULL, error);
}

int mneme_pg_connect_path(struct mneme_postgres **out, const struct mneme_config *config, const char *schema,
                          const char *path, const char *purpose, const struct mneme_cancel *cancel,
                          struct mneme_error *error) {
    struct mneme_postgres *postgres = calloc(1, sizeof *postgres);
    if (postgres == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot connect to Postgres: out of memory; free some memory");
    }
    int status;
    postgres->cancel = cancel;
    postgres->url = strdup(mneme_config_string(config, MNEME_SETTING_DATABASE_URL));
    postgres->schema = strdup(schema);
    postgres->path = path == NULL ? NULL : strdup(path);
    postgres->purpose = strdup(purpose);
    postgres->cancel = cancel;
    postgres->is_pool_shared =
        strcmp(mneme_config_string(config, MNEME_SETTING_PG_POOL_MODE), "transaction") == 0;
    postgres->connect_timeout_ms = mneme_config_long(config, MNEME_SETTING_PG_CONNECT_TIMEOUT_MS);
    if (postgres->url == NULL || postgres->schema == NULL || postgres->purpose == NULL ||
        (path != NULL && postgres->path == NULL)) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "cannot connect to Postgres: out of memory; free some memory");
    } else {
        status = mneme_pg_open(postgres, error);
    }
    if (status != MNEME_OK) {
        mneme_pg_close(postgres);
        return status;
    }
    *out = postgres;
    return MNEME_OK;
}

const char *mneme_pg_own_schema(const struct mneme_postgres *postgres) {
    return postgres->schema;
}

void mneme_pg_unlock(struct mneme_postgres *postgres) {
    if (postgres == NULL || PQstatus(postgres->connection) != CONNECTION_OK) {
        return;
    }
    PGTransactionStatusType state = PQtransactionStatus(postgres->connection);
    if (state == PQTRANS_INTRANS || state == PQTRANS_INERROR) {
        PQclear(PQexec(postgres->connection, "ROLLBACK"));
    }
    if (PQtransactionStatus(postgres->connection) == PQTRANS_IDLE) {
        PQclear(PQexec(postgres->connection, "SELECT pg_advisory_unlock_all()"));
    }
}

void mneme_pg_close(struct mneme_postgres *postgres) {
    if (postgres == NULL) {
        return;
    }
    mneme_pg_forget_statements(postgres);
    mneme_buffer_clean_up(&postgres->simple_settings);
    mneme_buffer_clean_up(&postgres->piped_settings);
    PQfinish(postgres->connection);
    free(postgres->url);
    free(postgres->schema);
    free(postgres->path);
    free(postgres->purpose);
    free(postgres->always);
    free(postgres);
}

/* A server that went away has closed its end, but libpq notices only when it sends or receives. */
static bool is_peer_there(const PGconn *connection) {
    struct pollfd peer = {.fd = PQsocket(connection), .events = POLLRDHUP};
    return poll(&peer, 1, 0) == 0;
}

int mneme_pg_ensure(struct mneme_postgres *postgres, struct mneme_error *error) {
    if (!postgres->was_left && PQstatus(postgres->connection) == CONNECTION_OK &&
        is_peer_there(postgres->connection)) {
        PGTransactionStatusType state = PQtransactionStatus(postgres->connection);
        if (state != PQTRANS_ACTIVE && state != PQTRANS_UNKNOWN) {
            return MNEME_OK;
        }
    }
    return mneme_pg_open(postgres, error);
}

PGconn *mneme_pg_raw(struct mneme_postgres *postgres) {
    return postgres->connection;
}

const char *mneme_pg_sqlstate(const struct mneme_postgres *postgres) {
    return postgres->sqlstate;
}

int mneme_pg_failed(struct mneme_postgres *postgres, const PGresult *result, struct mneme_error *error) {
    return mneme_pg_result_error(error, postgres->sqlstate, postgres->connection, result,
                                 postgres->is_pooled);
}

static bool is_success(const PGresult *result) {
    ExecStatusType kind = PQresultStatus(result);
    return kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK || kind == PGRES_EMPTY_QUERY;
}

/* Returns the result or its error to the caller. Takes ownership of `result`. */
static int hand_over(PGresult **out, struct mneme_postgres *postgres, PGresult *result,
                     struct mneme_error *error) {
    if (!is_success(result)) {
        int status = mneme_pg_failed(postgres, result, error);
        PQclear(result);
        return mneme_pg_explain_cancel(postgres, status, error);
    }
    postgres->sqlstate[0] = '\0';
    if (out != NULL) {
        *out = result;
    } else {
        PQclear(result);
    }
    return MNEME_OK;
}

/* Whether the statement has that text and those parameters; it may be NULL. */
static bool is_of(const struct mneme_pg_statement *statement, const char *sql, size_t sql_len,
                  const struct mneme_pg_params *params) {
    size_t types_len = (size_t)params->count * sizeof params->type[0];
    return statement != NULL && statement->key_len == types_len + sql_len &&
           memcmp(statement->key, params->type, types_len) == 0 &&
           memcmp(statement->key + types_len, sql, sql_len) == 0;
}

/* The statement that this session has prepared; *out is NULL when it is to be run unprepared. */
static int find_or_prepare(struct mneme_pg_statement **out, struct mneme_postgres *postgres, const char *sql,
                           const struct mneme_pg_params *params, struct mneme_error *error) {
    size_t sql_len = strlen(sql);
    *out = postgres->last_statement; /* consecutive statements are often the same */
    if (is_of(*out, sql, sql_len, params)) {
        return MNEME_OK;
    }
    struct mneme_buffer key = {0};
    mneme_buffer_append(&key, params->type, (size_t)params->count * sizeof params->type[0]);
    mneme_buffer_append(&key, sql, sql_len);
    struct mneme_pg_statement *statement = NULL;
    *out = NULL;
    bool is_complete = !key.failed && key.data != NULL;
    if (is_complete) {
        HASH_FIND(hh, postgres->statements, key.data, key.len, *out);
    }
    if (!is_complete || *out != NULL || postgres->is_pooled ||
        HASH_COUNT(postgres->statements) >= MAX_PREPARED ||
        (statement = calloc(1, sizeof *statement)) == NULL) {
        mneme_buffer_clean_up(&key);
        postgres->last_statement = *out;
        return MNEME_OK;
    }
    snprintf(statement->name, sizeof statement->name, "mneme_%u", postgres->next_statement++);
    statement->key = key.data;
    statement->key_len = key.len;
    /* Preparing waits for locks on the tables, as executing does. */
    PGresult *result = mneme_pg_exec_prepare(postgres, statement->name, sql, params);
    int status = hand_over(NULL, postgres, result, error);
    if (status == MNEME_OK) {
        HASH_ADD_KEYPTR(hh, postgres->statements, statement->key, statement->key_len, statement);
    }
    if (status != MNEME_OK || statement->is_lost) {
        free_statement(statement);
        return status;
    }
    *out = postgres->last_statement = statement;
    return MNEME_OK;
}

static int check_params(struct mneme_postgres *postgres, const struct mneme_pg_params *params,
                        struct mneme_error *error) {
    if (params->bytes.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot send to Postgres: out of memory; free some memory");
    }
    if (params->has_nul) {
        /* The server's error for such a text, had it not been cut off at the NUL. */
        snprintf(postgres->sqlstate, sizeof postgres->sqlstate, "22021");
        return mneme_error_set(error, MNEME_E_INVALID,
                               "cannot send to Postgres: the text contains a NUL character; remove it");
    }
    return MNEME_OK;
}

int mneme_pg_prepare(const char **name, struct mneme_postgres *postgres, const char *sql,
                     const struct mneme_pg_params *params, struct mneme_error *error) {
    int status = check_params(postgres, params, error);
    struct mneme_pg_statement *statement = NULL;
    if (status == MNEME_OK && !params->wants_own_plan) {
        status = find_or_prepare(&statement, postgres, sql, params, error);
    }
    *name = statement == NULL ? NULL : statement->name;
    return status;
}

void mneme_pg_param_values(const char *values[MNEME_PG_MAX_PARAMS], const struct mneme_pg_params *params) {
    for (int i = 0; i < params->count; i++) {
        values[i] = params->offset[i] == SIZE_MAX ? NULL : params->bytes.data + params->offset[i];
    }
}

static int query_with_params(PGresult **out, struct mneme_postgres *postgres, const char *sql,
                             const struct mneme_pg_params *params, bool binary, struct mneme_error *error) {
    const char *name;
    int status = mneme_pg_prepare(&name, postgres, sql, params, error);
    if (status != MNEME_OK) {
        return status;
    }
    const char *values[MNEME_PG_MAX_PARAMS];
    mneme_pg_param_values(values, params);
    PGresult *result;
    if (name != NULL) {
        result = mneme_pg_exec_prepared(postgres, name, params, values, binary);
    } else {
        result = mneme_pg_exec_params(postgres, sql, params, values, binary);
    }
    return hand_over(out, postgres, result, error);
}

int mneme_pg_query(PGresult **out, struct mneme_postgres *postgres, const char *sql,
                   const struct mneme_pg_params *params, bool binary, struct mneme_error *error) {
    postgres->sqlstate[0] = '\0';
    const char *first = mneme_pg_first_statement(postgres);
    if (first != NULL) {
        const struct mneme_pg_call call = {sql, params};
        return mneme_pg_pipeline_behind(out, postgres, first, &call, 1, binary, error);
    }
    if (params != NULL && params->count > 0) {
        return query_with_params(out, postgres, sql, params, binary, error);
    }
    static const struct mneme_pg_params none = {.count = 0};
    PGresult *result = mneme_pg_exec_params(postgres, sql, &none, NULL, binary);
    return hand_over(out, postgres, result, error);
}

int mneme_pg_send(struct mneme_postgres *postgres, const char *sql, const struct mneme_pg_params *params,
                  struct mneme_error *error) {
    const char *values[MNEME_PG_MAX_PARAMS];
    int status = check_params(postgres, params, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_pg_param_values(values, params);
    return PQsendQueryParams(postgres->connection, sql, params->count, params->type, values, params->length,
                             params->format, 0) == 1
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s", PQerrorMessage(postgres->connection));
}

int mneme_pg_run(struct mneme_postgres *postgres, const char *sql, struct mneme_error *error) {
    return hand_over(NULL, postgres, mneme_pg_exec(postgres, sql), error);
}
