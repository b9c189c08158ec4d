/*
 * libmneme against real brokers and a real Redis: receipts, the log again and live, handlers that fail,
 * leases.
 */
#include <criterion/criterion.h>
#include <mneme/mneme.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/fixture.h"
#include "tests/support/patience.h"

static struct mneme_fixture fixture;
static struct mneme *mneme;
static struct mneme_request *request;
static struct mneme_follower *follower;
static struct mneme_error error;

static void ok(int status) {
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
}

static void set_up(void) {
    ok(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, 3, &error));
    const struct mneme_client_setting settings[] = {
        {"MNEME_TOPIC_PREFIX", fixture.topic_prefix},
        {"MNEME_REDIS_PREFIX", fixture.redis_prefix},
        {"MNEME_PUBLISH_LINGER_MS", "0"},
    };
    ok(mneme_connect(&mneme, NULL, settings, 3, &error));
}

static void tear_down(void) {
    mneme_follower_free(follower);
    mneme_request_free(request);
    mneme_disconnect(mneme);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(library_log, .init = set_up, .fini = tear_down, .timeout = 240);

/* --- writing --- */

struct delivered {
    int count, failed;
    char event_id[MNEME_ID_TEXT_BYTES], position[MNEME_POSITION_TEXT_BYTES];
};

static void take_receipt(const struct mneme_receipt *receipt, void *context) {
    struct delivered *delivered = context;
    delivered->count++;
    delivered->failed += mneme_receipt_status(receipt) != MNEME_OK;
    mneme_receipt_event_id(receipt, delivered->event_id);
    mneme_receipt_position(receipt, delivered->position);
}

/* A note of the user, in the log when it returns. */
static struct delivered write_note(const char *user, int number) {
    char event[256];
    struct delivered delivered = {0};
    snprintf(event, sizeof event,
             "{\"type\":\"custom\",\"user_id\":\"%s\",\"payload\":{\"type\":\"note\",\"json\":{\"n\":%d}}}",
             user, number);
    ok(mneme_submit_event(mneme, mneme_str_from(event), take_receipt, &delivered, &error));
    ok(mneme_submit_wait(mneme, MNEME_PATIENCE_MS, &error));
    cr_assert_eq(delivered.count, 1);
    cr_assert_eq(delivered.failed, 0);
    return delivered;
}

Test(library_log, a_receipt_tells_the_event_and_its_place) {
    struct delivered first = write_note("ada", 1);
    struct delivered second = write_note("ada", 2);
    char *written;
    cr_assert_eq(strlen(first.event_id), MNEME_ID_TEXT_BYTES - 1);
    cr_assert_str_neq(first.event_id, second.event_id);
    const char *offset = strchr(first.position, ':');
    const char *other_offset = strchr(second.position, ':');
    cr_assert(offset != NULL && other_offset != NULL, "%s, %s", first.position, second.position);
    cr_assert_eq(strncmp(first.position, second.position, (size_t)(offset - first.position) + 1), 0,
                 "one stream is in one partition");
    cr_assert_eq(strtoll(other_offset + 1, NULL, 10), strtoll(offset + 1, NULL, 10) + 1);
    ok(mneme_written(&written, mneme, &error));
    cr_assert_str_eq(written, second.position, "the last one of each partition");
    free(written);
}

Test(library_log, what_is_no_event_is_refused_and_nobody_is_told_of_it) {
    struct delivered delivered = {0};
    cr_assert_eq(mneme_submit_event(mneme, mneme_str_from("[]"), take_receipt, &delivered, &error),
                 MNEME_E_INVALID, "%s", error.message);
    ok(mneme_request_new(&request, mneme, "memory.list", &error));
    ok(mneme_request_set(request, "user_id", "ada", &error));
    cr_assert_eq(mneme_submit(mneme, request, take_receipt, &delivered, &error), MNEME_E_USAGE, "%s",
                 error.message);
    ok(mneme_submit_wait(mneme, MNEME_PATIENCE_MS, &error));
    cr_assert_eq(delivered.count, 0);
}

/* --- the log again --- */

struct seen {
    int count;
    char positions[8][MNEME_POSITION_TEXT_BYTES];
};

static void note_position(struct seen *seen, struct mneme_result *event) {
    cr_assert_lt(seen->count, 8);
    snprintf(seen->positions[seen->count++], MNEME_POSITION_TEXT_BYTES, "%.*s",
             MNEME_STR_ARG(mneme_result_text(event, "position")));
}

static bool take_event(struct mneme_result *event, void *context) {
    note_position(context, event);
    return true;
}

static bool take_one(struct mneme_result *event, void *context) {
    note_position(context, event);
    return false;
}

static void ask(const char *operation, const char *object) {
    mneme_request_free(request);
    ok(mneme_request_new(&request, mneme, operation, &error));
    ok(mneme_request_set_json(request, mneme_str_from(object), &error));
}

static struct seen replay(const char *object) {
    struct seen seen = {0};
    ask("replay", object);
    ok(mneme_call(mneme, request, take_event, &seen, MNEME_PATIENCE_MS, &error));
    return seen;
}

Test(library_log, a_replay_gives_what_is_asked_for_in_order) {
    struct delivered first = write_note("ada", 1);
    write_note("eve", 2);
    struct delivered last = write_note("ada", 3);
    struct seen seen = replay("{\"all\":true}");
    cr_assert_eq(seen.count, 3);
    seen = replay("{\"user_id\":\"ada\",\"types\":[\"note\"]}");
    cr_assert_eq(seen.count, 2);
    cr_assert_str_eq(seen.positions[0], first.position);
    cr_assert_str_eq(seen.positions[1], last.position);
    cr_assert_eq(replay("{\"all\":true,\"types\":\"memory_created\"}").count, 0);
    cr_assert_eq(replay("{\"all\":true,\"limit\":2}").count, 2);
    seen = (struct seen){0};
    ask("replay", "{\"stream_id\":\"ada\"}");
    ok(mneme_call(mneme, request, take_one, &seen, MNEME_PATIENCE_MS, &error));
    cr_assert_eq(seen.count, 1, "the caller wants no more");
    ask("replay", "{}");
    cr_assert_eq(mneme_call(mneme, request, take_event, &seen, 0, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "no scope is given"), "%s", error.message);
}

/* --- the log live --- */

struct handling {
    struct seen seen;
    int fails_at; /* this event, from 1 on; 0: none */
    int stops_at;
    struct seen failures; /* that were told */
};

static int handle(struct mneme_result *event, void *context, struct mneme_error *why) {
    struct handling *handling = context;
    note_position(&handling->seen, event);
    if (handling->seen.count == handling->stops_at) {
        mneme_follower_stop(follower);
    }
    if (handling->seen.count == handling->fails_at) {
        snprintf(why->message, sizeof why->message, "the handler does not like it");
        return MNEME_E_INVALID;
    }
    return MNEME_OK;
}

static void note_failure(struct mneme_result *event, const char *handler, const struct mneme_error *why,
                         void *context) {
    cr_assert_str_eq(handler, "first");
    cr_assert_eq(why->code, MNEME_E_INVALID);
    cr_assert_str_eq(why->message, "the handler does not like it");
    note_position(context, event);
}

static void make_follower(const char *object, struct handling *first, struct handling *second) {
    ask("follow", object);
    ok(mneme_follower_new(&follower, mneme, request, &error));
    mneme_request_free(request); /* which the follower does not need */
    request = NULL;
    ok(mneme_follower_add(follower, "first", handle, first, &error));
    ok(mneme_follower_add(follower, "second", handle, second, &error));
    mneme_follower_on_failure(follower, note_failure, &first->failures);
}

Test(library_log, a_handler_that_fails_stops_nobody_and_a_stop_loses_nothing) {
    struct handling first = {.fails_at = 1};
    struct handling second = {.stops_at = 2};
    struct delivered written[4];
    char *positions;
    for (int i = 0; i < 3; i++) {
        written[i] = write_note(i == 1 ? "eve" : "ada", i);
    }
    make_follower("{\"user_id\":\"ada\",\"from\":\"beginning\"}", &first, &second);
    ok(mneme_follower_positions(&positions, follower, &error));
    cr_assert_str_eq(positions, "");
    free(positions);
    ok(mneme_follower_run(follower, &error));
    cr_assert_eq(first.seen.count, 2);
    cr_assert_eq(second.seen.count, 2, "the failure of the first is not theirs");
    cr_assert_eq(first.failures.count, 1);
    cr_assert_str_eq(first.failures.positions[0], written[0].position);
    cr_assert_str_eq(second.seen.positions[1], written[2].position);

    written[3] = write_note("ada", 3);
    second.stops_at = 3;
    ok(mneme_follower_run(follower, &error)); /* goes on behind the last event */
    cr_assert_eq(second.seen.count, 3);
    cr_assert_str_eq(second.seen.positions[2], written[3].position);

    mneme_follower_stop(follower);
    ok(mneme_follower_run(follower, &error)); /* which ends before it begins */
    cr_assert_eq(second.seen.count, 3);
}

struct running {
    pthread_t thread;
    int status;
};

static void *run_follower(void *argument) {
    ((struct running *)argument)->status = mneme_follower_run(follower, &error);
    return NULL;
}

Test(library_log, a_later_process_goes_on_where_the_positions_say) {
    struct handling first = {.stops_at = 1};
    struct handling second = {0};
    char object[256];
    char *positions;
    struct running running;
    write_note("ada", 1);
    make_follower("{\"all\":true,\"from\":\"beginning\"}", &first, &second);
    ok(mneme_follower_run(follower, &error));
    ok(mneme_follower_positions(&positions, follower, &error));
    mneme_follower_free(follower);
    snprintf(object, sizeof object, "{\"all\":true,\"from\":\"%s\",\"limit\":1}", positions);
    free(positions);
    first = second = (struct handling){0};
    make_follower(object, &first, &second);
    cr_assert_eq(pthread_create(&running.thread, NULL, run_follower, &running), 0);
    struct delivered live = write_note("eve", 2); /* before or after it has begun */
    pthread_join(running.thread, NULL);
    cr_assert_eq(running.status, MNEME_OK, "%s", error.message);
    cr_assert_eq(second.seen.count, 1);
    cr_assert_str_eq(second.seen.positions[0], live.position);
}

Test(library_log, a_follower_is_stopped_by_another_thread_and_wants_its_own_request) {
    struct handling first = {0};
    struct handling second = {0};
    struct running running;
    make_follower("{\"all\":true}", &first, &second);
    cr_assert_eq(pthread_create(&running.thread, NULL, run_follower, &running), 0);
    mneme_follower_stop(follower);
    pthread_join(running.thread, NULL);
    cr_assert_eq(running.status, MNEME_OK, "%s", error.message);
    mneme_follower_free(follower);
    ask("replay", "{\"all\":true}");
    cr_assert_eq(mneme_follower_new(&follower, mneme, request, &error), MNEME_E_USAGE);
    cr_assert_null(follower);
    ask("follow", "{\"all\":true,\"from\":\"someday\"}");
    cr_assert_eq(mneme_follower_new(&follower, mneme, request, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "someday"), "%s", error.message);
    ask("follow", "{\"all\":true}");
    cr_assert_eq(mneme_call(mneme, request, take_event, &first.seen, 300, &error), MNEME_E_TIMEOUT, "%s",
                 error.message);
}

/* --- leases --- */

Test(library_log, a_lease_is_held_by_one_and_handed_on_by_its_value) {
    struct mneme_lease *lease, *other;
    ok(mneme_lease_new(&lease, mneme, "nightly", NULL, &error));
    ok(mneme_lease_new(&other, mneme, "nightly", NULL, &error));
    cr_assert_eq(mneme_lease_token(lease), 0);
    cr_assert_str_eq(mneme_lease_value(lease), "");
    cr_assert_eq(mneme_lease_release(lease, &error), MNEME_E_USAGE);
    cr_assert_eq(mneme_lease_extend(lease, 0, &error), MNEME_E_USAGE);
    ok(mneme_lease_acquire(lease, 600000, -1, &error));
    cr_assert_gt(mneme_lease_token(lease), 0);
    cr_assert_gt(mneme_lease_left_ms(lease), 0);
    cr_assert_eq(mneme_lease_acquire(other, 0, 0, &error), MNEME_E_CONFLICT, "%s", error.message);
    ok(mneme_lease_extend(lease, 600000, &error));
    ok(mneme_lease_resume(other, mneme_lease_value(lease), &error));
    ok(mneme_lease_release(other, &error));
    cr_assert_eq(mneme_lease_extend(lease, 0, &error), MNEME_E_NOT_FOUND, "%s", error.message);
    int64_t token = mneme_lease_token(lease);
    ok(mneme_lease_acquire(other, 0, 0, &error));
    cr_assert_gt(mneme_lease_token(other), token);
    ok(mneme_lease_release(other, &error));
    mneme_lease_free(lease);
    mneme_lease_free(other);
    mneme_lease_free(NULL);
}
