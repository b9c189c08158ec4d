/*
 * Workers against real Kafka, with a projection in memory that says what it was given and refuses what the
 * test wants refused.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/kafka/kafka.h"
#include "tests/support/fixture.h"
#include "tests/support/memory_projection.h"
#include "tests/support/running_worker.h"

#define PARTITIONS 4

static struct mneme_fixture fixture;
static struct mneme_log_writer writer;
static struct mneme_running_worker workers[3];
static struct mneme_memory_store *const store = &mneme_memory_store;

static void set(enum mneme_setting setting, const char *value) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, PARTITIONS, &error), MNEME_OK, "%s",
                 error.message);
    set(MNEME_SETTING_SCHEMA_REGISTRY_URL, "");
    set(MNEME_SETTING_RETRY_INITIAL_MS, "5");
    set(MNEME_SETTING_RETRY_MAX_MS, "50");
    mneme_log_writer_open(&writer, fixture.config);
}

static void tear_down(void) {
    mneme_log_writer_close(&writer);
    mneme_fixture_tear_down(&fixture);
    free(store->rows);
}

TestSuite(worker, .init = set_up, .fini = tear_down, .timeout = 120);

static void start(size_t i) {
    mneme_running_worker_start(&workers[i], fixture.config, NULL);
}

static void stop(size_t i) {
    cr_assert_eq(mneme_running_worker_stop(&workers[i]), MNEME_OK, "%s", workers[i].error.message);
}

static bool has_rows(void *context) {
    return mneme_memory_count() >= *(size_t *)context;
}

static void wait_for_rows(size_t count) {
    cr_assert(mneme_wait_until(has_rows, &count), "%zu of %zu", mneme_memory_count(), count);
}

/* Each offset of each partition was applied once, in order. */
static void check_each_once(size_t count) {
    int64_t next[MNEME_MEMORY_PARTITIONS] = {0};
    cr_assert_eq(store->count, count);
    cr_assert_eq(store->violations, 0);
    for (size_t i = 0; i < store->count; i++) {
        struct mneme_position at = store->rows[i].position;
        cr_assert_eq(at.offset, next[at.partition], "%d:%lld after %lld", (int)at.partition,
                     (long long)at.offset, (long long)next[at.partition]);
        next[at.partition]++;
    }
}

static size_t *counter;

static bool is_counted(void *context) {
    pthread_mutex_lock(&store->mutex);
    bool is_so = *counter >= *(size_t *)context;
    pthread_mutex_unlock(&store->mutex);
    return is_so;
}

static void wait_for_calls(size_t *calls, size_t count) {
    counter = calls;
    cr_assert(mneme_wait_until(is_counted, &count));
}

Test(worker, folds_what_was_there_and_what_comes) {
    mneme_log_writer_events(&writer, 50, 3000);
    mneme_log_writer_flush(&writer);
    start(0);
    wait_for_rows(3000);
    mneme_log_writer_events(&writer, 50, 500);
    wait_for_rows(3500);
    stop(0);
    check_each_once(3500);
}

Test(worker, goes_on_where_the_one_before_stopped) {
    set(MNEME_SETTING_BATCH_MAX_EVENTS, "100");
    mneme_log_writer_events(&writer, 50, 5000);
    mneme_log_writer_flush(&writer);
    for (size_t rows = 500; rows < 5000; rows += 1500) {
        start(0);
        wait_for_rows(rows);
        stop(0);
    }
    start(0);
    wait_for_rows(5000);
    stop(0);
    check_each_once(5000);
    cr_assert_leq(store->largest_batch, 100);
}

Test(worker, two_share_the_partitions_and_a_third_comes_and_goes) {
    set(MNEME_SETTING_BATCH_MAX_EVENTS, "50");
    start(0);
    wait_for_calls(&store->assigns, 1);
    mneme_log_writer_events(&writer, 50, 4000);
    start(1);
    mneme_log_writer_events(&writer, 50, 4000);
    wait_for_calls(&store->assigns, 3); /* the first one's again, and the second one's */
    mneme_log_writer_events(&writer, 50, 4000);
    start(2);
    wait_for_calls(&store->assigns, 6);
    stop(0);
    mneme_log_writer_events(&writer, 50, 4000);
    wait_for_rows(16000);
    stop(1);
    stop(2);
    check_each_once(16000);
}

