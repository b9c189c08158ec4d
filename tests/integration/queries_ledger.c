/*
 * Questions about the ledger, conversations, verdicts and progress, over tables that the projection has
 * filled.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "queries/conversation.h"
#include "queries/events.h"
#include "queries/verdicts.h"
#include "tests/support/fold_case.h"
#include "tests/support/patience.h"

static struct mneme_fold_case fold;
static struct mneme_postgres *asking;
static struct mneme_error error;
static struct mneme_buffer seen;
static const char topic[] = "test.events"; /* of a fold case */

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
    cr_assert_eq(mneme_query_connect(&asking, fold.fixture.config, "test", &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_pg_close(asking);
    mneme_buffer_clean_up(&seen);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(queries_ledger, .init = set_up, .fini = tear_down, .timeout = 120);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define ID "0194f000-0000-7000-8000-00000000000"

static void apply(void) {
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
}

/* What the visitors saw since the last call. */
static const char *saw(void) {
    mneme_buffer_append_byte(&seen, '\0');
    mneme_buffer_clear(&seen);
    return seen.data;
}

static struct mneme_batch_item *note(const char *user, const char *name, const char *more) {
    return ADD("{'type':'custom','user_id':'%s',%s'payload':{'type':'%s','json':{'n':1}}}", user, more, name);
}

static bool see_event(const void *row, void *context) {
    const struct mneme_events_row *event = row;
    (void)context;
    mneme_buffer_printf(&seen, "%.*s/%.*s ", MNEME_STR_ARG(event->stream_id),
                        MNEME_STR_ARG(event->event_type));
    return true;
}

static const char *list(const struct mneme_events_filter *filter) {
    cr_assert_eq(mneme_events_list(asking, filter, see_event, NULL, NULL, &error), MNEME_OK, "%s",
                 error.message);
    return saw();
}

Test(queries_ledger, a_stream_is_read_from_exclusive_to_inclusive) {
    for (int i = 1; i <= 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        note("ada", name, "");
        note("bob", "other", "");
    }
    apply();
    struct mneme_events_filter filter = {.tenant = MNEME_STR_LIT("default"),
                                         .stream_id = MNEME_STR_LIT("ada"),
                                         .from_version = {1, true},
                                         .to_version = {4, true},
                                         .limit = 1000};
    cr_assert_str_eq(list(&filter), "ada/n2 ada/n3 ada/n4 ");
    filter.limit = 2;
    cr_assert_str_eq(list(&filter), "ada/n2 ada/n3 ");
    filter.tenant = MNEME_STR_LIT("blue");
    cr_assert_str_eq(list(&filter), "");
    int64_t version;
    cr_assert_eq(
        mneme_stream_version(&version, asking, MNEME_STR_LIT("default"), MNEME_STR_LIT("ada"), &error),
        MNEME_OK);
    cr_assert_eq(version, 5);
    cr_assert_eq(mneme_stream_version(&version, asking, MNEME_STR_LIT("blue"), MNEME_STR_LIT("ada"), &error),
                 MNEME_OK);
    cr_assert_eq(version, 0);
}

Test(queries_ledger, versions_without_a_stream_are_refused) {
    struct mneme_events_filter filter = {
        .tenant = MNEME_STR_LIT("default"), .from_version = {1, true}, .limit = 10};
    cr_assert_eq(mneme_events_list(asking, &filter, see_event, NULL, NULL, &error), MNEME_E_USAGE);
}

Test(queries_ledger, what_is_everybodys_has_to_be_asked_for) {
    struct mneme_events_filter events = {.tenant = MNEME_STR_LIT("default"), .limit = 10};
    struct mneme_conversation_filter conversations = {.tenant = MNEME_STR_LIT("default"), .limit = 10};
    int64_t sequence = 0;
    cr_assert_eq(mneme_events_list(asking, &events, see_event, NULL, NULL, &error), MNEME_E_USAGE);
    cr_assert_eq(mneme_events_at(asking, &events, &sequence, &sequence, 1, see_event, NULL, &error),
                 MNEME_E_USAGE);
    events.correlation_id = MNEME_STR_LIT("");
    cr_assert_eq(mneme_events_list(asking, &events, see_event, NULL, NULL, &error), MNEME_E_USAGE);
    cr_assert_eq(mneme_conversation_list(asking, &conversations, see_event, NULL, NULL, &error),
                 MNEME_E_USAGE);
    conversations.user_id = MNEME_STR_LIT("");
    cr_assert_eq(mneme_conversation_list(asking, &conversations, see_event, NULL, NULL, &error),
                 MNEME_E_USAGE);
}

Test(queries_ledger, events_are_found_by_type_time_correlation_and_verdict) {
    note("ada", "first", "'correlation_id':'req-1',");
    note("ada", "second", "'correlation_id':'req-2','expected_version':7,");
    note("ada", "first", "'metadata':{'correlation_id':'other'},");
    apply();
    struct mneme_str first = MNEME_STR_LIT("first");
    struct mneme_str rejected = MNEME_STR_LIT("rejected");
    struct mneme_events_filter filter = {.tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    filter.types = (struct mneme_str_array){&first, 1, true};
    cr_assert_str_eq(list(&filter), "ada/first ada/first ");
    filter.correlation_id = MNEME_STR_LIT("req-1");
    cr_assert_str_eq(list(&filter), "ada/first ");
    filter =
        (struct mneme_events_filter){.tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    filter.verdicts = (struct mneme_str_array){&rejected, 1, true};
    cr_assert_str_eq(list(&filter), "ada/second ");
    int64_t now = mneme_clock_now_micros();
    filter =
        (struct mneme_events_filter){.tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    filter.since = (struct mneme_opt_long){now + INT64_C(3600000000), true};
    cr_assert_str_eq(list(&filter), "");
    filter.since = (struct mneme_opt_long){0, true};
    filter.until = (struct mneme_opt_long){now + INT64_C(3600000000), true};
    cr_assert_str_eq(list(&filter), "ada/first ada/second ada/first ");
}

Test(queries_ledger, a_list_goes_on_behind_a_sequence_id) {
    note("ada", "n1", "");
    note("ada", "n2", "");
    apply();
    struct mneme_events_filter filter = {.tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    filter.after_sequence = (struct mneme_opt_long){mneme_sequence_id(fold.log[0].position), true};
    cr_assert_str_eq(list(&filter), "ada/n2 ");
}

Test(queries_ledger, versions_are_read_from_the_oldest_on) {
    struct mneme_events_filter filter = {.tenant = MNEME_STR_LIT("default"),
                                         .stream_id = MNEME_STR_LIT("ada"),
                                         .from_version = {1, true},
                                         .newest_first = true,
                                         .limit = 10};
    cr_assert_eq(mneme_events_list(asking, &filter, see_event, NULL, NULL, &error), MNEME_E_USAGE);
}

static bool copy_event_json(const void *row, void *context) {
    struct mneme_json_writer json = {.out = context};
    mneme_json_begin_object(&json);
    mneme_row_json(row, mneme_events_columns, mneme_events_column_count, &json);
    mneme_json_end_object(&json);
    return true;
}

Test(queries_ledger, an_event_is_shown_in_the_form_it_was_published_in) {
    ADD("{'type':'user_onboarded','event_id':'" ID
        "a','user_id':'ada','occurred_at':'2026-01-01T00:00:00Z','correlation_id':'req-1',"
        "'metadata':{'k':'v'},'payload':{'profile':{'n':[1]}}}");
    apply();
    struct mneme_events_filter filter = {.tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    cr_assert_eq(mneme_events_list(asking, &filter, copy_event_json, &seen, NULL, &error), MNEME_OK, "%s",
                 error.message);
    char expected[256];
    snprintf(expected, sizeof expected,
             "\"position\":\"%d:0\",\"sequence_id\":%lld,\"version\":1,\"verdict\":\"accepted\","
             "\"actual_version\":null,",
             fold.log[0].position.partition, (long long)mneme_sequence_id(fold.log[0].position));
    const char *json = saw();
    cr_assert_eq(strncmp(json,
                         "{\"type\":\"user_onboarded\",\"event_type\":\"user_onboarded\",\"event_id\":\"" ID
                         "a\",\"tenant\":\"default\",\"stream_id\":\"ada\","
                         "\"agent_id\":null,\"user_id\":\"ada\",",
                         100),
                 0, "%s", json);
    cr_assert_not_null(strstr(json, "\"correlation_id\":\"req-1\",\"causation_id\":null,\"actor\":null,"
                                    "\"metadata\":{\"k\": \"v\"},\"payload\":{\"profile\": {\"n\": [1]}},"),
                       "%s", json);
    cr_assert_not_null(strstr(json, expected), "%s", json);
}

Test(queries_ledger, an_event_of_a_users_own_type_is_shown_as_custom_with_its_name) {
    note("ada", "greeted", "");
    apply();
    struct mneme_events_filter filter = {.tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    cr_assert_eq(mneme_events_list(asking, &filter, copy_event_json, &seen, NULL, &error), MNEME_OK);
    const char *json = saw();
    cr_assert_not_null(strstr(json, "{\"type\":\"custom\",\"event_type\":\"greeted\","), "%s", json);
    cr_assert_not_null(strstr(json, "\"payload\":{\"json\": {\"n\": 1}, \"type\": \"greeted\"}"), "%s", json);
}

static bool see_conversation(const void *row, void *context) {
    const struct mneme_conversation_row *conversation = row;
    (void)context;
    mneme_buffer_printf(&seen, "%.*s/%lld ", MNEME_STR_ARG(conversation->conversation_id),
                        (long long)conversation->turn_count);
    return true;
}

static bool see_turn(const void *row, void *context) {
    const struct mneme_turn_row *turn = row;
    (void)context;
    mneme_buffer_printf(&seen, "%lld:%.*s ", (long long)turn->turn_index, MNEME_STR_ARG(turn->content));
    return true;
}

static void say(const char *user, const char *conversation, int minute, const char *text) {
    ADD("{'type':'conversation_turn','user_id':'%s','occurred_at':'2026-01-01T00:%02d:00Z','payload':{'"
        "conversation_id':"
        "'%s','role':'user','content':'%s'}}",
        user, minute, conversation, text);
}

Test(queries_ledger, conversations_are_listed_by_their_latest_activity) {
    say("ada", "c1", 1, "a");
    say("ada", "c2", 2, "b");
    say("bob", "c3", 3, "c");
    say("ada", "c1", 4, "d");
    ADD("{'type':'conversation_closed','user_id':'ada','payload':{'conversation_id':'c2'}}");
    apply();
    struct mneme_conversation_filter filter = {
        .tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    cr_assert_eq(mneme_conversation_list(asking, &filter, see_conversation, NULL, NULL, &error), MNEME_OK,
                 "%s", error.message);
    cr_assert_str_eq(saw(), "c1/2 c3/1 c2/1 ");
    filter.user_id = MNEME_STR_LIT("ada");
    filter.is_active = (struct mneme_opt_bool){false, true};
    cr_assert_eq(mneme_conversation_list(asking, &filter, see_conversation, NULL, NULL, &error), MNEME_OK);
    cr_assert_str_eq(saw(), "c2/1 ");
    filter = (struct mneme_conversation_filter){
        .tenant = MNEME_STR_LIT("default"), .all_scopes = true, .limit = 10};
    filter.cursor =
        (struct mneme_cursor){INT64_C(1767225780000000), MNEME_STR_LIT("c3"), MNEME_STR_LIT("bob"), true};
    cr_assert_eq(mneme_conversation_list(asking, &filter, see_conversation, NULL, NULL, &error), MNEME_OK);
    cr_assert_str_eq(saw(), "c2/1 ");
    filter.tenant = MNEME_STR_LIT("blue");
    cr_assert_eq(mneme_conversation_list(asking, &filter, see_conversation, NULL, NULL, &error), MNEME_OK);
    cr_assert_str_eq(saw(), "");
}

Test(queries_ledger, turns_are_read_by_index_and_by_time) {
    for (int i = 0; i < 5; i++) {
        char text[8];
        snprintf(text, sizeof text, "t%d", i);
        say("ada", "c1", i, text);
        say("bob", "c1", i, "bobs");
    }
    apply();
    size_t count;
    cr_assert_eq(
        mneme_conversation_get(asking,
                               &(struct mneme_conversation_key){.tenant = MNEME_STR_LIT("default"),
                                                                .conversation_id = MNEME_STR_LIT("c1")},
                               see_conversation, NULL, &count, &error),
        MNEME_OK);
    cr_assert_eq(count, 2, "one for each stream that uses the id");
    saw();
    struct mneme_turn_range range = {.conversation = {.tenant = MNEME_STR_LIT("default"),
                                                      .stream_id = MNEME_STR_LIT("ada"),
                                                      .conversation_id = MNEME_STR_LIT("c1")},
                                     .limit = 100};
    cr_assert_eq(mneme_conversation_turns(asking, &range, see_turn, NULL, NULL, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_str_eq(saw(), "0:t0 1:t1 2:t2 3:t3 4:t4 ");
    range.from_index = (struct mneme_opt_long){1, true};
    range.to_index = (struct mneme_opt_long){3, true};
    cr_assert_eq(mneme_conversation_turns(asking, &range, see_turn, NULL, NULL, &error), MNEME_OK);
    cr_assert_str_eq(saw(), "1:t1 2:t2 3:t3 ");
    range.since = (struct mneme_opt_long){INT64_C(1767225720000000), true}; /* 00:02 */
    range.until = (struct mneme_opt_long){INT64_C(1767225780000000), true}; /* 00:03 */
    cr_assert_eq(mneme_conversation_turns(asking, &range, see_turn, NULL, NULL, &error), MNEME_OK);
    cr_assert_str_eq(saw(), "2:t2 ");
    range.conversation.tenant = MNEME_STR_LIT("blue");
    cr_assert_eq(mneme_conversation_turns(asking, &range, see_turn, NULL, NULL, &error), MNEME_OK);
    cr_assert_str_eq(saw(), "");
}

static bool see_verdict(const void *row, void *context) {
    const struct mneme_verdict_row *verdict = row;
    (void)context;
    mneme_buffer_printf(&seen, "%lld %.*s %lld;", (long long)verdict->place, MNEME_STR_ARG(verdict->verdict),
                        verdict->actual_version.is_set ? (long long)verdict->actual_version.value : -1);
    return true;
}

static bool see_verdict_reason(const void *row, void *context) {
    const struct mneme_verdict_row *verdict = row;
    (void)context;
    mneme_buffer_printf(&seen, "%.*s: %.*s", MNEME_STR_ARG(verdict->verdict), MNEME_STR_ARG(verdict->reason));
    return true;
}

Test(queries_ledger, verdicts_come_by_position_and_for_the_tenant_alone) {
    note("ada", "n1", "");
    note("ada", "n2", "'expected_version':7,");
    apply();
    struct mneme_position positions[] = {fold.log[1].position, fold.log[0].position};
    cr_assert_eq(
        mneme_verdict_read(asking, topic, MNEME_STR_LIT("default"), positions, 2, see_verdict, NULL, &error),
        MNEME_OK, "%s", error.message);
    const char *verdicts = saw();
    cr_assert_not_null(strstr(verdicts, "0 rejected 1;"), "%s", verdicts);
    cr_assert_not_null(strstr(verdicts, "1 accepted 1;"), "%s", verdicts);
    cr_assert_eq(
        mneme_verdict_read(asking, topic, MNEME_STR_LIT("blue"), positions, 2, see_verdict, NULL, &error),
        MNEME_OK);
    cr_assert_str_eq(saw(), "");
}

Test(queries_ledger, a_dropped_event_is_told_as_that_with_both_reasons) {
    struct mneme_batch_item *item = note("ada", "n1", "");
    item->park_reason = "it is too long";
    apply();
    cr_assert_eq(
        mneme_pg_run(fold.postgres,
                     "WITH gone AS (DELETE FROM parked_events RETURNING *) INSERT INTO dropped_events "
                     "(projection, topic, partition, kafka_offset, key, value, reason, blocked_by, "
                     "recorded_at, parked_at, note, dropped_by) SELECT projection, topic, partition, "
                     "kafka_offset, key, value, reason, blocked_by, recorded_at, parked_at, 'not needed', '' "
                     "FROM gone",
                     &error),
        MNEME_OK, "%s", error.message);
    struct mneme_position position = fold.log[0].position;
    struct mneme_query_wait wait = {.timeout_ms = MNEME_PATIENCE_MS};
    cr_assert_eq(mneme_verdict_read(asking, topic, MNEME_STR_LIT("default"), &position, 1, see_verdict_reason,
                                    NULL, &error),
                 MNEME_OK, "%s", error.message);
    cr_assert_str_eq(saw(), "dropped: not needed (it is too long)");
    cr_assert_eq(mneme_position_wait_shown(asking, "postgres", topic, &position, 1, &wait, &error), MNEME_OK,
                 "nobody waits for it: %s", error.message);
    cr_assert_eq(mneme_verdict_read(asking, topic, MNEME_STR_LIT("blue"), &position, 1, see_verdict_reason,
                                    NULL, &error),
                 MNEME_OK);
    cr_assert_str_eq(saw(), "", "another tenant");
    cr_assert_eq(mneme_verdict_status(MNEME_STR_LIT("dropped")), MNEME_E_INVALID);
}

Test(queries_ledger, the_meaning_of_each_verdict_is_known) {
    cr_assert_eq(mneme_verdict_status(MNEME_STR_LIT("accepted")), MNEME_OK);
    cr_assert_eq(mneme_verdict_status(MNEME_STR_LIT("duplicate")), MNEME_OK);
    cr_assert_eq(mneme_verdict_status(MNEME_STR_LIT("rejected")), MNEME_E_CONFLICT);
    cr_assert_eq(mneme_verdict_status(MNEME_STR_LIT("exists")), MNEME_E_CONFLICT);
    cr_assert_eq(mneme_verdict_status(MNEME_STR_LIT("not_found")), MNEME_E_NOT_FOUND);
    cr_assert_eq(mneme_verdict_status(MNEME_STR_LIT("parked")), MNEME_E_INVALID);
}

Test(queries_ledger, a_wait_for_what_is_not_folded_yet_ends_in_time_and_says_where_it_stands) {
    note("ada", "n1", "");
    apply();
    struct mneme_position position = fold.log[0].position;
    struct mneme_query_wait wait = {.timeout_ms = 100};
    cr_assert_eq(mneme_position_wait(asking, "postgres", topic, &position, 1, &wait, &error), MNEME_OK, "%s",
                 error.message);
    position.offset++;
    int64_t started = mneme_clock_monotonic_micros();
    cr_assert_eq(mneme_position_wait(asking, "postgres", topic, &position, 1, &wait, &error),
                 MNEME_E_TIMEOUT);
    int64_t took = mneme_clock_monotonic_micros() - started;
    cr_assert(took >= 100000 && took < 5000000, "%lld", (long long)took);
    char expected[64];
    snprintf(expected, sizeof expected, "projection postgres is at %d:1", position.partition);
    cr_assert_not_null(strstr(error.message, expected), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "mneme work postgres"), "%s", error.message);
}

static bool is_interrupted(void *context) {
    (void)context;
    return true;
}

Test(queries_ledger, a_wait_can_be_interrupted) {
    struct mneme_position position = {0, 100};
    struct mneme_query_wait wait = {.timeout_ms = 3600000,
                                    .cancel = &(const struct mneme_cancel){.is_cancelled = is_interrupted}};
    cr_assert_eq(mneme_position_wait(asking, "postgres", topic, &position, 1, &wait, &error),
                 MNEME_E_TIMEOUT);
    cr_assert_not_null(strstr(error.message, "interrupted"), "%s", error.message);
}
