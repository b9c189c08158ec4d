/*
 * Several statements in one round trip, by libpq's pipeline mode. Statements are prepared beforehand, so that
 * the pipeline itself holds nothing that must be remembered when it fails.
 */
#include "common/postgres.h"
#include "common/postgres_session.h"

static bool send_call(PGconn *connection, const char *name, const struct mneme_pg_call *call) {
    static const struct mneme_pg_params no_params;
    const struct mneme_pg_params *params = call->params == NULL ? &no_params : call->params;
    const char *values[MNEME_PG_MAX_PARAMS];
    mneme_pg_param_values(values, params);
    return (name != NULL ? PQsendQueryPrepared(connection, name, params->count, values, params->length,
                                               params->format, 1)
                         : PQsendQueryParams(connection, call->sql, params->count, params->type, values,
                                             params->length, params->format, 1)) == 1;
}

/* Takes one statement's result; after a failure the rest of the pipeline is only read to its end. */
static int take_result(PGresult **out, struct mneme_postgres *postgres, int status,
                       struct mneme_error *error) {
    PGresult *result = PQgetResult(postgres->connection);
    ExecStatusType kind = PQresultStatus(result);
    if (status == MNEME_OK && kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
        status = mneme_pg_failed(postgres, result, error);
    }
    if (status == MNEME_OK && out != NULL) {
        *out = result;
    } else {
        PQclear(result);
    }
    if (result != NULL) {
        PQclear(PQgetResult(postgres->connection)); /* the NULL that ends a statement's results */
    }
    return status;
}

/* Sends the statements and the mark that ends them; libpq reads answers while it cannot write. */
static int send_all(struct mneme_postgres *postgres, const char *const *names,
                    const struct mneme_pg_call *calls, size_t count, struct mneme_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (!send_call(postgres->connection, names[i], &calls[i])) {
            return mneme_pg_failed(postgres, NULL, error);
        }
    }
    return PQpipelineSync(postgres->connection) == 1 ? MNEME_OK : mneme_pg_failed(postgres, NULL, error);
}

int mneme_pg_pipeline(PGresult **results, struct mneme_postgres *postgres, const struct mneme_pg_call *calls,
                      size_t count, struct mneme_error *error) {
    const char *names[MNEME_PG_MAX_CALLS] = {NULL};
    if (count > MNEME_PG_MAX_CALLS) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "the pipeline was not run: it has %zu statements; at most %d fit", count,
                               MNEME_PG_MAX_CALLS);
    }
    for (size_t i = 0; i < count; i++) {
        if (calls[i].params != NULL) {
            int status = mneme_pg_prepare(&names[i], postgres, calls[i].sql, calls[i].params, error);
            if (status != MNEME_OK) {
                return status;
            }
        }
    }
    postgres->sqlstate[0] = '\0';
    if (PQenterPipelineMode(postgres->connection) != 1) {
        return mneme_pg_failed(postgres, NULL, error);
    }
    int status = send_all(postgres, names, calls, count, error);
    bool is_sent = status == MNEME_OK;
    size_t taken = 0;
    for (size_t i = 0; i < count && is_sent; i++) {
        status = take_result(results == NULL ? NULL : &results[i], postgres, status, error);
        taken += status == MNEME_OK ? 1 : 0;
    }
    if (is_sent) {
        PQclear(PQgetResult(postgres->connection)); /* the mark's own */
    }
    /* What a broken connection leaves in the pipeline cannot be ended: mneme_pg_ensure connects again. */
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
