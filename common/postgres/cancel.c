/*
 * Cancels statements: asks the server to end the statement and waits for its answer, so that the connection
 * can be used again. A server that hangs does not react: its connection is abandoned in the middle of the
 * statement, and its next user reconnects.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/postgres/session.h"

#define POLL_MS 20           /* of the cancel, which sends no signal */
#define GRACE_MICROS 1000000 /* for the server to end the statement */
#define AGAIN_MICROS 100000
#define SETTLE_LOOK_MICROS 1000
#define SQLSTATE_CANCELLED "57014"

void mneme_pg_set_cancel(struct mneme_postgres *postgres, const struct mneme_cancel *cancel) {
    postgres->cancel = cancel;
}

/* A request to end the statement, on its way. The thread that sends it and the one that waits share it; the
 * last one frees it. */
struct asking {
    PGcancel *request;
    atomic_bool is_done;
    atomic_int owners;
};

static void let_go(struct asking *asking) {
    if (asking != NULL && atomic_fetch_sub(&asking->owners, 1) == 1) {
        PQfreeCancel(asking->request);
        free(asking);
    }
}

static void *send_request(void *context) {
    struct asking *asking = context;
    char why[256];
    (void)PQcancel(asking->request, why, sizeof why); /* a lost request is sent again */
    atomic_store(&asking->is_done, true);
    let_go(asking);
    return NULL;
}

/* Sends the request on a separate thread: libpq waits until the server closes the connection, which a hanging
 * server never does. NULL: it could not be sent. */
static struct asking *ask_the_server(PGconn *connection) {
    struct asking *asking = calloc(1, sizeof *asking);
    PGcancel *request = asking == NULL ? NULL : PQgetCancel(connection);
    pthread_attr_t detached;
    pthread_t thread;
    sigset_t all, before;
    if (request == NULL) {
        free(asking);
        return NULL;
    }
    asking->request = request;
    atomic_init(&asking->owners, 2);
    sigfillset(&all);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals go to the calling thread */
    int failed = pthread_create(&thread, &detached, send_request, asking);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
    if (failed != 0) {
        PQfreeCancel(request);
        free(asking);
        return NULL;
    }
    return asking;
}

/* A request that is still on its way when its statement is over would end the next statement, so this waits
 * for it, and abandons the connection if it does not arrive. */
static void settle(struct mneme_postgres *postgres, struct asking *asking, int64_t since) {
    while (asking != NULL && !atomic_load(&asking->is_done) && !postgres->was_left) {
        postgres->was_left = mneme_clock_monotonic_micros() - since > GRACE_MICROS;
        mneme_clock_pause(SETTLE_LOOK_MICROS);
    }
    let_go(asking);
}

static bool is_last(const PGresult *result) {
    ExecStatusType kind = PQresultStatus(result);
    return kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH;
}

/* A request that arrives before the server has begun the statement has no effect, so it is sent again. */
bool mneme_pg_await(struct mneme_postgres *postgres) {
    PGconn *connection = postgres->connection;
    struct asking *asking = NULL;
    int64_t first = 0; /* when it was first and last requested; 0: not yet */
    int64_t last = 0;
    while (!postgres->was_left && postgres->cancel != NULL && PQisBusy(connection)) {
        struct pollfd socket = {.fd = PQsocket(connection), .events = POLLIN};
        int64_t now = mneme_clock_monotonic_micros();
        bool is_answered = asking == NULL || atomic_load(&asking->is_done);
        if (first != 0 && now - first > GRACE_MICROS) {
            postgres->was_left = true;
        } else if (is_answered && now - last > AGAIN_MICROS && mneme_cancel_is_due(postgres->cancel)) {
            let_go(asking);
            asking = ask_the_server(connection);
            first = first == 0 ? now : first;
            last = now;
        } else if (poll(&socket, 1, POLL_MS) > 0 && PQconsumeInput(connection) != 1) {
            break;
        }
    }
    settle(postgres, asking, first);
    return !postgres->was_left;
}

/* The result of the statement that was sent; NULL if the connection is lost or was abandoned. */
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
    return mneme_pg_cancelled(postgres, "gave up waiting for Postgres", error);
}

int mneme_pg_cancelled(const struct mneme_postgres *postgres, const char *what, struct mneme_error *error) {
    return mneme_error_set(
        error, MNEME_E_TIMEOUT, "%s: %s before it answered; ask for less, or wait longer", what,
        mneme_cancel_is_asked(postgres->cancel) ? "the caller cancelled the call" : "the call timed out");
}
