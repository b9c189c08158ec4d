/*
 * Working memory: what events make of goal, thoughts and context; the same whether a batch holds the whole
 * log or one event of it.
 */
#include <criterion/criterion.h>

#include "tests/support/fold_case.h"

static struct mneme_fold_case fold;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_working, .init = set_up, .fini = tear_down);

#define ADD(type, members)                                                                                   \
    mneme_fold_case_add(&fold,                                                                               \
                        "{'type':'%s','user_id':'ada','agent_id':'bot','occurred_at':"                       \
                        "'2026-01-01T00:00:00Z','payload':{'conversation_id':'c'%s}}",                       \
                        type, members)
#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)

/* Once event by event, once in pairs, once as one batch; `check` looks at the tables each time. */
static void apply_each_way(void (*check)(void)) {
    static const size_t sizes[] = {1, 2, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert_eq(mneme_fold_case_apply(&fold, sizes[i]), MNEME_APPLIED, "%s", fold.error.message);
        check();
        mneme_fold_case_empty(&fold);
    }
}

static void check_context(void) {
    cr_assert_str_eq(
        TEXT("SELECT key, value, ttl_s, expires_at, is_deleted, version FROM context_keys ORDER BY "
             "key"),
        "a|[2]|3600|2026-01-01 01:00:00+00|f|2;b|\"x\"|60|2026-01-01 00:01:00+00|t|2");
    cr_assert_str_eq(
        TEXT("SELECT key, value, ttl_s, is_deleted, version FROM context_keys_history ORDER BY key"),
        "a|1|60|f|1;b|\"x\"|60|f|1");
    cr_assert_str_eq(
        TEXT("SELECT user_id, agent_id, goal, cleared_sequence, context_cleared_sequence, version "
             "FROM working_memory"),
        "ada|bot|-|-1|-1|1");
    cr_assert_str_eq(
        TEXT("SELECT event_type, verdict, actual_version FROM events WHERE verdict <> 'accepted' "
             "ORDER BY sequence_id"),
        "context_deleted|not_found|0;context_deleted|not_found|0;context_deleted|not_found|2");
}

Test(fold_working, a_key_holds_what_was_set_last_until_it_is_deleted) {
    ADD("context_deleted", ",'key':'a'");
    ADD("context_set", ",'key':'a','value':1,'ttl_s':60");
    ADD("context_set", ",'key':'b','value':'x','ttl_s':60");
    ADD("context_deleted", ",'key':'ab'");
    ADD("context_set", ",'key':'a','value':[2]");
    ADD("context_deleted", ",'key':'b'");
    ADD("context_deleted", ",'key':'b'");
    apply_each_way(check_context);
}

Test(fold_working, a_clock_that_runs_ahead_lets_no_key_live_longer) {
    struct mneme_batch_item *item = mneme_fold_case_add(
        &fold, "{'type':'context_set','user_id':'ada','occurred_at':'9999-12-31T23:59:59Z','payload':{"
               "'conversation_id':'c','key':'a','value':1,'ttl_s':60}}");
    cr_assert_lt(item->recorded_at, item->event.occurred_at);
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    cr_assert_str_eq(TEXT("SELECT expires_at - valid_from FROM context_keys"), "00:01:00");
}

static void check_cleared(void) {
    cr_assert_str_eq(TEXT("SELECT key, value, version FROM context_keys ORDER BY key"), "a|3|2;b|2|1");
    cr_assert_str_eq(
        TEXT("SELECT string_agg(verdict::text, ' ' ORDER BY sequence_id) FROM events WHERE event_type "
             "= 'context_deleted'"),
        "not_found not_found");
    cr_assert_str_eq(
        TEXT("SELECT entry_index, kind, thought, metadata, event, source_sequence > cleared_sequence, "
             "source_sequence > context_cleared_sequence FROM working_entries JOIN (SELECT "
             "cleared_sequence, context_cleared_sequence FROM working_memory) AS w ON true ORDER BY 1"),
        "0|event|-|-|{\"a\": 1}|f|f;1|thought|hm|{}|-|f|f;2|thought|well|{\"k\": 1}|-|t|f;"
        "3|event|-|-|[2]|t|t");
    cr_assert_str_eq(
        TEXT("SELECT version, goal, entry_count FROM working_memory_history UNION ALL SELECT version, "
             "goal, entry_count FROM working_memory ORDER BY 1"),
        "1|-|0;2|win|2;3|-|3;4|-|4;5|draw|4");
}

Test(fold_working, clearing_leaves_behind_what_was_there_before) {
    ADD("context_cleared", "");
    ADD("context_set", ",'key':'a','value':1");
    ADD("working_goal_set", ",'goal':'win'");
    ADD("context_appended", ",'event':{'a':1}");
    ADD("working_thought", ",'thought':'hm'");
    ADD("working_cleared", "");
    ADD("context_deleted", ",'key':'a'");
    ADD("working_thought", ",'thought':'well','metadata':{'k':1}");
    ADD("context_set", ",'key':'b','value':2");
    ADD("context_cleared", "");
    ADD("context_deleted", ",'key':'b'");
    ADD("context_set", ",'key':'a','value':3");
    ADD("context_appended", ",'event':[2]");
    ADD("working_goal_set", ",'goal':'draw'");
    apply_each_way(check_cleared);
}

static void check_forgotten(void) {
    cr_assert_str_eq(
        TEXT("SELECT goal, version, cleared_sequence = context_cleared_sequence, cleared_sequence = "
             "(SELECT sequence_id FROM events WHERE event_type = 'conversation_deleted' AND verdict = "
             "'accepted') FROM "
             "working_memory"),
        "-|2|t|t");
}

Test(fold_working, a_deleted_conversation_takes_its_working_memory_with_it) {
    ADD("conversation_created", "");
    ADD("working_goal_set", ",'goal':'win'");
    ADD("conversation_deleted", "");
    ADD("conversation_deleted", "");
    apply_each_way(check_forgotten);
}

Test(fold_working, clearing_what_has_nothing_but_turns_marks_them) {
    ADD("conversation_turn", ",'role':'user','content':'hi'");
    ADD("working_cleared", "");
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    cr_assert_str_eq(TEXT("SELECT goal, cleared_sequence > (SELECT source_sequence FROM conversation_turns), "
                          "context_cleared_sequence FROM working_memory"),
                     "-|t|-1");
}