Test(worker, more_workers_than_partitions_wait_for_a_place) {
    set(MNEME_SETTING_TOPIC_PARTITIONS, "4");
    mneme_log_writer_events(&writer, 10, 100);
    for (size_t i = 0; i < 3; i++) {
        start(i);
    }
    wait_for_rows(100);
    for (size_t i = 0; i < 3; i++) {
        stop(i);
        mneme_log_writer_events(&writer, 10, i < 2 ? 100 : 0);
        wait_for_rows(i < 2 ? 200 + 100 * i : 300);
    }
    check_each_once(300);
}

static enum mneme_apply_result retry_some(struct mneme_memory_store *memory, const struct mneme_batch *batch,
                                          struct mneme_error *error) {
    (void)batch;
    if (memory->script > 0) {
        memory->script--;
        mneme_error_set(error, MNEME_E_UNAVAILABLE, "the store is away");
        return MNEME_RETRY;
    }
    return MNEME_APPLIED;
}

Test(worker, waits_for_a_store_that_is_away_and_stays_in_the_group) {
    store->on_apply = retry_some;
    store->script = 20;
    mneme_log_writer_events(&writer, 50, 2000);
    start(0);
    wait_for_rows(2000);
    mneme_log_writer_events(&writer, 50, 2000);
    wait_for_rows(4000);
    cr_assert_eq(store->revokes, 0);
    cr_assert_eq(store->assigns, 1);
    stop(0);
    check_each_once(4000);
}

static enum mneme_apply_result retry_often(struct mneme_memory_store *memory, const struct mneme_batch *batch,
                                           struct mneme_error *error) {
    (void)batch;
    if (memory->script++ % 3 != 0) {
        mneme_error_set(error, MNEME_E_UNAVAILABLE, "the store comes and goes");
        return MNEME_RETRY;
    }
    return MNEME_APPLIED;
}

Test(worker, loses_and_doubles_nothing_when_reading_is_paused_and_resumed_often) {
    set(MNEME_SETTING_BATCH_MAX_EVENTS, "300");
    set(MNEME_SETTING_RETRY_INITIAL_MS, "1");
    set(MNEME_SETTING_RETRY_MAX_MS, "3");
    store->on_apply = retry_often;
    start(0);
    start(1);
    for (int i = 0; i < 10; i++) {
        mneme_log_writer_events(&writer, 50, 2000);
        mneme_log_writer_flush(&writer);
    }
    wait_for_rows(20000);
    stop(0);
    stop(1);
    check_each_once(20000);
}

static enum mneme_apply_result retry_assign(struct mneme_memory_store *memory, struct mneme_error *error) {
    if (memory->script > 0) {
        memory->script--;
        mneme_error_set(error, MNEME_E_UNAVAILABLE, "the store is away");
        return MNEME_RETRY;
    }
    return MNEME_APPLIED;
}

Test(worker, claims_its_partitions_when_the_store_is_back) {
    store->on_assign = retry_assign;
    store->script = 10;
    mneme_log_writer_events(&writer, 50, 1000);
    start(0);
    wait_for_rows(1000);
    stop(0);
    cr_assert_eq(store->assigns, 11);
    check_each_once(1000);
}

static enum mneme_apply_result retry_forever(struct mneme_memory_store *memory,
                                             const struct mneme_batch *batch, struct mneme_error *error) {
    (void)batch;
    if (memory->script == 0) {
        mneme_error_set(error, MNEME_E_UNAVAILABLE, "the store is away");
        return MNEME_RETRY;
    }
    return MNEME_APPLIED;
}

