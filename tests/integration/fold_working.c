/*
 * Working memory: what events make of goal, thoughts and context; the same whether a batch holds the whole
 * log or one event of it.
 */
#include <criterion/criterion.h>

#include "common/base/uuid.h"
#include "sql/embedded.h"
#include "stores/redis/working_json.h"
#include "stores/redis/working_load.h"
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

static void check_goals(void) {
    cr_assert_str_eq(
        TEXT(
            "SELECT version, goal, goal_id, goal_event_id IS NULL, goal_event_id = source_event_id, "
            "goal_set_at "
            "FROM (SELECT version, goal, goal_id, goal_event_id, source_event_id, goal_set_at FROM "
            "working_memory_history UNION ALL SELECT version, goal, goal_id, goal_event_id, source_event_id, "
            "goal_set_at FROM working_memory) AS versions ORDER BY 1"),
        "1|win|g-1|f|t|2026-01-01 00:00:00+00;2|win|g-1|f|f|2026-01-01 00:00:00+00;"
        "3|draw|-|f|t|2026-01-01 00:00:00+00;4|-|-|f|t|2026-01-01 00:00:00+00;5|lose|-|f|t|2026-01-01 "
        "00:00:00+00;6|-|-|t|-|-");
}

Test(fold_working, a_goal_has_an_id_and_a_time) {
    ADD("working_goal_set", ",'goal':'win','goal_id':'g-1'");
    ADD("context_cleared", "");
    ADD("working_goal_set", ",'goal':'draw'");
    ADD("working_goal_set", "");
    ADD("working_goal_set", ",'goal':'lose'");
    ADD("working_cleared", "");
    apply_each_way(check_goals);
}

/* What is read of conversations c and d, as JSON. */
static const char *read_both(int64_t now_micros) {
    static struct mneme_buffer text;
    struct mneme_str tenant = MNEME_STR_LIT("default");
    struct mneme_str stream = MNEME_STR_LIT("ada");
    int32_t partition = fold.log[0].position.partition;
    const struct mneme_working_wanted wanted[] = {
        {partition, tenant, stream, MNEME_STR_LIT("c"), stream},
        {partition, tenant, stream, MNEME_STR_LIT("d"), stream},
    };
    struct mneme_loaded_working loaded[2];
    struct mneme_pg_params params = {0};
    struct mneme_arena arena;
    PGresult *rows = NULL;
    mneme_arena_init(&arena, 0);
    mneme_buffer_clear(&text);
    int status = mneme_working_params(&params, &arena, mneme_str_from(MNEME_FOLD_CASE_TOPIC), wanted, 2,
                                      now_micros, &fold.error);
    cr_assert_eq(status, MNEME_OK, "%s", fold.error.message);
    status = mneme_pg_query(&rows, fold.postgres, mneme_sql_hot_working, &params, true, &fold.error);
    cr_assert_eq(status, MNEME_OK, "%s", fold.error.message);
    status = mneme_working_read(loaded, 2, rows, &arena, &fold.error);
    cr_assert_eq(status, MNEME_OK, "%s", fold.error.message);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(loaded[i].ledger_offset, fold.next_offset[partition]);
        struct mneme_json_writer json = {.out = &text};
        mneme_json_begin_object(&json);
        mneme_working_json(&json, &loaded[i]);
        mneme_json_end_object(&json);
        mneme_buffer_append_byte(&text, i == 0 ? '\n' : 0);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    mneme_arena_clean_up(&arena);
    return text.data;
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

Test(fold_working, what_is_read_is_the_latest_of_what_is_left) {
    ADD("conversation_turn", ",'role':'user','content':'before'");
    ADD("working_thought", ",'thought':'before'");
    ADD("working_cleared", "");
    for (int i = 0; i < MNEME_WORKING_TURNS + 2; i++) {
        ADD("conversation_turn", ",'role':'tool','content':'turn','speaker':'Bot'");
    }
    for (int i = 0; i < MNEME_WORKING_THOUGHTS + 1; i++) {
        ADD("working_thought", ",'thought':'hm','metadata':{'b':1,'aa':2}");
        ADD("context_appended", ",'event':[1.50]");
    }
    ADD("context_set", ",'key':'late','value':{'a':1},'ttl_s':7200");
    ADD("context_set", ",'key':'early','value':true,'ttl_s':3600");
    ADD("working_goal_set", ",'goal':'win'");
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    const int64_t second = INT64_C(1000000);
    const int64_t new_year = INT64_C(1767225600) * second;
    const char *all = read_both(new_year + 3600 * second - 1);
    cr_assert_eq(count_of(all, "\"content\":\"turn\""), MNEME_WORKING_TURNS);
    cr_assert_eq(count_of(all, "\"thought\":\"hm\""), MNEME_WORKING_THOUGHTS);
    cr_assert_eq(count_of(all, "\"event\":[1.50]"), MNEME_WORKING_EVENTS);
    cr_assert_eq(count_of(all, "before"), 0);
    cr_assert_not_null(strstr(all, "\"turns\":[{\"turn_index\":3,\"role\":\"tool\",\"speaker\":\"Bot\""));
    cr_assert_not_null(strstr(all, "{\"goal\":\"win\",\"active_goal\":{\"id\":\""), "%s", all);
    cr_assert_not_null(strstr(all, "\"description\":\"win\",\"set_at\":\"2026-01-01T00:00:00.000000Z\"}"));
    cr_assert_lt(strstr(all, "\"turn_index\":3,"), strstr(all, "\"turn_index\":52,"));
    cr_assert_lt(strstr(all, "\"key\":\"early\",\"value\":true,\"ttl_s\":3600"),
                 strstr(all, "\"key\":\"late\""));
    cr_assert_not_null(strstr(
        all,
        "\n{\"goal\":null,\"active_goal\":null,\"turns\":[],\"thoughts\":[],\"context\":[],\"events\":[]}"));
    all = read_both(new_year + 3600 * second);
    cr_assert_eq(count_of(all, "\"key\":"), 1, "what has expired is left out");
}

Test(fold_working, an_element_is_read_from_its_json) {
    struct mneme_context_key key = {.key = MNEME_STR_LIT("k \""),
                                    .value = MNEME_STR_LIT("{\"a\": [1.50]}"),
                                    .ttl_s = 60,
                                    .updated_at = 1,
                                    .expires_at = 60000001,
                                    .source_event_id = {{1, 2}}};
    struct mneme_context_key again;
    struct mneme_recent_turn other;
    struct mneme_buffer text = {0};
    struct mneme_json_writer json = {.out = &text};
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    mneme_working_element_json(&json, MNEME_WORKING_KEY, &key);
    cr_assert(mneme_working_element_parse(&again, MNEME_WORKING_KEY, mneme_buffer_str(&text), &arena));
    cr_assert(mneme_str_equal(again.key, key.key) && mneme_str_equal(again.value, key.value));
    cr_assert_eq(again.expires_at, key.expires_at);
    cr_assert_eq(mneme_uuid_compare(again.source_event_id, key.source_event_id), 0);
    cr_assert_not(mneme_working_element_parse(&other, MNEME_WORKING_TURN, mneme_buffer_str(&text), &arena));
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&text);
}
