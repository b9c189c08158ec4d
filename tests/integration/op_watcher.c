/*
 * The one watcher of a process: many threads that wait, verdicts in one question, and waits that end.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>

#include "operations/watcher.h"
#include "tests/support/fold_case.h"
#include "tests/support/patience.h"

#define WAITERS 40

static struct mneme_fold_case fold;
static struct mneme_watcher *watcher;
static const char topic[] = "test.events"; /* of a fold case */
static struct mneme_error error;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
    cr_assert_eq(mneme_watcher_open(&watcher, fold.fixture.config, topic, &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_watcher_close(watcher);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(op_watcher, .init = set_up, .fini = tear_down, .timeout = 240);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define NOTE "'type':'custom','user_id':'ada','payload':{'type':'note','json':{'n':1}}"

static void apply(void) {
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
}

/* Monotonic microseconds at which a wait of a test may fail. */
static struct mneme_cancel patience(void) {
    return (struct mneme_cancel){.deadline_micros =
                                     mneme_clock_monotonic_micros() + (int64_t)MNEME_PATIENCE_MS * 1000};
}

/* One thread that waits for a verdict, or for the position alone. */
struct waiter {
    pthread_t thread;
    struct mneme_position position;
    bool wants_verdict;
    int status;
    char verdict[16];
    struct mneme_error error;
};

static void *wait_for(void *argument) {
    struct waiter *waiter = argument;
    struct mneme_verdict_row verdict;
    struct mneme_arena arena;
    const struct mneme_cancel cancel = patience();
    mneme_arena_init(&arena, 0);
    if (waiter->wants_verdict) {
        waiter->status =
            mneme_watcher_verdicts(&verdict, watcher, &waiter->position, 1, &arena, &cancel, &waiter->error);
        snprintf(waiter->verdict, sizeof waiter->verdict, "%.*s", MNEME_STR_ARG(verdict.verdict));
    } else {
        waiter->status = mneme_watcher_wait(watcher, &waiter->position, 1, &cancel, &waiter->error);
    }
    mneme_arena_clean_up(&arena);
    return NULL;
}

Test(op_watcher, everybody_who_waits_is_woken_with_an_answer_of_their_own) {
    static struct waiter waiters[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        ADD(i % 2 == 0 ? "{" NOTE "}" : "{" NOTE ",'expected_version':7000}");
    }
    for (size_t i = 0; i < WAITERS; i++) {
        waiters[i].position = fold.log[i].position;
        waiters[i].wants_verdict = i % 4 < 2;
        cr_assert_eq(pthread_create(&waiters[i].thread, NULL, wait_for, &waiters[i]), 0);
    }
    apply();
    for (size_t i = 0; i < WAITERS; i++) {
        pthread_join(waiters[i].thread, NULL);
        cr_expect_eq(waiters[i].status, MNEME_OK, "%zu: %s", i, waiters[i].error.message);
        if (waiters[i].wants_verdict) {
            cr_expect_str_eq(waiters[i].verdict, i % 2 == 0 ? "accepted" : "rejected", "%zu", i);
        }
    }
}

Test(op_watcher, a_wait_ends_at_its_deadline_and_says_where_the_tables_stand) {
    ADD("{" NOTE "}");
    apply();
    struct mneme_position position = fold.log[0].position;
    const struct mneme_cancel soon = {.deadline_micros = mneme_clock_monotonic_micros() + 100000};
    const struct mneme_cancel cancel = patience();
    cr_assert_eq(mneme_watcher_wait(watcher, &position, 1, &cancel, &error), MNEME_OK, "%s", error.message);
    position.offset++;
    cr_assert_eq(mneme_watcher_wait(watcher, &position, 1, &soon, &error), MNEME_E_TIMEOUT);
    char expected[64];
    snprintf(expected, sizeof expected, "position %d:1 of", position.partition);
    cr_assert_not_null(strstr(error.message, expected), "%s", error.message);
}

static bool is_set(void *context) {
    return atomic_load((atomic_bool *)context);
}

static void *set_later(void *argument) {
    mneme_clock_pause(50000);
    atomic_store((atomic_bool *)argument, true);
    return NULL;
}

Test(op_watcher, a_caller_can_end_its_wait) {
    static atomic_bool is_over;
    pthread_t thread;
    struct mneme_position position = {0, 1000};
    struct mneme_cancel cancel = patience();
    cancel.is_cancelled = is_set;
    cancel.context = &is_over;
    cr_assert_eq(pthread_create(&thread, NULL, set_later, &is_over), 0);
    cr_assert_eq(mneme_watcher_wait(watcher, &position, 1, &cancel, &error), MNEME_E_TIMEOUT);
    cr_assert_not_null(strstr(error.message, "interrupted"), "%s", error.message);
    pthread_join(thread, NULL);
}

Test(op_watcher, what_cannot_be_looked_at_is_an_error_and_not_a_silence) {
    struct mneme_position position = {0, 0};
    const struct mneme_cancel cancel = patience();
    struct mneme_config *config;
    struct mneme_watcher *blind;
    cr_assert_eq(mneme_config_copy(&config, fold.fixture.config, &error), MNEME_OK);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_DATABASE_URL, "postgresql://127.0.0.1:1/nowhere",
                                  MNEME_FROM_OPTION, &error),
                 MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_watcher_open(&blind, config, topic, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_watcher_wait(blind, &position, 1, &cancel, &error), MNEME_E_UNAVAILABLE, "%s",
                 error.message);
    mneme_watcher_close(blind);
    mneme_config_destroy(config);
}
