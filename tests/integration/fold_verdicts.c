/*
 * Verdicts of the projection `postgres`, each in every way a batch can come to it: within one batch and
 * across batches.
 */
#include <criterion/criterion.h>

#include "tests/support/fold_case.h"

#define A "0194f000-0000-7000-8000-00000000000a"
#define B "0194f000-0000-7000-8000-00000000000b"

static struct mneme_fold_case fold;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_verdicts, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)
#define APPLY(size) cr_assert_eq(mneme_fold_case_apply(&fold, size), MNEME_APPLIED, "%s", fold.error.message)
#define VERDICTS                                                                                             \
    TEXT("SELECT verdict, version, actual_version FROM events WHERE stream_id = 'ada' ORDER BY sequence_id")

static void add_created(const char *memory, const char *more) {
    ADD("{'type':'memory_created','user_id':'ada'%s,'payload':{'memory_id':'%s','memory_type':'fact','"
        "content':'tea'}}",
        more, memory);
}

static void add_updated(const char *memory, const char *more) {
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'%s','content':'coffee'%s}}", memory,
        more);
}

static void add_deleted(const char *memory) {
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'%s'}}", memory);
}

Test(fold_verdicts, accepted_events_count_the_versions_of_their_stream) {
    add_created(A, "");
    add_updated(A, "");
    APPLY(0);
    add_deleted(A);
    APPLY(0);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;accepted|2|-;accepted|3|-");
    cr_assert_str_eq(TEXT("SELECT version, is_deleted FROM memories"), "3|t");
    cr_assert_str_eq(TEXT("SELECT count(*) FROM verdict_exceptions"), "0");
}

static void check_expected_version(size_t batch_size) {
    add_created(A, ",'expected_version':0");
    add_created(B, ",'expected_version':0");
    add_created(B, ",'expected_version':1");
    APPLY(batch_size);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;rejected|-|1;accepted|2|-");
    cr_assert_str_eq(TEXT("SELECT verdict, actual_version FROM verdict_exceptions"), "rejected|1");
    cr_assert_str_eq(TEXT("SELECT version FROM streams"), "2");
}

Test(fold_verdicts, another_stream_version_than_expected_is_rejected_within_a_batch) {
    check_expected_version(0);
}

Test(fold_verdicts, another_stream_version_than_expected_is_rejected_across_batches) {
    check_expected_version(1);
}

static void check_memory_version(size_t batch_size) {
    add_created(A, "");
    add_updated(A, ",'expected_memory_version':1");
    add_updated(A, ",'expected_memory_version':1");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" A
        "','expected_memory_version':7}}");
    APPLY(batch_size);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;accepted|2|-;rejected|-|2;rejected|-|2");
    cr_assert_str_eq(TEXT("SELECT version, is_deleted FROM memories"), "2|f");
}

Test(fold_verdicts, another_memory_version_than_expected_is_rejected_within_a_batch) {
    check_memory_version(0);
}

Test(fold_verdicts, another_memory_version_than_expected_is_rejected_across_batches) {
    check_memory_version(1);
}

static void check_exists(size_t batch_size) {
    add_created(A, "");
    add_created(A, "");
    APPLY(batch_size);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;exists|-|1");
    cr_assert_str_eq(TEXT("SELECT version FROM memories"), "1");
}

Test(fold_verdicts, a_memory_that_is_there_is_not_created_again_within_a_batch) {
    check_exists(0);
}

Test(fold_verdicts, a_memory_that_is_there_is_not_created_again_across_batches) {
    check_exists(1);
}

static void check_not_found(size_t batch_size) {
    add_updated(A, "");
    add_created(B, "");
    add_updated(A, "");
    add_deleted(B);
    add_deleted(B);
    add_updated(B, "");
    APPLY(batch_size);
    cr_assert_str_eq(VERDICTS,
                     "not_found|-|0;accepted|1|-;not_found|-|0;accepted|2|-;not_found|-|2;not_found|-|2");
    cr_assert_str_eq(TEXT("SELECT id, version, content FROM memories"), B "|2|{\"text\": \"tea\"}");
}

Test(fold_verdicts, what_is_missing_or_deleted_is_not_found_within_a_batch) {
    check_not_found(0);
}

Test(fold_verdicts, what_is_missing_or_deleted_is_not_found_across_batches) {
    check_not_found(1);
}

static void check_recreate(size_t batch_size) {
    add_created(A, "");
    add_updated(A, "");
    add_deleted(A);
    ADD("{'type':'memory_created','user_id':'ada','agent_id':'bot','payload':{'memory_id':'" A
        "','memory_type':'rule','content':'new','priority':9}}");
    APPLY(batch_size);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;accepted|2|-;accepted|3|-;accepted|4|-");
    cr_assert_str_eq(TEXT("SELECT version, is_deleted, memory_type, content->>'text', priority, agent_id, "
                          "created_at = updated_at FROM memories"),
                     "4|f|rule|new|9|bot|t");
}

