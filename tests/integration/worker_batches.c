/*
 * How large the batches of a worker are: small after a claim, then growing up to what the settings say.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/fixture.h"
#include "tests/support/memory_projection.h"
#include "tests/support/running_worker.h"

#define PARTITIONS 4
#define EVENTS 30000
#define FIRST_EVENTS 2500
#define GROWTH 4
#define MOST_BATCHES 4096

static struct mneme_fixture fixture;
static struct mneme_log_writer writer;
static struct mneme_running_worker worker;
static struct mneme_memory_store *const store = &mneme_memory_store;
static size_t sizes[MOST_BATCHES]; /* of the batches, under the store's mutex */
static size_t size_count;

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

TestSuite(worker_batches, .init = set_up, .fini = tear_down, .timeout = 120);

static enum mneme_apply_result note_size(struct mneme_memory_store *of, const struct mneme_batch *batch,
                                         struct mneme_error *error) {
    (void)of;
    (void)error;
    if (size_count < MOST_BATCHES) {
        sizes[size_count++] = batch->count;
    }
    return MNEME_APPLIED;
}

static bool has_rows(void *context) {
    return mneme_memory_count() >= *(size_t *)context;
}

/* Folds so many events in all, beginning with a claim. */
static void fold(size_t count) {
    size_count = 0;
    mneme_running_worker_start(&worker, fixture.config, NULL);
    cr_assert(mneme_wait_until(has_rows, &count), "%zu of %zu", mneme_memory_count(), count);
    cr_assert_eq(mneme_running_worker_stop(&worker), MNEME_OK, "%s", worker.error.message);
}

static void check_growth(size_t most) {
    size_t bound = most < FIRST_EVENTS ? most : FIRST_EVENTS;
    for (size_t i = 0; i < size_count; i++) {
        cr_assert_leq(sizes[i], bound, "batch %zu has %zu events", i, sizes[i]);
        bound = bound * GROWTH < most ? bound * GROWTH : most;
    }
}

Test(worker_batches, begin_small_after_each_claim) {
    store->on_apply = note_size;
    mneme_log_writer_events(&writer, 50, EVENTS);
    fold(EVENTS);
    check_growth(20000);
    mneme_log_writer_events(&writer, 50, EVENTS);
    fold(2 * (size_t)EVENTS);
    check_growth(20000);
    cr_assert_eq(store->violations, 0);
}

Test(worker_batches, never_hold_more_than_the_settings_say) {
    struct mneme_error error = {0};
    cr_assert_eq(
        mneme_config_set(fixture.config, MNEME_SETTING_BATCH_MAX_EVENTS, "4000", MNEME_FROM_OPTION, &error),
        MNEME_OK, "%s", error.message);
    store->on_apply = note_size;
    mneme_log_writer_events(&writer, 50, EVENTS);
    fold(EVENTS);
    check_growth(4000);
}
