/*
 * Saved progress against the log that is there: a log that was cut or made anew is never folded as if it were
 * the one that the progress speaks of.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/kafka/kafka.h"
#include "tests/support/fixture.h"
#include "tests/support/memory_projection.h"
#include "tests/support/running_worker.h"

#define PARTITIONS 4

static struct mneme_fixture fixture;
static struct mneme_log_writer writer;
static struct mneme_running_worker worker;
static struct mneme_memory_store *const store = &mneme_memory_store;

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, PARTITIONS, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(
        mneme_config_set(fixture.config, MNEME_SETTING_SCHEMA_REGISTRY_URL, "", MNEME_FROM_OPTION, &error),
        MNEME_OK, "%s", error.message);
    mneme_log_writer_open(&writer, fixture.config);
}

static void tear_down(void) {
    mneme_log_writer_close(&writer);
    mneme_fixture_tear_down(&fixture);
    free(store->rows);
}

TestSuite(worker_log, .init = set_up, .fini = tear_down, .timeout = 120);

static void start(void) {
    mneme_running_worker_start(&worker, fixture.config, NULL);
}

static void stop(void) {
    cr_assert_eq(mneme_running_worker_stop(&worker), MNEME_OK, "%s", worker.error.message);
}

static bool has_rows(void *context) {
    return mneme_memory_count() >= *(size_t *)context;
}

static void wait_for_rows(size_t count) {
    cr_assert(mneme_wait_until(has_rows, &count), "%zu of %zu", mneme_memory_count(), count);
}

static void check_refused(const char *place) {
    cr_assert_eq(mneme_running_worker_join(&worker), MNEME_E_UNSAFE, "%s", worker.error.message);
    cr_assert_not_null(strstr(worker.error.message, "mneme rebuild memory"), "%s", worker.error.message);
    cr_assert_not_null(strstr(worker.error.message, place), "%s", worker.error.message);
}

Test(worker_log, refuses_a_log_that_is_shorter_than_what_was_folded) {
    store->next_offset[2] = 1000;
    mneme_log_writer_events(&writer, 50, 100);
    mneme_log_writer_flush(&writer);
    start();
    check_refused("partition 2");
    cr_assert_eq(store->count, 0);
}

Test(worker_log, refuses_a_log_that_has_lost_its_beginning) {
    mneme_log_writer_events(&writer, 50, 1000);
    mneme_log_writer_flush(&writer);
    mneme_log_writer_cut(&writer, 1, 10);
    start();
    check_refused("partition 1");
    store->next_offset[1] = 9;
    start();
    check_refused("partition 1");
    store->next_offset[1] = 10;
    start();
    wait_for_rows(990);
    stop();
    cr_assert_eq(store->violations, 0);
}

Test(worker_log, goes_on_when_all_that_was_folded_has_left_the_log) {
    mneme_log_writer_events(&writer, 50, 1000);
    start();
    wait_for_rows(1000);
    stop();
    for (int32_t i = 0; i < PARTITIONS; i++) {
        cr_assert(store->last_digest[i].is_set);
        mneme_log_writer_cut(&writer, i, store->next_offset[i]);
    }
    mneme_log_writer_events(&writer, 50, 1000);
    start();
    wait_for_rows(2000);
    stop();
    cr_assert_eq(store->count, 2000);
    cr_assert_eq(store->violations, 0);
}

Test(worker_log, refuses_a_log_whose_last_folded_event_is_another_one) {
    mneme_log_writer_events(&writer, 50, 1000);
    start();
    wait_for_rows(1000);
    stop();
    store->last_digest[3].bytes[7] ^= 1;
    mneme_log_writer_events(&writer, 50, 1000);
    mneme_log_writer_flush(&writer);
    int64_t before = store->next_offset[3];
    start();
    check_refused("partition 3");
    cr_assert_eq(store->next_offset[3], before);
}

static void end_transaction(bool is_committed) {
    rd_kafka_error_t *refusal = is_committed ? rd_kafka_commit_transaction(writer.kafka, 60000)
                                             : rd_kafka_abort_transaction(writer.kafka, 60000);
    cr_assert_null(refusal, "%s", rd_kafka_error_string(refusal));
}

/* Offsets of all partitions that a log with these events and markers has taken. */
static bool has_passed(void *context) {
    int64_t sum = 0;
    pthread_mutex_lock(&store->mutex);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        sum += store->next_offset[i];
    }
    pthread_mutex_unlock(&store->mutex);
    return sum == *(int64_t *)context;
}

Test(worker_log, progress_passes_the_markers_of_transactions_and_what_they_abort) {
    static const bool is_committed[] = {true, false, true, false};
    int64_t offsets = 0;
    size_t events = 0;
    mneme_log_writer_close(&writer);
    mneme_log_writer_open_transactional(&writer, fixture.config);
    start();
    for (size_t round = 0; round < sizeof is_committed / sizeof *is_committed; round++) {
        cr_assert_null(rd_kafka_begin_transaction(writer.kafka));
        mneme_log_writer_events(&writer, 50, 200);
        mneme_log_writer_flush(&writer);
        end_transaction(is_committed[round]);
        offsets += 200 + PARTITIONS; /* a marker in each */
        events += is_committed[round] ? 200 : 0;
        cr_assert(mneme_wait_until(has_passed, &offsets), "round %zu", round);
        if (round == 1) { /* a worker that begins there knows the log by its last event */
            stop();
            start();
        }
    }
    stop();
    cr_assert_eq(store->count, events);
    cr_assert_eq(store->violations, 0);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        cr_assert_lt(mneme_log_digest_offset(&store->last_digest[i]),
                     store->next_offset[i] - 200 / PARTITIONS / 2);
    }
}
