/*
 * Statements that their caller ends: the server is asked to, and its answer is waited for, so that the
 * connection can be used again. A server that hangs does not hear of it: its connection is left in the middle
 * of the statement, and whoever uses it next makes it again.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "common/base/clock.h"
#include "common/postgres/session.h"

#define LOOK_MS 20           /* at the cancel, which nobody signals */
#define GRACE_MICROS 1000000 /* for the server to end the statement */
#define SQLSTATE_CANCELLED "57014"

void mneme_pg_set_cancel(struct mneme_postgres *postgres, const struct mneme_cancel *cancel) {
    postgres->cancel = cancel;
}

static void *send_request(void *request) {
    char why[256];
    (void)PQcancel(request, why, sizeof why); /* where it does not arrive, the statement ends by itself */
    PQfreeCancel(request);
    return NULL;
}

/* On a thread of its own: libpq waits for the server to close the connection, which one that hangs never
 * does.
 */
static void ask_the_server(PGconn *connection) {
    PGcancel *request = PQgetCancel(connection);
    pthread_attr_t detached;
    pthread_t thread;
    sigset_t all, before;
    if (request == NULL) {
        return;
    }
    sigfillset(&all);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the business of the calling thread */
    if (pthread_create(&thread, &detached, send_request, request) != 0) {
        PQfreeCancel(request);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
}

static bool is_last(const PGresult *result) {
    ExecStatusType kind = PQresultStatus(result);
    return kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH;
}

bool mneme_pg_await(struct mneme_postgres *postgres) {
    PGconn *connection = postgres->connection;
    int64_t asked_micros = 0;
    while (!postgres->was_left && postgres->cancel != NULL && PQisBusy(connection)) {
        struct pollfd socket = {.fd = PQsocket(connection), .events = POLLIN};
        if (asked_micros == 0 && mneme_cancel_is_due(postgres->cancel)) {
            ask_the_server(connection);
            asked_micros = mneme_clock_monotonic_micros();
        } else if (asked_micros != 0 && mneme_clock_monotonic_micros() - asked_micros > GRACE_MICROS) {
            postgres->was_left = true;
        } else if (poll(&socket, 1, LOOK_MS) > 0 && PQconsumeInput(connection) != 1) {
            break;
        }
    }
    return !postgres->was_left;
}

/* The result of the statement that was sent; NULL where the connection is gone, or was left. */
static PGresult *take_result(struct mneme_postgres *postgres) {
    PGresult *result = mneme_pg_await(postgres) ? PQgetResult(postgres->connection) : NULL;
    PGresult *next;
    while (result != NULL && !is_last(result) && mneme_pg_await(postgres) &&
           (next = PQgetResult(postgres->connection)) != NULL) {
        PQclear(result);
        result = next;
    }
    return result;
}

PGresult *mneme_pg_exec_prepare(struct mneme_postgres *postgres, const char *name, const char *sql,
                                const struct mneme_pg_params *params) {
    if (postgres->cancel == NULL) {
        return PQprepare(postgres->connection, name, sql, params->count, params->type);
    }
    postgres->was_left = false;
    bool is_sent = PQsendPrepare(postgres->connection, name, sql, params->count, params->type) == 1;
    return is_sent ? take_result(postgres) : NULL;
}

PGresult *mneme_pg_exec_prepared(struct mneme_postgres *postgres, const char *name,
                                 const struct mneme_pg_params *params, const char *const *values,
                                 bool binary) {
    if (postgres->cancel == NULL) {
        return PQexecPrepared(postgres->connection, name, params->count, values, params->length,
                              params->format, binary);
    }
    postgres->was_left = false;
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
    postgres->was_left = false;
    bool is_sent = PQsendQueryParams(postgres->connection, sql, params->count, params->type, values,
                                     params->length, params->format, binary) == 1;
    return is_sent ? take_result(postgres) : NULL;
}

int mneme_pg_explain_cancel(struct mneme_postgres *postgres, int status, struct mneme_error *error) {
    bool was_ended = strcmp(postgres->sqlstate, SQLSTATE_CANCELLED) == 0 || postgres->was_left;
    if (!was_ended || !mneme_cancel_is_due(postgres->cancel)) {
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
