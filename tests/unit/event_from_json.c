/*
 * JSON lines into events: what is filled in, and how each kind of mistake is refused by name.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "schemas/event.h"

static struct mneme_arena arena;
static struct mneme_event event;
static struct mneme_error error;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(event_from_json, .init = set_up, .fini = tear_down);

static void read_line(const char *line) {
    error.message[0] = '\0';
    cr_assert_eq(mneme_event_from_json(&event, &arena, mneme_str_from(line), "default", &error), MNEME_OK,
                 "%s: %s", line, error.message);
}

static void assert_str(struct mneme_str got, const char *wanted) {
    cr_assert(mneme_str_equal(got, mneme_str_from(wanted)), "%.*s instead of %s", MNEME_STR_ARG(got), wanted);
}

#define CREATED(rest) "{\"type\":\"memory_created\",\"user_id\":\"u\"," rest "}"
#define SAID(payload)                                                                                        \
    "{\"type\":\"conversation_turn\",\"user_id\":\"u\",\"conversation_id\":\"c\",\"payload\":{" payload "}}"
#define DECIDED_WITH(decision)                                                                               \
    "{\"type\":\"agent_decision\",\"agent_id\":\"a\",\"payload\":{\"decision\":" decision "}}"
#define CREATED_WITH(payload) CREATED("\"payload\":{\"memory_type\":\"fact\"," payload "}")

Test(event_from_json, fills_in_what_is_absent) {
    int64_t before = mneme_clock_now_micros();
    read_line(CREATED_WITH("\"content\":\"likes tea\""));
    cr_assert_eq(event.type, MNEME_EVENT_MEMORY_CREATED);
    assert_str(event.tenant, "default");
    assert_str(event.stream_id, "u");
    assert_str(event.payload.memory_created.content, "{\"text\":\"likes tea\"}");
    cr_assert_eq(event.payload.memory_created.priority, 5);
    cr_assert_eq(mneme_uuid_version(event.event_id), 7);
    cr_assert_eq(mneme_uuid_version(event.payload.memory_created.memory_id), 7);
    cr_assert_geq(event.occurred_at, before);
    cr_assert_leq(event.occurred_at, mneme_clock_now_micros());
    cr_assert_eq(mneme_event_validate(&event, 10000, &error), MNEME_OK, "%s", error.message);
}

Test(event_from_json, reads_the_envelope) {
    read_line("{\"type\":\"memory_deleted\",\"event_id\":\"0190A5F0-7c3e-7cc0-8f3a-5b6d1c2e3f40\",\"tenant\":"
              "\"acme\","
              "\"stream_id\":\"s\",\"expected_version\":0,\"occurred_at\":\"2026-01-02T04:04:05.5+01:00\","
              "\"agent_id\":\"a\",\"user_id\":\"u\",\"run_id\":\"r\",\"conversation_id\":\"c\","
              "\"correlation_id\":\"co\",\"causation_id\":\"ca\",\"actor\":\"me\","
              "\"metadata\":{\"z\":\"s\",\"n\":1.50,\"b\":true,\"nil\":null,\"o\":{ \"x\" : [1] }},"
              "\"payload\":{\"memory_id\":\"0190a5f0-7c3e-7cc0-8f3a-5b6d1c2e3f41\"}}");
    assert_str(event.tenant, "acme");
    assert_str(event.stream_id, "s");
    cr_assert(event.expected_version.is_set);
    cr_assert_eq(event.expected_version.value, 0);
    cr_assert_eq(event.occurred_at, INT64_C(1767323045500000));
    assert_str(event.scope.agent_id, "a");
    assert_str(event.scope.user_id, "u");
    assert_str(event.scope.run_id, "r");
    assert_str(event.scope.conversation_id, "c");
    assert_str(event.correlation_id, "co");
    assert_str(event.causation_id, "ca");
    assert_str(event.actor, "me");
    static const char *const metadata[][2] = {
        {"b", "true"}, {"n", "1.50"}, {"nil", "null"}, {"o", "{\"x\":[1]}"}, {"z", "s"}};
    cr_assert_eq(event.metadata.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_str(event.metadata.items[i].key, metadata[i][0]);
        assert_str(event.metadata.items[i].value, metadata[i][1]);
    }
}

Test(event_from_json, keeps_nothing_of_the_line) {
    char line[] = CREATED_WITH("\"content\":\"likes tea\",\"tags\":[\"a\",\"b\\n\"]");
    read_line(line);
    memset(line, 'X', sizeof line);
    assert_str(event.scope.user_id, "u");
    assert_str(event.payload.memory_created.content, "{\"text\":\"likes tea\"}");
    assert_str(event.payload.memory_created.tags.items[0], "a");
    assert_str(event.payload.memory_created.tags.items[1], "b\n");
}

Test(event_from_json, an_idempotency_key_makes_the_same_ids_each_time) {
    static const char line[] =
        CREATED("\"idempotency_key\":\"k\",\"payload\":{\"memory_type\":\"fact\",\"content\":\"x\"}");
    read_line(line);
    struct mneme_event first = event;
    struct mneme_uuid expected;
    read_line(line);
    cr_assert_eq(mneme_uuid_compare(first.event_id, event.event_id), 0);
    cr_assert_eq(
        mneme_uuid_compare(first.payload.memory_created.memory_id, event.payload.memory_created.memory_id),
        0);
    cr_assert_neq(mneme_uuid_compare(event.event_id, event.payload.memory_created.memory_id), 0);
    cr_assert_eq(mneme_event_id_of_key(&expected, MNEME_STR_LIT("default"), MNEME_STR_LIT("k"), NULL),
                 MNEME_OK);
    cr_assert_eq(mneme_uuid_compare(expected, event.event_id), 0);
    cr_assert_eq(
        mneme_field_id_of_key(&expected, MNEME_STR_LIT("default"), MNEME_STR_LIT("k"), "memory_id", NULL),
        MNEME_OK);
    cr_assert_eq(mneme_uuid_compare(expected, event.payload.memory_created.memory_id), 0);
}

Test(event_from_json, json_inside_is_kept_as_it_is) {
    read_line(CREATED_WITH("\"content\":{ \"text\" : \"a  b\", \"n\":1.50 },"
                           "\"metadata\":{\"big\":123456789012345678901234567890, \"small\":0.1000}"));
    assert_str(event.payload.memory_created.content, "{\"text\":\"a  b\",\"n\":1.50}");
    assert_str(event.payload.memory_created.metadata,
               "{\"big\":123456789012345678901234567890,\"small\":0.1000}");
}

Test(event_from_json, a_null_is_as_good_as_absent) {
    read_line("{\"type\":\"memory_created\",\"user_id\":\"u\",\"agent_id\":null,\"stream_id\":null,"
              "\"metadata\":null,"
              "\"expected_version\":null,\"event_id\":null,\"idempotency_key\":null,\"payload\":{\"memory_"
              "id\":null,"
              "\"memory_type\":\"fact\",\"content\":\"x\",\"confidence\":null,\"tags\":null}}");
    assert_str(event.stream_id, "u");
    cr_assert_eq(event.payload.memory_created.confidence, 1.0);
    cr_assert_not(event.payload.memory_created.tags.is_set);
}

Test(event_from_json, a_conversation_is_that_of_the_scope_unless_named) {
    read_line("{\"type\":\"conversation_turn\",\"user_id\":\"u\",\"conversation_id\":\"c\",\"payload\":{"
              "\"role\":\"user\",\"content\":\"hi\"}}");
    assert_str(event.payload.conversation_turn.conversation_id, "c");
    read_line("{\"type\":\"conversation_turn\",\"user_id\":\"u\",\"conversation_id\":\"c\",\"payload\":{"
              "\"conversation_id\":\"d\",\"role\":\"user\",\"content\":\"hi\"}}");
    assert_str(event.payload.conversation_turn.conversation_id, "d");
}

Test(event_from_json, a_required_time_is_that_of_the_event) {
    read_line("{\"type\":\"memory_accessed\",\"user_id\":\"u\",\"occurred_at\":\"2026-01-02T03:04:05Z\","
              "\"payload\":{"
              "\"memory_ids\":[],\"counts\":[]}}");
    cr_assert_eq(event.payload.memory_accessed.last_accessed_at, event.occurred_at);
}

Test(event_from_json, an_empty_scope_is_left_for_the_check_to_refuse) {
    read_line("{\"type\":\"retention_set\",\"run_id\":\"r\"}");
    cr_assert_null(event.stream_id.data);
    cr_assert_eq(mneme_event_validate(&event, 100, &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "scope is empty"), "%s", error.message);
}

Test(event_from_json, a_priority_has_decimals) {
    read_line(CREATED_WITH("\"content\":\"x\",\"priority\":7.5"));
    cr_assert_eq(event.payload.memory_created.priority, 7.5);
    cr_assert_eq(mneme_event_validate(&event, 10000, &error), MNEME_OK, "%s", error.message);
}

Test(event_from_json, a_decision_is_a_text_or_an_object) {
    read_line(DECIDED_WITH("\"go\""));
    assert_str(event.payload.agent_decision.decision, "go");
    read_line(DECIDED_WITH("{ \"do\" : [1, 2.50] }"));
    assert_str(event.payload.agent_decision.decision, "{\"do\":[1,2.50]}");
    cr_assert_eq(mneme_event_validate(&event, 10000, &error), MNEME_OK, "%s", error.message);
}

Test(event_from_json, a_new_event_says_what_is_usual) {
    read_line(DECIDED_WITH("\"go\",\"urgency\":null"));
    assert_str(event.payload.agent_decision.category, "general");
    assert_str(event.payload.agent_decision.urgency, "normal");
    read_line("{\"type\":\"agent_handoff\",\"user_id\":\"u\",\"payload\":{\"from_agent\":\"a\","
              "\"to_agent\":\"b\",\"topic\":\"t\",\"expected_duration\":\"2 h\"}}");
    const struct mneme_agent_handoff *handoff = &event.payload.agent_handoff;
    assert_str(handoff->reason, "specialist_expertise_required");
    assert_str(handoff->handoff_type, "consultation");
    assert_str(handoff->urgency, "normal");
    assert_str(handoff->expected_duration, "2 h");
    cr_assert(handoff->requires_response.is_set && handoff->requires_response.value);
}

Test(event_from_json, what_is_said_and_answered_is_one_event) {
    read_line(SAID("\"user_message\":\"Hi\",\"agent_response\":\"Hello\""));
    assert_str(event.payload.conversation_turn.role, "user");
    assert_str(event.payload.conversation_turn.content, "Hi");
    assert_str(event.payload.conversation_turn.agent_response, "Hello");
    cr_assert_eq(mneme_event_validate(&event, 10000, &error), MNEME_OK, "%s", error.message);
    read_line(SAID("\"role\":\"user\",\"content\":\"Hi\",\"agent_response\":\"Hello\""));
    assert_str(event.payload.conversation_turn.content, "Hi");
    assert_str(event.payload.conversation_turn.agent_response, "Hello");
}

Test(event_from_json, a_message_by_itself_is_a_turn_of_its_role) {
    read_line(SAID("\"user_message\":\"Hi\""));
    assert_str(event.payload.conversation_turn.role, "user");
    assert_str(event.payload.conversation_turn.content, "Hi");
    cr_assert_null(event.payload.conversation_turn.agent_response.data);
    read_line(SAID("\"agent_response\":\"Hello\",\"role\":\"assistant\""));
    assert_str(event.payload.conversation_turn.role, "assistant");
    assert_str(event.payload.conversation_turn.content, "Hello");
    cr_assert_null(event.payload.conversation_turn.agent_response.data);
}

Test(event_from_json, a_type_of_the_users_own_is_custom) {
    read_line("{\"type\":\"custom\",\"agent_id\":\"a\",\"payload\":{\"type\":\"lunch\",\"json\":[1, "
              "{\"a\":null}]}}");
    assert_str(mneme_event_type_name(&event), "lunch");
    assert_str(event.payload.custom.json, "[1,{\"a\":null}]");
}

/* Every kind of mistake, and what the sentence must say. */
static const struct {
    const char *line;
    const char *says;
} mistakes[] = {
    {"", "not valid JSON"},
    {"{", "not valid JSON"},
    {"{\"type\":\"memory_created\",}", "not valid JSON"},
    {"{\"type\":\"memory_created\"} x", "not valid JSON"},
    {"{\"user_id\":\"\\u0000\"}", "not valid JSON"},
    {"{\"user_id\":\"\xFF\"}", "not valid JSON"},
    {"[1]", "it is an array; give one JSON object"},
    {"\"x\"", "it is a string; give one JSON object"},
    {"{}", "type is missing"},
    {"{\"type\":7}", "type must be a string, not a number"},
    {"{\"type\":null}", "type is missing"},
    {"{\"type\":\"memory_create\"}", "type \"memory_create\" is unknown; did you mean memory_created?"},
    {"{\"type\":\"banana\"}", "type \"banana\" is unknown; a type of your own is"},
    {CREATED("\"users_id\":\"u\""), "unknown key users_id; did you mean user_id?"},
    {CREATED("\"banana\":1"), "unknown key banana; leave it out"},
    {CREATED("\"user_id\":\"v\""), "user_id is given twice"},
    {CREATED("\"scope\":{}"), "unknown key scope"},
    {CREATED("\"payload\":[]"), "payload must be an object, not an array"},
    {CREATED("\"payload\":\"x\""), "payload must be an object, not a string"},
    {CREATED("\"payload\":{}"), "payload.memory_type is missing"},
    {CREATED("\"agent_id\":7"), "agent_id must be a string, not a number"},
    {CREATED("\"expected_version\":\"1\""), "expected_version must be a whole number, not a string"},
    {CREATED("\"expected_version\":1.5"), "expected_version must be a whole number"},
    {CREATED("\"expected_version\":9223372036854775808"), "expected_version must be a whole number"},
    {CREATED("\"occurred_at\":1767323045"), "occurred_at must be a string, not a number"},
    {CREATED("\"occurred_at\":\"yesterday\""), "occurred_at is not a time"},
    {CREATED("\"event_id\":\"x\""), "event_id is not a UUID"},
    {CREATED("\"idempotency_key\":5"), "idempotency_key must be a string"},
    {CREATED("\"idempotency_key\":\"\""), "idempotency_key is empty"},
    {CREATED("\"idempotency_key\":\"k\",\"event_id\":\"0190a5f0-7c3e-7cc0-8f3a-5b6d1c2e3f40\""),
     "are both given"},
    {CREATED("\"metadata\":[]"), "metadata must be an object, not an array"},
    {CREATED("\"metadata\":{\"a\":1,\"b\":2,\"\\u0061\":3}"), "metadata has the key \"a\" twice"},
    {CREATED_WITH("\"confidance\":0.5"), "unknown key payload.confidance; did you mean payload.confidence?"},
    {CREATED_WITH("\"confidence\":1,\"confidence\":1"), "payload.confidence is given twice"},
    {CREATED_WITH("\"content\":7"), "payload.content must be a string or an object, not a number"},
    {CREATED_WITH("\"content\":[]"), "payload.content must be a string or an object, not an array"},
    {CREATED_WITH("\"content\":null"), "payload.content is missing"},
    {CREATED_WITH("\"confidence\":\"high\""), "payload.confidence must be a number, not a string"},
    {CREATED_WITH("\"confidence\":true"), "payload.confidence must be a number, not a boolean"},
    {CREATED_WITH("\"priority\":\"high\""), "payload.priority must be a number, not a string"},
    {DECIDED_WITH("[1]"), "payload.decision must be a string or an object, not an array"},
    {SAID("\"user_message\":\"a\",\"content\":\"b\""), "payload.user_message and content are both given"},
    {SAID("\"user_message\":\"a\",\"role\":\"assistant\""),
     "payload.role must be \"user\" with user_message"},
    {SAID("\"agent_response\":\"a\",\"role\":\"user\""),
     "payload.role must be \"assistant\" with agent_response"},
    {SAID("\"user_mesage\":\"a\""), "unknown key payload.user_mesage; did you mean payload.user_message?"},
    {SAID("\"content\":\"b\""), "payload.role is missing"},
    {SAID("\"role\":\"user\""), "payload.content is missing"},
    {CREATED_WITH("\"memory_id\":\"7\""), "payload.memory_id is not a UUID"},
    {CREATED_WITH("\"metadata\":\"{}\""), "payload.metadata must be an object, not a string"},
    {CREATED_WITH("\"tags\":\"a\""), "payload.tags must be an array, not a string"},
    {CREATED_WITH("\"tags\":{\"a\":1}"), "payload.tags must be an array, not an object"},
    {CREATED_WITH("\"tags\":[\"a\",7]"), "payload.tags must be a string, not a number"},
    {CREATED_WITH("\"tags\":[null]"), "payload.tags must be a string, not null"},
    {CREATED_WITH("\"expires_at\":\"2026-13-01\""), "payload.expires_at is not a time"},
    {"{\"type\":\"memory_updated\",\"user_id\":\"u\",\"payload\":{}}", "payload.memory_id is missing"},
    {"{\"type\":\"conversation_closed\",\"user_id\":\"u\"}", "payload.conversation_id is missing"},
    {"{\"type\":\"hypothesis_validated\",\"user_id\":\"u\",\"payload\":{\"hypothesis_id\":"
     "\"0190a5f0-7c3e-7cc0-8f3a-5b6d1c2e3f40\",\"is_valid\":\"yes\"}}",
     "payload.is_valid must be true or false, not a string"},
    {"{\"type\":\"hypothesis_validated\",\"user_id\":\"u\",\"payload\":{\"hypothesis_id\":"
     "\"0190a5f0-7c3e-7cc0-8f3a-5b6d1c2e3f40\"}}",
     "payload.is_valid is missing"},
    {"{\"type\":\"memory_retrieved\",\"user_id\":\"u\",\"payload\":{\"query\":\"q\",\"memory_ids\":[],"
     "\"scores\":[\"1\"]}}",
     "payload.scores must be a number, not a string"},
    {"{\"type\":\"memory_accessed\",\"user_id\":\"u\",\"payload\":{\"memory_ids\":[],\"counts\":[1.5]}}",
     "payload.counts must be a whole number"},
    {"{\"type\":\"custom\",\"user_id\":\"u\",\"payload\":{\"type\":\"memory_created\",\"json\":1}}",
     "payload.type is a type of Mneme's own"},
};