Test(fold_verdicts, a_deleted_memory_is_created_again_within_a_batch_and_goes_on_counting) {
    check_recreate(0);
}

Test(fold_verdicts, a_deleted_memory_is_created_again_across_batches_and_goes_on_counting) {
    check_recreate(1);
}

static void check_duplicate(size_t batch_size, const char *id) {
    add_created(A, id);
    add_created(B, id);
    add_updated(A, "");
    add_created(B, id);
    APPLY(batch_size);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;duplicate|-|1;accepted|2|-;duplicate|-|2");
    cr_assert_str_eq(TEXT("SELECT count(*) FROM memories"), "1");
    cr_assert_str_eq(TEXT("SELECT verdict, actual_version FROM verdict_exceptions ORDER BY kafka_offset"),
                     "duplicate|1;duplicate|2");
}

#define V7 ",'event_id':'0194f111-0000-7000-8000-000000000001'"

Test(fold_verdicts, a_duplicate_by_version_7_id_has_no_effect_within_a_batch) {
    check_duplicate(0, V7);
}

Test(fold_verdicts, a_duplicate_by_version_7_id_has_no_effect_across_batches) {
    check_duplicate(1, V7);
}

Test(fold_verdicts, a_duplicate_by_idempotency_key_has_no_effect_within_a_batch) {
    check_duplicate(0, ",'idempotency_key':'once'");
}

Test(fold_verdicts, a_duplicate_by_idempotency_key_has_no_effect_across_batches) {
    check_duplicate(1, ",'idempotency_key':'once'");
}

Test(fold_verdicts, the_same_id_in_another_stream_is_another_event) {
    add_created(A, V7);
    ADD("{'type':'memory_created','user_id':'bob','event_id':'0194f111-0000-7000-8000-000000000001',"
        "'payload':{'memory_id':'" A "','memory_type':'fact','content':'tea'}}");
    APPLY(1);
    cr_assert_str_eq(TEXT("SELECT verdict FROM events"), "accepted;accepted");
    cr_assert_str_eq(TEXT("SELECT count(*) FROM memories"), "2");
}

Test(fold_verdicts, a_new_id_below_the_highest_is_accepted_once) {
    add_created(A, ",'event_id':'0194f222-0000-7000-8000-000000000009'");
    add_created(B, ",'event_id':'0194f222-0000-7000-8000-000000000003'");
    APPLY(0);
    add_updated(B, "");
    fold.log[2].event.event_id = fold.log[1].event.event_id;
    add_updated(B, "");
    fold.log[3].event.event_id.bytes[15] = 0x55;
    APPLY(0);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;accepted|2|-;duplicate|-|2;accepted|3|-");
    cr_assert_str_eq(TEXT("SELECT event_id_high FROM streams"), "0194f222-0000-7000-8000-000000000009");
}

Test(fold_verdicts, a_memory_id_below_the_highest_is_looked_up) {
    add_created(B, "");
    add_created(A, "");
    APPLY(0);
    add_created(A, "");
    add_created("0194f000-0000-7000-8000-000000000001", "");
    add_created("c0ffee00-0000-4000-8000-000000000001", "");
    add_created("c0ffee00-0000-4000-8000-000000000001", "");
    APPLY(2);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;accepted|2|-;exists|-|1;accepted|3|-;accepted|4|-;exists|-|1");
    cr_assert_str_eq(TEXT("SELECT memory_id_high FROM streams"), B);
}

static void check_late_duplicates(const char *first_id) {
    add_created(A, first_id);
    APPLY(0);
    for (int i = 0; i < 100000; i++) {
        ADD("{'type':'memory_created','user_id':'u%d','payload':{'memory_type':'fact','content':'text %d'}}",
            i % 50, i);
    }
    add_updated(A, "");
    APPLY(20000);
    add_created(B, first_id);
    APPLY(0);
    cr_assert_str_eq(VERDICTS, "accepted|1|-;accepted|2|-;duplicate|-|2");
    cr_assert_str_eq(TEXT("SELECT count(*) FROM memories"), "100001");
}

Test(fold_verdicts, a_duplicate_is_known_100000_events_later) {
    check_late_duplicates(V7);
}

Test(fold_verdicts, a_duplicate_by_idempotency_key_is_known_100000_events_later) {
    check_late_duplicates(",'idempotency_key':'once'");
}

Test(fold_verdicts, types_without_a_table_only_enter_the_ledger) {
    ADD("{'type':'custom','user_id':'ada','payload':{'type':'shop.order','json':{'total':12.5}}}");
    ADD("{'type':'biometric_received','user_id':'ada','payload':{'metric':'pulse','value':61.5}}");
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT event_type, version FROM events ORDER BY version"),
                     "shop.order|1;biometric_received|2");
}