static void let_go_on(void) {
    pthread_mutex_lock(&store->mutex);
    store->script = 1;
    pthread_mutex_unlock(&store->mutex);
}

Test(worker, gives_partitions_away_while_the_store_is_away) {
    store->on_apply = retry_forever;
    mneme_log_writer_events(&writer, 50, 1000);
    start(0);
    wait_for_calls(&store->applies, 3);
    start(1);
    wait_for_calls(&store->revokes, 1);
    wait_for_calls(&store->assigns, 3);
    let_go_on();
    wait_for_rows(1000);
    stop(0);
    stop(1);
    check_each_once(1000);
}

Test(worker, stops_while_the_store_is_away) {
    store->on_apply = retry_forever;
    mneme_log_writer_events(&writer, 50, 1000);
    start(0);
    wait_for_calls(&store->applies, 3);
    stop(0);
    cr_assert_eq(store->count, 0);
    let_go_on();
    start(0);
    wait_for_rows(1000);
    stop(0);
    check_each_once(1000);
}

/* Refuses events of one user, unless they are parked. */
static enum mneme_apply_result reject_user(struct mneme_memory_store *memory, const struct mneme_batch *batch,
                                           struct mneme_error *error) {
    (void)memory;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason == NULL && mneme_str_equal(item->event.stream_id, MNEME_STR_LIT("mallory"))) {
            mneme_error_set(error, MNEME_E_INVALID, "no room for mallory");
            return MNEME_REJECT;
        }
    }
    return MNEME_APPLIED;
}

Test(worker, parks_the_event_that_the_store_refuses_and_its_key_behind_it) {
    store->on_apply = reject_user;
    mneme_log_writer_events(&writer, 50, 1000);
    int32_t partition = mneme_log_writer_event(&writer, "mallory", 1);
    (void)mneme_log_writer_event(&writer, "mallory", 2);
    mneme_log_writer_events(&writer, 50, 1000);
    mneme_log_writer_flush(&writer);
    start(0);
    wait_for_rows(2002);
    (void)mneme_log_writer_event(&writer, "mallory", 3);
    wait_for_rows(2003);
    stop(0);
    start(1); /* another worker learns it from the store */
    (void)mneme_log_writer_event(&writer, "mallory", 4);
    mneme_log_writer_events(&writer, 50, 10);
    wait_for_rows(2014);
    stop(1);
    check_each_once(2014);
    int64_t first = -1;
    size_t parked = 0;
    for (size_t i = 0; i < store->count; i++) {
        const struct mneme_memory_row *row = &store->rows[i];
        cr_assert_eq(row->is_parked, strcmp(row->key, "default/mallory") == 0);
        if (row->is_parked) {
            first = first < 0 ? row->position.offset : first;
            cr_assert_eq(row->blocked_by, first);
            cr_assert_eq(row->position.partition, partition);
            cr_assert_not_null(strstr(row->reason, parked == 0 ? "no room for mallory" : "waits behind"));
            parked++;
        }
    }
    cr_assert_eq(parked, 4);
}

Test(worker, parks_bytes_that_are_no_event_alone_and_goes_on) {
    mneme_log_writer_put(&writer, 0, MNEME_STR_LIT("default/x"), MNEME_STR_LIT("garbage"));
    mneme_log_writer_put(&writer, 0, MNEME_STR_NULL, MNEME_STR_LIT("garbage without a key"));
    mneme_log_writer_put(&writer, 0, MNEME_STR_LIT("default/x"), MNEME_STR_LIT("more"));
    mneme_log_writer_put(&writer, 0, MNEME_STR_LIT("default/y"), MNEME_STR_NULL);
    mneme_log_writer_put(&writer, 0, MNEME_STR_LIT(""), MNEME_STR_LIT(""));
    mneme_log_writer_flush(&writer);
    mneme_log_writer_events(&writer, 50, 500);
    start(0);
    wait_for_rows(505);
    stop(0);
    check_each_once(505);
    for (int64_t offset = 0; offset < 5; offset++) {
        const struct mneme_memory_row *row = mneme_memory_find(0, offset);
        cr_assert(row->is_parked, "%lld", (long long)offset);
        cr_assert_eq(row->blocked_by, MNEME_PARKED_ALONE);
    }
    size_t parked = 0;
    for (size_t i = 0; i < store->count; i++) {
        parked += store->rows[i].is_parked;
    }
    cr_assert_eq(parked, 5);
}

