/*
 * Polls, waits for a notification, polls again. A notification only ends the wait; its content is not used,
 * and without one the next poll comes within a second. The connection does not come from the pool, since a
 * pooled one would go on listening.
 */
#include <poll.h>
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/postgres/schema.h"
#include "operations/ledger/ledger.h"
#include "operations/service.h"
#include "queries/events_follow.h"

#define LONGEST_WAIT_MS 500
#define CHECK_MS 50 /* how often the cancel and the sink are checked, since neither signals */
#define FIRST_PAUSE_MS 50
#define LONGEST_PAUSE_MS 2000

struct following {
    struct mneme_op_call *call;
    const struct mneme_events_filter *filter;
    struct mneme_postgres *postgres; /* NULL: must connect again */
    struct mneme_follow *follow;
    struct mneme_backoff backoff;
    struct mneme_op_rows rows;
    bool is_enough; /* the limit is reached, or the sink wants no more */
};

static bool is_done(const struct following *following) {
    const struct mneme_op_sink *sink = following->call->sink;
    return following->is_enough || mneme_cancel_is_due(following->call->cancel) ||
           (sink->is_open != NULL && !sink->is_open(sink->context));
}

static bool visit(const void *row, void *context) {
    struct following *following = context;
    following->is_enough = !mneme_op_rows_visit(row, &following->rows);
    return !following->is_enough && !mneme_cancel_is_due(following->call->cancel);
}

static int connect_again(struct following *following, struct mneme_error *error) {
    const struct mneme_op_call *call = following->call;
    int status = mneme_pg_connect_to_all_within(&following->postgres, call->config,
                                                mneme_service_purpose(call->service), call->cancel, error);
    if (status == MNEME_OK) {
        status = mneme_pg_set(following->postgres, "SET default_transaction_read_only = on", error);
    }
    /* Behind a pooler no notifications arrive; polling still finds new events. */
    return status == MNEME_OK && !mneme_pg_is_pooled(following->postgres)
               ? mneme_pg_run(following->postgres, "LISTEN memory_events", error)
               : status;
}

static bool is_passing(const struct following *following, const struct mneme_error *error) {
    return error->code == MNEME_E_UNAVAILABLE || error->code == MNEME_E_TIMEOUT ||
           (following->postgres != NULL &&
            mneme_pg_classify(mneme_pg_sqlstate(following->postgres)) == MNEME_PG_RETRY);
}

/* Sleeps until new events may have arrived: a notification comes, or the wait is over. */
static void wait_for_news(const struct following *following) {
    PGconn *connection = mneme_pg_raw(following->postgres);
    struct pollfd socket = {.fd = PQsocket(connection), .events = POLLIN};
    bool has_news = false;
    PGnotify *notification;
    /* If the connection was lost, the next poll finds out and reconnects. */
    (void)PQconsumeInput(connection);
    while ((notification = PQnotifies(connection)) != NULL) {
        PQfreemem(notification);
        has_news = true;
    }
    for (int waited = 0; waited < LONGEST_WAIT_MS && !has_news && !is_done(following); waited += CHECK_MS) {
        has_news = poll(&socket, 1, CHECK_MS) != 0;
    }
}

/* The connection is lost: drops it and waits a while before the next one is made. */
static void pause_and_drop(struct following *following, const struct mneme_error *error) {
    struct mneme_buffer text = {0};
    mneme_buffer_printf(&text, "following goes on when postgres answers: %s", error->message);
    mneme_op_note(following->call, MNEME_OP_NOTE_WARNING, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
    mneme_pg_close(following->postgres);
    following->postgres = NULL;
    mneme_clock_pause(
        mneme_cancel_left_micros(following->call->cancel, mneme_backoff_next_ms(&following->backoff) * 1000));
}

static int poll_once(struct following *following, bool *is_behind, struct mneme_error *error) {
    int status = following->postgres == NULL ? connect_again(following, error) : MNEME_OK;
    return status == MNEME_OK ? mneme_follow_read(following->follow, is_behind, following->postgres,
                                                  mneme_service_topic(following->call->service),
                                                  following->filter, visit, following, error)
                              : status;
}

static int run(struct following *following, struct mneme_error *error) {
    int status = connect_again(following, error);
    if (status == MNEME_OK) {
        status = mneme_follow_begin(following->follow, following->postgres,
                                    mneme_service_topic(following->call->service), following->filter->since,
                                    error);
    }
    while (status == MNEME_OK && !is_done(following)) {
        bool is_behind = false;
        status = poll_once(following, &is_behind, error);
        if (status == MNEME_OK) {
            mneme_backoff_reset(&following->backoff);
            if (!is_behind) {
                wait_for_news(following);
            }
        } else if (is_done(following)) {
            status = MNEME_OK; /* the cancel ended the statement */
        } else if (is_passing(following, error)) {
            pause_and_drop(following, error);
            status = MNEME_OK;
        }
    }
    return status;
}

int mneme_ledger_follow(struct mneme_op_call *call, const struct mneme_events_filter *filter, int64_t limit,
                        struct mneme_error *error) {
    struct following following = {
        .call = call, .filter = filter, .rows = mneme_ledger_rows(call, limit), .follow = NULL};
    following.rows.is_live = true;
    mneme_backoff_init(&following.backoff, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    mneme_op_note(call, MNEME_OP_NOTE_TABLE, MNEME_STR_LIT("")); /* "nothing yet" is not an answer */
    following.follow = calloc(1, sizeof *following.follow);
    int status = following.follow == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "events were not followed: memory is exhausted; free some")
                     : run(&following, error);
    mneme_pg_close(following.postgres);
    mneme_op_rows_clean_up(&following.rows);
    free(following.follow);
    return status;
}
