/*
 * Several statements in one round trip, by libpq's pipeline mode. Statements are prepared beforehand, so that
 * a failed pipeline leaves no state to track.
 */
#include "common/postgres/postgres.h"
#include "common/postgres/session.h"

static bool send_call(PGconn *connection, const char *name, const struct mneme_pg_call *call, bool binary) {
    static const struct mneme_pg_params no_params;
    const struct mneme_pg_params *params = call->params == NULL ? &no_params : call->params;
    const char *values[MNEME_PG_MAX_PARAMS];
    mneme_pg_param_values(values, params);
    return (name != NULL ? PQsendQueryPrepared(connection, name, params->count, values, params->length,
                                               params->format, binary)
                         : PQsendQueryParams(connection, call->sql, params->count, params->type, values,
                                             params->length, params->format, binary)) == 1;
}

static PGresult *next_result(struct mneme_postgres *postgres) {
    return mneme_pg_await(postgres) ? PQgetResult(postgres->connection) : NULL;
}

/* Reads one statement's result; after a failure, the rest of the pipeline is read and discarded. */
static int take_result(PGresult **out, struct mneme_postgres *postgres, int status,
                       struct mneme_error *error) {
    PGresult *result = next_result(postgres);
    ExecStatusType kind = PQresultStatus(result);
    if (status == MNEME_OK && kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
        status = mneme_pg_explain_cancel(postgres, mneme_pg_failed(postgres, result, error), error);
    }
    if (status == MNEME_OK && out != NULL) {
        *out = result;
    } else {
        PQclear(result);
    }
    if (result != NULL) {
        PQclear(next_result(postgres)); /* the NULL that ends a statement's results */
    }
    return status;
}

/* The call after which the transaction's settings are sent: a BEGIN with an isolation level allows no query
 * before it. */
static size_t place_of_first(const struct mneme_pg_call *calls) {
    return strncmp(calls[0].sql, "BEGIN", strlen("BEGIN")) == 0 ? 1 : 0;
}

/* Sends the statements and the sync mark; libpq reads answers while it cannot write. */
static int send_all(struct mneme_postgres *postgres, const char *first, const char *const *names,
                    const struct mneme_pg_call *calls, size_t count, bool binary, struct mneme_error *error) {
    const struct mneme_pg_call settings = {first, NULL};
    size_t place = first == NULL ? SIZE_MAX : place_of_first(calls);
    for (size_t i = 0; i <= count; i++) {
        if (i == place && !send_call(postgres->connection, NULL, &settings, binary)) {
            return mneme_pg_failed(postgres, NULL, error);
        }
        if (i < count && !send_call(postgres->connection, names[i], &calls[i], binary)) {
            return mneme_pg_failed(postgres, NULL, error);
        }
    }
    return PQpipelineSync(postgres->connection) == 1 ? MNEME_OK : mneme_pg_failed(postgres, NULL, error);
}

static int prepare_all(const char **names, struct mneme_postgres *postgres, const struct mneme_pg_call *calls,
                       size_t count, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        if (calls[i].params != NULL) {
            status = mneme_pg_prepare(&names[i], postgres, calls[i].sql, calls[i].params, error);
        }
    }
    return status;
}

int mneme_pg_pipeline_behind(PGresult **results, struct mneme_postgres *postgres, const char *first,
                             const struct mneme_pg_call *calls, size_t count, bool binary,
                             struct mneme_error *error) {
    const char *names[MNEME_PG_MAX_CALLS] = {NULL};
    if (count > MNEME_PG_MAX_CALLS) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot run the pipeline: it has %zu statements; the maximum is %d", count,
                               MNEME_PG_MAX_CALLS);
    }
    if (count == 0) {
        return MNEME_OK;
    }
    int status = prepare_all(names, postgres, calls, count, error);
    if (status != MNEME_OK) {
        return status;
    }
    postgres->sqlstate[0] = '\0';
    postgres->was_left = false;
    if (PQenterPipelineMode(postgres->connection) != 1) {
        return mneme_pg_failed(postgres, NULL, error);
    }
    status = send_all(postgres, first, names, calls, count, binary, error);
    bool is_sent = status == MNEME_OK;
    size_t place = first == NULL ? SIZE_MAX : place_of_first(calls);
    size_t taken = 0;
    for (size_t i = 0; i <= count && is_sent; i++) {
        if (i == place) {
            status = take_result(NULL, postgres, status, error);
        }
        if (i < count) {
            status = take_result(results == NULL ? NULL : &results[i], postgres, status, error);
            taken += status == MNEME_OK ? 1 : 0;
        }
    }
    if (is_sent) {
        PQclear(next_result(postgres)); /* the mark's own */
    }
    /* The pipeline of a broken connection cannot be ended: mneme_pg_ensure reconnects. */
    if (PQexitPipelineMode(postgres->connection) != 1 && status == MNEME_OK) {
        status = mneme_pg_failed(postgres, NULL, error);
    }
    if (status != MNEME_OK && results != NULL) {
        for (size_t i = 0; i < taken; i++) {
            PQclear(results[i]);
            results[i] = NULL;
        }
    }
    return status;
}

int mneme_pg_pipeline(PGresult **results, struct mneme_postgres *postgres, const struct mneme_pg_call *calls,
                      size_t count, struct mneme_error *error) {
    return mneme_pg_pipeline_behind(results, postgres, mneme_pg_first_statement(postgres), calls, count, true,
                                    error);
}