Test(worker, an_event_in_the_wrong_partition_is_parked) {
    struct mneme_buffer none = {0};
    int32_t partition = mneme_log_writer_event(&writer, "ada", 1);
    mneme_log_writer_put(&writer, (partition + 1) % PARTITIONS, MNEME_STR_LIT("default/ada"),
                         mneme_buffer_str(&none));
    mneme_log_writer_events(&writer, 1, 20);
    start(0);
    wait_for_rows(22);
    stop(0);
    cr_assert(mneme_memory_find((partition + 1) % PARTITIONS, 0)->is_parked);
    cr_assert_not(mneme_memory_find(partition, 0)->is_parked);
}

Test(worker, drops_its_batch_and_joins_anew_when_it_is_fenced) {
    mneme_log_writer_events(&writer, 50, 1000);
    start(0);
    wait_for_rows(1000);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        mneme_memory_fence(i);
    }
    mneme_log_writer_events(&writer, 50, 1000);
    wait_for_rows(2000);
    stop(0);
    check_each_once(2000);
    cr_assert_geq(store->fenced, 1);
    cr_assert_geq(store->assigns, 2);
}

static enum mneme_apply_result fatal(struct mneme_memory_store *memory, const struct mneme_batch *batch,
                                     struct mneme_error *error) {
    (void)memory;
    (void)batch;
    mneme_error_set(error, MNEME_E_DENIED, "cannot write: no right to it; ask for it");
    return MNEME_FATAL;
}

Test(worker, ends_with_the_stores_sentence_when_a_person_must_act) {
    store->on_apply = fatal;
    mneme_log_writer_events(&writer, 50, 10);
    start(0);
    cr_assert_eq(mneme_running_worker_join(&workers[0]), MNEME_E_DENIED);
    cr_assert_str_eq(workers[0].error.message, "cannot write: no right to it; ask for it");
    cr_assert_eq(store->count, 0);
}

static bool is_waiting_again(void *context) {
    size_t before = *(size_t *)context;
    pthread_mutex_lock(&store->mutex);
    bool is_so = store->waits > before && store->waits_at.offset >= 0;
    pthread_mutex_unlock(&store->mutex);
    return is_so;
}

static bool goes_on(void *context) {
    (void)context;
    pthread_mutex_lock(&store->mutex);
    bool is_so = store->waits > 0 && store->waits_at.offset < 0;
    pthread_mutex_unlock(&store->mutex);
    return is_so;
}

/* Puts a message of an unknown schema into partition 1, between events of many users; its offset. */
static int64_t put_unknown(void) {
    size_t waits = 0;
    mneme_log_writer_events(&writer, 50, 1000);
    mneme_log_writer_put(&writer, 1, MNEME_STR_LIT("default/z"), MNEME_STR_LIT("\xc3\x01somethingunknown"));
    mneme_log_writer_events(&writer, 50, 1000);
    mneme_log_writer_flush(&writer);
    start(0);
    cr_assert(mneme_wait_until(is_waiting_again, &waits));
    return store->waits_at.offset;
}

