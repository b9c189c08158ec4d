/*
 * What the projection `postgres` does when something is wrong: another owner, a broken session, data that
 * cannot be stored, events that are parked, a log that does not fit.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "consumers/postgres/postgres_projection.h"
#include "tests/support/fold_case.h"
#include "tests/support/running_worker.h"

#define A "0194f000-0000-7000-8000-00000000000a"
#define B "0194f000-0000-7000-8000-00000000000b"

static struct mneme_fold_case fold;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_failures, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)
#define APPLY(size) cr_assert_eq(mneme_fold_case_apply(&fold, size), MNEME_APPLIED, "%s", fold.error.message)

static void add_memories(int count) {
    for (int i = 0; i < count; i++) {
        ADD("{'type':'memory_created','user_id':'u%d','payload':{'memory_type':'fact','content':'text %d'}}",
            i % 9, i);
    }
}

/* Whether the session of a projection waits for a lock. */
static bool waits_for_lock(void *context) {
    (void)context;
    return strcmp(TEXT("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                       "application_name LIKE 'mneme-postgres%%' AND wait_event_type = 'Lock'"),
                  "1") == 0;
}

static void *apply_all(void *result) {
    struct mneme_error error = {0};
    struct mneme_batch batch;
    mneme_fold_case_batch(&fold, &batch, 0, fold.count);
    *(enum mneme_apply_result *)result = mneme_ledger_projection.apply(fold.projection, &batch, &error);
    mneme_fold_case_free_batch(&batch);
    return NULL;
}

/* Starts applying the whole log and leaves it where it has written the ledger and waits for the memories'
 * lock, which `holder` has. */
static void stop_in_mid_batch(pthread_t *thread, enum mneme_apply_result *result,
                              struct mneme_postgres *holder) {
    int status = mneme_pg_run(holder, "BEGIN; LOCK TABLE memories IN ACCESS EXCLUSIVE MODE", &fold.error);
    cr_assert_eq(status, MNEME_OK, "%s", fold.error.message);
    cr_assert_eq(pthread_create(thread, NULL, apply_all, result), 0);
    cr_assert_eq(mneme_wait_until(waits_for_lock, NULL), true, "the batch never came to the memories");
}

static struct mneme_postgres *connect_again(void) {
    struct mneme_postgres *postgres = NULL;
    int status = mneme_pg_connect(&postgres, fold.fixture.config, "test holder", &fold.error);
    cr_assert_eq(status, MNEME_OK, "%s", fold.error.message);
    return postgres;
}

Test(fold_failures, a_session_that_ends_in_mid_batch_leaves_nothing_and_the_batch_is_applied_again) {
    pthread_t thread;
    enum mneme_apply_result result = MNEME_APPLIED;
    struct mneme_postgres *holder = connect_again();
    add_memories(500);
    stop_in_mid_batch(&thread, &result, holder);
    TEXT("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
         "application_name LIKE 'mneme-postgres%%'");
    cr_assert_eq(pthread_join(thread, NULL), 0);
    mneme_pg_close(holder);
    cr_assert_eq(result, MNEME_RETRY);
    cr_assert_str_eq(TEXT("SELECT (SELECT count(*) FROM events), (SELECT sum(next_offset) FROM progress)"),
                     "0|0");
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT (SELECT count(*) FROM events WHERE verdict = 'accepted'), (SELECT count(*) "
                          "FROM memories), "
                          "(SELECT sum(version) FROM streams), (SELECT sum(next_offset) FROM progress)"),
                     "500|500|500|500");
}

Test(fold_failures, a_claim_ends_the_session_of_an_owner_that_was_stopped_in_mid_batch) {
    pthread_t thread;
    enum mneme_apply_result result = MNEME_APPLIED;
    struct mneme_postgres *holder = connect_again();
    void *other = NULL;
    int64_t next_offsets[MNEME_FOLD_CASE_PARTITIONS];
    add_memories(500);
    stop_in_mid_batch(&thread, &result, holder);
    cr_assert_eq(mneme_fold_case_open(&fold, &other, next_offsets), MNEME_APPLIED, "%s", fold.error.message);
    cr_assert_eq(next_offsets[0], 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(result, MNEME_RETRY);
    mneme_pg_close(holder);
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_FENCED);
    mneme_ledger_projection.close(fold.projection);
    fold.projection = other;
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT count(*) FROM memories"), "500");
}

Test(fold_failures, a_former_owner_is_fenced_and_changes_nothing) {
    void *other = NULL;
    int64_t next_offsets[MNEME_FOLD_CASE_PARTITIONS];
    add_memories(10);
    APPLY(0);
    cr_assert_eq(mneme_fold_case_open(&fold, &other, next_offsets), MNEME_APPLIED, "%s", fold.error.message);
    for (int i = 0; i < MNEME_FOLD_CASE_PARTITIONS; i++) {
        cr_assert_eq(next_offsets[i], fold.next_offset[i]);
    }
    char before[64];
    snprintf(before, sizeof before, "%s", mneme_fold_case_hash(&fold));
    add_memories(10);
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_FENCED);
    cr_assert_eq(fold.error.code, MNEME_E_CONFLICT);
    cr_assert_str_eq(mneme_fold_case_hash(&fold), before);
    mneme_ledger_projection.close(fold.projection);
    fold.projection = other;
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT count(*), max(version) FROM events"), "20|4");
}

Test(fold_failures, a_batch_that_was_committed_is_fenced_the_second_time) {
    add_memories(10);
    APPLY(0);
    fold.applied = 0;
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_FENCED);
    cr_assert_str_eq(TEXT("SELECT count(*) FROM events"), "10");
}

