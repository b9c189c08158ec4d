/*
 * libmneme's threads under ThreadSanitizer: several that publish, one that waits for each event, one that
 * flushes, callbacks that publish on, a queue that is mostly full, and a client that is closed with events
 * under way. A plain program, since Criterion's forks and ThreadSanitizer do not go together. Ends with 0 if
 * all is well.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "producers/client.h"
#include "tests/support/fixture.h"
#include "tests/support/posix_threads.h"

#define PUBLISHERS 3
#define EVENTS 3000
#define WAITS 30
#define WAIT_MS 60000

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "race/publish: %s\n", what);
        exit(1);
    }
}

static struct mneme_client *client;
static atomic_int accepted, reported, acknowledged;
static atomic_bool is_over;

static struct mneme_event make_event(const char *user) {
    struct mneme_event event;
    struct mneme_error error = {0};
    require(mneme_event_init(&event, client, MNEME_EVENT_CUSTOM, &error) == MNEME_OK, error.message);
    event.scope.user_id = mneme_str_from(user);
    event.payload.custom.type = MNEME_STR_LIT("t");
    event.payload.custom.json = MNEME_STR_LIT("{\"some\":\"json\"}");
    return event;
}

static void count(const struct mneme_receipt *receipt, void *context) {
    (void)context;
    atomic_fetch_add(&reported, 1);
    atomic_fetch_add(&acknowledged, receipt->status == MNEME_OK);
}

/* Every tenth receipt leads to another event, if there is room at once. */
static void count_and_go_on(const struct mneme_receipt *receipt, void *context) {
    struct mneme_error error = {0};
    struct mneme_event event = make_event("echo");
    count(receipt, context);
    if (receipt->position.offset % 10 == 0) {
        int status = mneme_publish(client, &event, count, NULL, &error);
        require(status == MNEME_OK || status == MNEME_E_FULL, error.message);
        atomic_fetch_add(&accepted, status == MNEME_OK);
    }
}

static void *publish_many(void *argument) {
    for (int i = 0; i < EVENTS; i++) {
        struct mneme_error error = {0};
        struct mneme_event event = make_event(argument);
        require(mneme_publish(client, &event, count_and_go_on, NULL, &error) == MNEME_OK, error.message);
        atomic_fetch_add(&accepted, 1);
    }
    return NULL;
}

static void *publish_lines(void *argument) {
    (void)argument;
    for (int i = 0; i < EVENTS; i++) {
        struct mneme_error error = {0};
        struct mneme_uuid id;
        char stream[64];
        char line[128];
        int len = snprintf(
            line, sizeof line,
            "{\"type\":\"custom\",\"user_id\":\"u%d\",\"payload\":{\"type\":\"t\",\"json\":%d}}", i % 7, i);
        int status = mneme_publish_json(client, (struct mneme_str){line, (size_t)len}, &id, stream,
                                        sizeof stream, count, NULL, &error);
        require(status == MNEME_OK, error.message);
        atomic_fetch_add(&accepted, 1);
    }
    return NULL;
}

static void *publish_and_wait(void *argument) {
    for (int i = 0; i < WAITS; i++) {
        struct mneme_error error = {0};
        struct mneme_receipt receipt;
        struct mneme_event event = make_event(argument);
        /* Some give up early, and the receipt comes when nobody is there. */
        int timeout_ms = i % 3 == 0 ? 0 : WAIT_MS;
        int status = mneme_publish_wait(&receipt, client, &event, timeout_ms, &error);
        require(status == MNEME_OK || (timeout_ms == 0 && status == MNEME_E_TIMEOUT), error.message);
    }
    return NULL;
}

static void *flush_again_and_again(void *argument) {
    (void)argument;
    while (!atomic_load(&is_over)) {
        struct mneme_error error = {0};
        require(mneme_flush(client, WAIT_MS, &error) == MNEME_OK, error.message);
    }
    return NULL;
}

int main(void) {
    mneme_use_posix_threads();
    struct mneme_error error = {0};
    struct mneme_fixture fixture;
    require(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, 4, &error) == MNEME_OK, error.message);
    require(mneme_config_set(fixture.config, MNEME_SETTING_PUBLISH_QUEUE_EVENTS, "500", MNEME_FROM_OPTION,
                             &error) == MNEME_OK,
            error.message);
    require(mneme_client_open(&client, fixture.config, &error) == MNEME_OK, error.message);

    static char names[PUBLISHERS][8] = {"ada", "bob", "cy"};
    pthread_t publishers[PUBLISHERS + 2];
    pthread_t flusher;
    for (int i = 0; i < PUBLISHERS; i++) {
        require(pthread_create(&publishers[i], NULL, publish_many, names[i]) == 0, "no thread");
    }
    require(pthread_create(&publishers[PUBLISHERS], NULL, publish_lines, NULL) == 0, "no thread");
    require(pthread_create(&publishers[PUBLISHERS + 1], NULL, publish_and_wait, names[0]) == 0, "no thread");
    require(pthread_create(&flusher, NULL, flush_again_and_again, NULL) == 0, "no thread");
    for (int i = 0; i < PUBLISHERS + 2; i++) {
        require(pthread_join(publishers[i], NULL) == 0, "no join");
    }
    atomic_store(&is_over, true);
    require(pthread_join(flusher, NULL) == 0, "no join");
    require(mneme_close(client, -1, &error) == MNEME_OK, error.message);
    require(atomic_load(&reported) == atomic_load(&accepted), "events without exactly one receipt");
    require(atomic_load(&acknowledged) == atomic_load(&accepted), "events that were not acknowledged");

    /* A second client ends while its events are under way: each has its receipt, whatever it says. */
    require(mneme_client_open(&client, fixture.config, &error) == MNEME_OK, error.message);
    for (int i = 0; i < 100; i++) {
        struct mneme_event event = make_event("ada");
        require(mneme_publish(client, &event, count, NULL, &error) == MNEME_OK, error.message);
        atomic_fetch_add(&accepted, 1);
    }
    int status = mneme_close(client, 0, &error);
    require(status == MNEME_OK || status == MNEME_E_TIMEOUT, error.message);
    require(atomic_load(&reported) == atomic_load(&accepted), "closing lost receipts");
    mneme_fixture_tear_down(&fixture);
    return 0;
}
