/*
 * A look, a wait, a look. A notification ends the wait, but says nothing that is relied on; without one the
 * next look comes within a second.
 */
#include "cli/events_follow.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/printable.h"
#include "common/kafka/kafka.h"
#include "common/log/log.h"
#include "queries/events_follow.h"

#define LONGEST_WAIT_MS 500
#define FIRST_PAUSE_MS 50
#define LONGEST_PAUSE_MS 2000

struct following {
    const struct mneme_cli *cli;
    struct mneme_postgres *postgres; /* NULL: to be connected again */
    const struct mneme_events_filter *filter;
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_follow *follow;
    struct mneme_backoff backoff;
    struct mneme_buffer line;
    int64_t limit, count;
    bool is_unread;       /* nobody reads the output any more */
    enum mneme_exit code; /* of printing */
};

static void write_text(struct mneme_buffer *line, const struct mneme_events_row *event) {
    char recorded[MNEME_RFC3339_BYTES];
    mneme_clock_format_rfc3339(event->recorded_at, recorded);
    mneme_buffer_printf(line, "%d:%lld  %.19sZ  ", (int)event->position.partition,
                        (long long)event->position.offset, recorded);
    mneme_printable(line, event->stream_id, false);
    if (event->version.is_set) {
        mneme_buffer_printf(line, "  %lld  ", (long long)event->version.value);
    } else {
        mneme_buffer_printf(line, "  %.*s  ", MNEME_STR_ARG(event->verdict));
    }
    mneme_printable(line, event->event_type, false);
    mneme_buffer_printf(line, "  ");
    mneme_printable(line, event->payload, false);
}

static bool is_done(const struct following *following) {
    return following->code != MNEME_EXIT_DONE || following->is_unread || mneme_cli_output_is_lost() ||
           mneme_cli_interrupted() || (following->limit > 0 && following->count >= following->limit);
}

static bool print(const void *row, void *context) {
    struct following *following = context;
    if (is_done(following)) {
        return false;
    }
    if (following->cli->json) {
        struct mneme_json_writer json = {.out = &following->line};
        mneme_events_row_json(row, &json);
    } else {
        write_text(&following->line, row);
    }
    following->code = mneme_cli_put_line(&following->line);
    following->count++;
    return !is_done(following);
}

static int connect_again(struct following *following, struct mneme_error *error) {
    int status = MNEME_OK;
    if (following->postgres == NULL) {
        status = mneme_query_connect(&following->postgres, following->cli->config, "mneme-cli", error);
    }
    /* Behind a pooler nobody is told; looking again and again finds what came. */
    return status == MNEME_OK && !mneme_pg_is_pooled(following->postgres)
               ? mneme_pg_run(following->postgres, "LISTEN memory_events", error)
               : status;
}

static bool is_passing(const struct following *following, const struct mneme_error *error) {
    return error->code == MNEME_E_UNAVAILABLE || error->code == MNEME_E_TIMEOUT ||
           (following->postgres != NULL &&
            mneme_pg_classify(mneme_pg_sqlstate(following->postgres)) == MNEME_PG_RETRY);
}

/* Sleeps until something may have come: a notification, or the wait is over. A reader of the output that goes
 * away ends it too. */
static void wait_for_news(struct following *following) {
    PGconn *connection = mneme_pg_raw(following->postgres);
    struct pollfd sources[] = {{.fd = PQsocket(connection), .events = POLLIN}, {.fd = STDOUT_FILENO}};
    bool has_news = false;
    PGnotify *notification;
    /* That the connection is lost is found, and mended, by the look that follows. */
    (void)PQconsumeInput(connection);
    while ((notification = PQnotifies(connection)) != NULL) {
        PQfreemem(notification);
        has_news = true;
    }
    if (!has_news && poll(sources, 2, LONGEST_WAIT_MS) > 0 &&
        (sources[1].revents & (POLLERR | POLLHUP)) != 0) {
        following->is_unread = true;
    }
}

/* The connection is lost: a new one is made after a while. */
static void pause_and_drop(struct following *following, const struct mneme_error *error) {
    mneme_log(MNEME_LOG_WARN, "following goes on when postgres answers",
              MNEME_LOG_S("reason", error->message));
    mneme_pg_close(following->postgres);
    following->postgres = NULL;
    mneme_clock_pause(mneme_backoff_next_ms(&following->backoff) * 1000);
}

static int look(struct following *following, bool *is_behind, struct mneme_error *error) {
    int status = MNEME_OK;
    if (following->postgres == NULL) {
        status = connect_again(following, error);
    }
    if (status == MNEME_OK) {
        status = mneme_follow_read(following->follow, is_behind, following->postgres, following->topic,
                                   following->filter, print, following, error);
    }
    fflush(stdout);
    return status;
}

static int run(struct following *following, struct mneme_error *error) {
    int status = connect_again(following, error);
    if (status == MNEME_OK) {
        status = mneme_follow_begin(following->follow, following->postgres, following->topic,
                                    following->filter->since, error);
    }
    while (status == MNEME_OK && !is_done(following)) {
        bool is_behind = false;
        status = look(following, &is_behind, error);
        if (status == MNEME_OK) {
            mneme_backoff_reset(&following->backoff);
            if (!is_behind && !is_done(following)) {
                wait_for_news(following);
            }
        } else if (is_passing(following, error)) {
            pause_and_drop(following, error);
            status = MNEME_OK;
        }
    }
    return status;
}

enum mneme_exit mneme_events_follow(const struct mneme_cli *cli, struct mneme_postgres *postgres,
                                    const struct mneme_events_filter *filter, int64_t limit) {
    struct mneme_error error = {0};
    struct following following = {.cli = cli, .postgres = postgres, .filter = filter, .limit = limit};
    mneme_backoff_init(&following.backoff, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    following.follow = calloc(1, sizeof *following.follow);
    int status = following.follow == NULL
                     ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "events were not followed: out of memory")
                     : mneme_kafka_events_topic(following.topic, cli->config, &error);
    if (status == MNEME_OK) {
        status = run(&following, &error);
    }
    mneme_pg_close(following.postgres);
    mneme_buffer_clean_up(&following.line);
    free(following.follow);
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : following.code;
}