Test(event_from_json, mistakes_are_refused_by_name) {
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        error.message[0] = '\0';
        cr_assert_eq(
            mneme_event_from_json(&event, &arena, mneme_str_from(mistakes[i].line), "default", &error),
            MNEME_E_INVALID, "accepted: %s", mistakes[i].line);
        cr_assert_eq(error.code, MNEME_E_INVALID);
        cr_assert_not_null(strstr(error.message, mistakes[i].says), "%s\n  says: %s\n  not:  %s",
                           mistakes[i].line, error.message, mistakes[i].says);
    }
}

Test(event_from_json, a_nul_byte_is_refused) {
    static const char line[] = "{\"type\":\"memory_created\",\"user_id\":\"a\0b\"}";
    struct mneme_str text = {line, sizeof line - 1};
    cr_assert_eq(mneme_event_from_json(&event, &arena, text, "default", &error), MNEME_E_INVALID);
}

Test(event_from_json, json_of_any_depth_is_refused_without_harm) {
    static const char begin[] = "{\"type\":";
    static char line[4 << 20];
    for (size_t i = 0; i < sizeof line; i++) {
        line[i] = i < sizeof begin - 1 ? begin[i] : '[';
    }
    struct mneme_str text = {line, sizeof line};
    cr_assert_eq(mneme_event_from_json(&event, &arena, text, "default", &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "deep"), "%s", error.message);
}

Test(event_from_json, every_cut_of_a_line_is_refused) {
    static const char line[] =
        CREATED("\"metadata\":{\"a\":[1,{}]},\"payload\":{\"memory_type\":\"fact\",\"content\":"
                "\"\\u00e9\\ud83d\\ude00é\",\"tags\":[\"x\"],\"confidence\":0.5}");
    for (size_t len = 0; len < sizeof line - 1; len++) {
        char *cut =
            mneme_arena_alloc(&arena, len + 1); /* of its own, so that a sanitizer sees a read beyond */
        memcpy(cut, line, len);
        struct mneme_str text = {cut, len};
        cr_assert_eq(mneme_event_from_json(&event, &arena, text, "default", NULL), MNEME_E_INVALID, "%zu",
                     len);
    }
    read_line(line);
}