Test(worker, a_partition_waits_before_a_message_of_an_unknown_schema_and_the_others_go_on) {
    int64_t offset = put_unknown();
    size_t waits = store->waits;
    cr_assert_eq(store->waits_at.partition, 1);
    cr_assert_not_null(strstr(store->waits_for, "fingerprint"), "%s", store->waits_for);
    cr_assert_null(strchr(store->waits_for, ';'), "no advice: %s", store->waits_for);
    mneme_log_writer_events(&writer, 50, 1000);
    cr_assert(mneme_wait_until(is_waiting_again, &waits), "it looks again");
    size_t others = 0;
    for (int i = 0; i < 3000; i++) {
        char key[40];
        (void)snprintf(key, sizeof key, "default/user-%d", i % 50);
        others += mneme_kafka_partition_of(mneme_str_from(key), PARTITIONS) != 1;
    }
    wait_for_rows(others + (size_t)offset);
    pthread_mutex_lock(&store->mutex);
    cr_assert_eq(store->count, others + (size_t)offset);
    cr_assert_eq(store->next_offset[1], offset);
    pthread_mutex_unlock(&store->mutex);
    stop(0);
    cr_assert_eq(store->violations, 0);
}

Test(worker, a_waiting_partition_goes_on_when_the_message_is_parked_by_hand) {
    int64_t offset = put_unknown();
    mneme_log_writer_put(&writer, 1, MNEME_STR_LIT("default/z"), MNEME_STR_LIT("garbage"));
    mneme_log_writer_flush(&writer);
    pthread_mutex_lock(&store->mutex);
    store->parked_by_hand = (struct mneme_position){1, offset};
    store->has_hand_parked = true;
    pthread_mutex_unlock(&store->mutex);
    wait_for_rows(2002);
    cr_assert(mneme_wait_until(goes_on, NULL));
    stop(0);
    check_each_once(2002);
    const struct mneme_memory_row *row = mneme_memory_find(1, offset);
    cr_assert(row->is_parked);
    cr_assert_str_eq(row->reason, "parked by hand: nobody knows it");
    cr_assert_eq(row->blocked_by, offset, "it may be an event: what follows of its key waits");
}

Test(worker, two_of_the_same_name_do_not_work_side_by_side) {
    mneme_running_worker_start(&workers[0], fixture.config, "one");
    mneme_log_writer_events(&writer, 50, 100);
    wait_for_rows(100);
    mneme_running_worker_start(&workers[1], fixture.config, "one");
    cr_assert_eq(mneme_running_worker_join(&workers[0]), MNEME_E_CONFLICT);
    cr_assert_not_null(strstr(workers[0].error.message, "--id"), "%s", workers[0].error.message);
    mneme_log_writer_events(&writer, 50, 100);
    wait_for_rows(200);
    stop(1);
    check_each_once(200);
}

Test(worker, a_named_one_that_comes_back_causes_no_rebalance) {
    mneme_running_worker_start(&workers[0], fixture.config, "one");
    mneme_running_worker_start(&workers[1], fixture.config, "two");
    mneme_log_writer_events(&writer, 50, 100);
    wait_for_rows(100);
    wait_for_calls(&store->assigns, 2);
    mneme_log_writer_events(&writer, 50, 100);
    wait_for_rows(200);
    stop(0);
    size_t revokes = store->revokes;
    mneme_running_worker_start(&workers[0], fixture.config, "one");
    mneme_log_writer_events(&writer, 50, 1000);
    wait_for_rows(1200);
    cr_assert_eq(store->revokes, revokes);
    stop(0);
    stop(1);
    check_each_once(1200);
}

Test(worker, says_that_the_topic_is_missing) {
    set(MNEME_SETTING_TOPIC_PREFIX, "nothing-here.");
    start(0);
    cr_assert_eq(mneme_running_worker_join(&workers[0]), MNEME_E_NOT_FOUND);
    cr_assert_not_null(strstr(workers[0].error.message, "mneme topics create"), "%s",
                       workers[0].error.message);
    set(MNEME_SETTING_TOPIC_PREFIX, fixture.topic_prefix);
}

Test(worker, waits_for_brokers_that_do_not_answer_until_it_is_told_to_stop) {
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, "127.0.0.1:1");
    start(0);
    stop(0);
    cr_assert_eq(store->assigns, 0);
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, getenv("KAFKA_BOOTSTRAP_SERVERS"));
}