Test(fold_failures, a_revoked_partition_is_fenced_without_asking_and_comes_back_by_assignment) {
    const int32_t all[MNEME_FOLD_CASE_PARTITIONS] = {0, 1, 2, 3};
    add_memories(10);
    mneme_ledger_projection.revoke(fold.projection, all, MNEME_FOLD_CASE_PARTITIONS);
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_FENCED);
    cr_assert_eq(mneme_fold_case_open(&fold, &fold.projection, NULL), MNEME_APPLIED);
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT count(*) FROM events"), "10");
    cr_assert_str_eq(TEXT("SELECT min(epoch), max(epoch) FROM progress"), "2|2");
}

Test(fold_failures, data_that_cannot_be_stored_is_refused_with_nothing_changed) {
    add_memories(3);
    APPLY(0);
    char before[64];
    snprintf(before, sizeof before, "%s", mneme_fold_case_hash(&fold));
    add_memories(3);
    struct mneme_str good = fold.log[4].event.payload.memory_created.content;
    fold.log[4].event.payload.memory_created.content = MNEME_STR_LIT("{\"text\": \"not closed");
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_REJECT);
    cr_assert_eq(fold.error.code, MNEME_E_INVALID);
    cr_assert_str_eq(mneme_fold_case_hash(&fold), before);
    fold.log[4].event.payload.memory_created.content = good;
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT count(*) FROM memories"), "6");
}

Test(fold_failures, progress_that_was_set_back_is_refused_and_not_taken_for_bad_data) {
    add_memories(10);
    APPLY(0);
    TEXT("DELETE FROM progress");
    fold.applied = 0;
    cr_assert_eq(mneme_fold_case_open(&fold, &fold.projection, NULL), MNEME_APPLIED);
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_FATAL);
    cr_assert_eq(fold.error.code, MNEME_E_UNSAFE);
    cr_assert_str_eq(
        TEXT("SELECT count(*), sum(next_offset) FROM events, (SELECT sum(next_offset) AS next_offset FROM "
             "progress) p"),
        "10|0");
}

Test(fold_failures, parked_events_are_kept_beside_the_others_and_told_at_assignment) {
    add_memories(1);
    struct mneme_batch_item *first =
        ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact',"
            "'content':'x'}}");
    first->park_reason = "it holds no event";
    first->value = (struct mneme_str){"\0\xff", 2};
    struct mneme_batch_item *second =
        ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact',"
            "'content':'y'}}");
    second->park_reason = "it waits behind another";
    second->blocked_by = second->position.offset - 1;
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT projection, topic, kafka_offset, convert_from(key, 'UTF8'), encode(value, "
                          "'hex'), reason, "
                          "blocked_by FROM parked_events ORDER BY kafka_offset"),
                     "postgres|test.events|0|default/ada|00ff|it holds no event|0;"
                     "postgres|test.events|1|default/ada|726177206279746573|it waits behind another|0");
    cr_assert_str_eq(TEXT("SELECT count(*) FROM events"), "1");
    cr_assert_str_eq(TEXT("SELECT sum(next_offset) FROM progress"), "3");
    int32_t partition = fold.log[1].position.partition;
    int64_t next_offset;
    struct mneme_assignment assignment = {.topic = "test.events",
                                          .topic_partitions = MNEME_FOLD_CASE_PARTITIONS,
                                          .partitions = &partition,
                                          .next_offsets = &next_offset,
                                          .count = 1};
    cr_assert_eq(mneme_ledger_projection.assign(fold.projection, &assignment, &fold.error), MNEME_APPLIED);
    cr_assert_eq(assignment.parked_key_count, 1);
    cr_assert_eq(assignment.parked_keys[0].partition, partition);
    cr_assert_eq(assignment.parked_keys[0].blocked_by, 0);
    cr_assert_eq(mneme_str_equal(assignment.parked_keys[0].key, MNEME_STR_LIT("default/ada")), true);
}

Test(fold_failures, another_partition_count_is_refused) {
    const int32_t partition = 5;
    int64_t next_offset;
    struct mneme_assignment assignment = {.topic = "test.events",
                                          .topic_partitions = MNEME_FOLD_CASE_PARTITIONS + 4,
                                          .partitions = &partition,
                                          .next_offsets = &next_offset,
                                          .count = 1};
    cr_assert_eq(mneme_ledger_projection.assign(fold.projection, &assignment, &fold.error), MNEME_FATAL);
    cr_assert_eq(fold.error.code, MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(fold.error.message, "it has 8 partitions and had 4"));
    cr_assert_str_eq(TEXT("SELECT count(*) FROM progress"), "4");
}

Test(fold_failures, open_refuses_tables_that_are_not_there) {
    void *projection = NULL;
    TEXT("DROP SCHEMA mneme CASCADE");
    int status = mneme_ledger_projection.open(&projection, fold.fixture.config, &fold.error);
    cr_assert_eq(status, MNEME_E_NOT_FOUND);
    cr_assert_not_null(strstr(fold.error.message, "run `mneme migrate`"));
}

Test(fold_failures, open_tells_that_the_server_cannot_be_reached) {
    void *projection = NULL;
    int status = mneme_config_set(fold.fixture.config, MNEME_SETTING_DATABASE_URL,
                                  "postgresql://127.0.0.1:1/none", MNEME_FROM_OPTION, &fold.error);
    cr_assert_eq(status, MNEME_OK);
    cr_assert_eq(mneme_ledger_projection.open(&projection, fold.fixture.config, &fold.error),
                 MNEME_E_UNAVAILABLE);
}
