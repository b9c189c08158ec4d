/*
 * Statements that their caller ends: the server is asked to, and its answer is waited for, so that the
 * connection can be used again.
 */
#include <poll.h>

#include "common/postgres/session.h"

#define LOOK_MS 20 /* at the cancel, which nobody signals */
#define SQLSTATE_CANCELLED "57014"

void mneme_pg_set_cancel(struct mneme_postgres *postgres, const struct mneme_cancel *cancel) {
    postgres->cancel = cancel;
}

static void ask_the_server(PGconn *connection) {
    char why[256];
    PGcancel *request = PQgetCancel(connection);
    if (request != NULL) {
        (void)PQcancel(request, why, sizeof why); /* where it does not arrive, the statement ends by itself */
        PQfreeCancel(request);
    }
}

static bool is_last(const PGresult *result) {
    ExecStatusType kind = PQresultStatus(result);
    return kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH;
}

/* The result of the statement that was sent; NULL where the connection is gone. */
static PGresult *take_result(struct mneme_postgres *postgres) {
    PGconn *connection = postgres->connection;
    bool is_asked = false;
    while (!is_asked && PQisBusy(connection)) {
        struct pollfd socket = {.fd = PQsocket(connection), .events = POLLIN};
        if (mneme_cancel_is_due(postgres->cancel)) {
            ask_the_server(connection);
            is_asked = true; /* from here on PQgetResult waits */
        } else if (poll(&socket, 1, LOOK_MS) > 0 && PQconsumeInput(connection) != 1) {
            break;
        }
    }
    PGresult *result = PQgetResult(connection);
    PGresult *next;
    while (result != NULL && !is_last(result) && (next = PQgetResult(connection)) != NULL) {
        PQclear(result);
        result = next;
    }
    return result;
}

PGresult *mneme_pg_exec_prepared(struct mneme_postgres *postgres, const char *name,
                                 const struct mneme_pg_params *params, const char *const *values,
                                 bool binary) {
    if (postgres->cancel == NULL) {
        return PQexecPrepared(postgres->connection, name, params->count, values, params->length,
                              params->format, binary);
    }
    bool is_sent = PQsendQueryPrepared(postgres->connection, name, params->count, values, params->length,
                                       params->format, binary) == 1;
    return is_sent ? take_result(postgres) : NULL;
}

PGresult *mneme_pg_exec_params(struct mneme_postgres *postgres, const char *sql,
                               const struct mneme_pg_params *params, const char *const *values, bool binary) {
    if (postgres->cancel == NULL) {
        return PQexecParams(postgres->connection, sql, params->count, params->type, values, params->length,
                            params->format, binary);
    }
    bool is_sent = PQsendQueryParams(postgres->connection, sql, params->count, params->type, values,
                                     params->length, params->format, binary) == 1;
    return is_sent ? take_result(postgres) : NULL;
}

int mneme_pg_explain_cancel(struct mneme_postgres *postgres, int status, struct mneme_error *error) {
    if (strcmp(postgres->sqlstate, SQLSTATE_CANCELLED) != 0 || !mneme_cancel_is_due(postgres->cancel)) {
        return status;
    }
    return mneme_pg_cancelled(postgres, "Postgres was not waited for", error);
}

int mneme_pg_cancelled(const struct mneme_postgres *postgres, const char *what, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_TIMEOUT,
                           "%s: %s before it had answered; ask for less, or wait longer", what,
                           mneme_cancel_is_asked(postgres->cancel) ? "the caller ended the call"
                                                                   : "the time of the call was over");
}
