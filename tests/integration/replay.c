/*
 * What ends a replay and a copy of the log in their middle, and that a copy goes on where it was.
 */
#include "consumers/replay/replay.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "consumers/replay/repartition.h"
#include "tests/support/fixture.h"
#include "tests/support/running_worker.h"

#define PARTITIONS 4
#define EVENTS 9000 /* more than a lane's batch in each partition */
#define ENOUGH 2500

static struct mneme_fixture fixture;
static struct mneme_error error;

static void set_up(void) {
    struct mneme_log_writer writer;
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, PARTITIONS, &error), MNEME_OK, "%s",
                 error.message);
    mneme_log_writer_open(&writer, fixture.config);
    mneme_log_writer_events(&writer, 50, EVENTS);
    mneme_log_writer_flush(&writer);
    mneme_log_writer_close(&writer);
}

static void tear_down(void) {
    mneme_fixture_tear_down(&fixture);
}

TestSuite(replay, .init = set_up, .fini = tear_down, .timeout = 120);

/* Events that were handed over, and a cancel that is due when there are enough of them. */
struct seen {
    int64_t events, enough;
};

static bool see(void *context, const struct mneme_batch_item *item) {
    struct seen *seen = context;
    (void)item;
    seen->events++;
    return true;
}

static bool has_enough(void *context) {
    const struct seen *seen = context;
    return seen->events >= seen->enough;
}

static int64_t replay(struct seen *seen, const struct mneme_cancel *cancel) {
    struct mneme_log_replay_counts counts;
    const struct mneme_log_replay all = {
        .config = fixture.config,
        .filter = {.tenant = MNEME_STR_LIT("default"), .all_scopes = true},
        .on_event = see,
        .on_refused = see,
        .cancel = cancel,
        .context = seen,
    };
    cr_assert_eq(mneme_log_replay(&counts, &all, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(counts.events, seen->events);
    return counts.events;
}

Test(replay, a_cancel_ends_it_at_the_next_event) {
    struct seen seen = {.enough = ENOUGH};
    const struct mneme_cancel cancel = {.is_cancelled = has_enough, .context = &seen};
    cr_assert_eq(replay(&seen, &cancel), ENOUGH);
    cr_assert_eq(replay(&(struct seen){0}, NULL), EVENTS, "nothing else ends it");
}

Test(replay, a_deadline_ends_it) {
    const struct mneme_cancel late = {.deadline_micros = 1};
    cr_assert_eq(replay(&(struct seen){0}, &late), 0);
}

static void note_progress(void *context, int64_t read) {
    struct seen *seen = context;
    seen->events = read;
}

Test(replay, a_cancelled_copy_is_no_copy_and_goes_on_where_it_was) {
    char prefix[100];
    struct seen seen = {.enough = ENOUGH};
    const struct mneme_cancel cancel = {.is_cancelled = has_enough, .context = &seen};
    struct mneme_repartition_outcome outcome;
    snprintf(prefix, sizeof prefix, "%scopy.", fixture.topic_prefix);
    struct mneme_repartition copy = {.config = fixture.config,
                                     .prefix = prefix,
                                     .partitions = 3,
                                     .is_last = true,
                                     .cancel = &cancel,
                                     .on_progress = note_progress,
                                     .context = &seen};
    cr_assert_eq(mneme_repartition_run(&outcome, &copy, &error), MNEME_OK, "%s", error.message);
    cr_assert(outcome.is_interrupted && !outcome.is_finished);
    cr_assert(outcome.copied >= ENOUGH && outcome.copied < EVENTS, "%lld", (long long)outcome.copied);
    int64_t copied = outcome.copied;
    copy.cancel = NULL;
    cr_assert_eq(mneme_repartition_run(&outcome, &copy, &error), MNEME_OK, "%s", error.message);
    cr_assert(!outcome.is_interrupted && outcome.is_finished);
    cr_assert_eq(outcome.copied + copied, EVENTS);
    cr_assert_eq(outcome.events, EVENTS);
}
