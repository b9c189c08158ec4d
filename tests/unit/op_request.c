/*
 * Requests: fields by name, as text and as JSON; what makes a request complete; and the events of a write.
 */
#include <criterion/criterion.h>

#include "common/base/uuid.h"
#include "operations/catalogue.h"
#include "operations/events.h"

static struct mneme_config *config;
static struct mneme_op_request request;
static struct mneme_error error;

static void set_up(void) {
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_op_request_clean_up(&request);
    mneme_config_destroy(config);
}

TestSuite(op_request, .init = set_up, .fini = tear_down);

static void begin(const char *name) {
    const struct mneme_operation *operation = mneme_op_by_name(mneme_str_from(name));
    cr_assert_not_null(operation, "%s", name);
    mneme_op_request_init(&request, operation, config);
}

static int read_json(const char *object) {
    return mneme_op_request_read(&request, mneme_str_from(object), &error);
}

static void refuse(const char *object, const char *part) {
    error.message[0] = '\0';
    cr_expect_eq(read_json(object), MNEME_E_USAGE, "%s: %s", object, error.message);
    cr_expect_not_null(strstr(error.message, part), "%s: '%s'", object, error.message);
}

static const struct mneme_op_value *value_of(const char *name) {
    struct mneme_op_slot slot;
    cr_assert_eq(mneme_op_request_find(&slot, &request, mneme_str_from(name), &error), MNEME_OK, "%s",
                 error.message);
    return slot.value;
}

static void set(const char *name, const char *text) {
    struct mneme_op_slot slot;
    cr_assert_eq(mneme_op_request_find(&slot, &request, mneme_str_from(name), &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_op_request_set(&request, &slot, mneme_str_from(text), &error), MNEME_OK, "%s",
                 error.message);
}

Test(op_request, json_and_text_give_the_same_values) {
    begin("memory.add");
    cr_assert_eq(read_json("{\"text\":\"caf\\u00e9\",\"user_id\":\"ada\",\"tags\":[\"a\",\"b\"],"
                           "\"confidence\":0.25,\"metadata\":{\"k\":[1,2]},\"term\":null}"),
                 MNEME_OK, "%s", error.message);
    cr_assert(mneme_str_equal(value_of("text")->text, MNEME_STR_LIT("café")));
    cr_assert_eq(value_of("tags")->list.count, 2);
    cr_assert_eq(value_of("confidence")->fraction, 0.25);
    cr_assert(mneme_str_equal(value_of("metadata")->text, MNEME_STR_LIT("{\"k\":[1,2]}")));
    cr_assert_not(value_of("term")->is_set, "null leaves a field unset");
    set("tags", "x, y,z");
    cr_assert_eq(value_of("tags")->list.count, 5, "values of a list add up");
    cr_assert(mneme_str_equal(value_of("tags")->list.items[3], MNEME_STR_LIT("y")));
}

Test(op_request, positions_add_up) {
    begin("dead-letters.show");
    cr_assert_eq(read_json("{\"positions\":[\"3:17\",\"0:4\"]}"), MNEME_OK, "%s", error.message);
    set("positions", "1:2, 1:3");
    const struct mneme_op_value *value = value_of("positions");
    cr_assert_eq(value->positions.count, 4);
    cr_assert(value->positions.items[0].partition == 3 && value->positions.items[0].offset == 17);
    cr_assert(value->positions.items[3].partition == 1 && value->positions.items[3].offset == 3);
    refuse("{\"positions\":[\"last\"]}", "not a position");
    refuse("{\"positions\":\"3\"}", "partition:offset");
    set("positions", "last");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_E_USAGE, "nobody wrote what is parked");
}

Test(op_request, a_field_is_found_by_its_option_too) {
    begin("memory.list");
    set("type", "fact");
    cr_assert_eq(value_of("memory_types")->list.count, 1);
    set("user", "ada");
    cr_assert(mneme_str_equal(request.common[MNEME_OP_USER].text, MNEME_STR_LIT("ada")));
}

Test(op_request, bad_input_is_refused_by_name) {
    begin("memory.add");
    refuse("[]", "give a JSON object");
    refuse("{", "not JSON");
    refuse("{\"tgas\":\"a\"}", "did you mean tags?");
    refuse("{\"tags\":[1]}", "an array of strings");
    refuse("{\"text\":{\"a\":1}}", "a single value");
    refuse("{\"confidence\":2}", "from 0 to 1");
    refuse("{\"confidence\":\"high\"}", "from 0 to 1");
    refuse("{\"memory_id\":\"7\"}", "not a UUID");
    refuse("{\"term\":\"short\"}", "short_term or long_term");
    refuse("{\"wait\":\"redis\"}", "give postgres");
}

Test(op_request, input_of_an_event_is_refused_as_input) {
    begin("memory.add");
    cr_assert_eq(read_json("{\"metadata\":\"[]\"}"), MNEME_E_INVALID, "%s", error.message);
}

Test(op_request, is_complete_when_it_says_whose_data) {
    begin("memory.list");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "give user_id, agent_id, run_id or conversation_id, or all"),
                       "%s", error.message);
    set("all", "true");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_OK, "%s", error.message);
    set("user_id", "ada");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_E_USAGE, "both would be two answers");
}

Test(op_request, an_empty_id_is_nobody) {
    begin("memory.delete");
    set("all", "true");
    set("user_id", "");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_E_UNSAFE, "%s", error.message);
}

Test(op_request, a_required_field_is_asked_for) {
    begin("memory.prioritize");
    set("memory_ids", "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "boost_factor is missing"), "%s", error.message);
}

Test(op_request, a_write_makes_an_event_of_the_request_alone) {
    struct mneme_op_events events;
    begin("memory.add");
    cr_assert_eq(read_json("{\"text\":\"tea\",\"user_id\":\"ada\",\"tags\":[\"a\"],\"confidence\":0.5,"
                           "\"idempotency_key\":\"k\",\"actor\":\"me\",\"expected_version\":3}"),
                 MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_OK, "%s", error.message);
    cr_assert(mneme_op_request_is_write(&request));
    cr_assert_eq(mneme_op_events_make(&events, &request, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(events.count, 1);
    const struct mneme_event *event = &events.items[0];
    const struct mneme_memory_created *memory = &event->payload.memory_created;
    cr_expect(mneme_str_equal(event->tenant, MNEME_STR_LIT("default")));
    cr_expect(mneme_str_equal(event->scope.user_id, MNEME_STR_LIT("ada")));
    cr_expect(mneme_str_equal(event->actor, MNEME_STR_LIT("me")));
    cr_expect(mneme_str_equal(memory->content, MNEME_STR_LIT("{\"text\":\"tea\"}")));
    cr_expect(mneme_str_equal(memory->memory_type, MNEME_STR_LIT("fact")), "the field's fallback");
    cr_expect_eq(memory->confidence, 0.5);
    cr_expect_eq(memory->importance, 0.5, "the payload's default");
    cr_expect_eq(memory->tags.count, 1);
    cr_expect_eq(event->expected_version.value, 3);
    struct mneme_uuid expected;
    cr_assert_eq(mneme_event_id_of_key(&expected, event->tenant, MNEME_STR_LIT("k"), &error), MNEME_OK);
    cr_expect_arr_eq(expected.bytes, event->event_id.bytes, sizeof expected.bytes);
}

Test(op_request, one_event_for_each_memory) {
    struct mneme_op_events events;
    begin("memory.promote");
    set("memory_ids", "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e,018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5f");
    set("user_id", "ada");
    set("reason", "often");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_op_events_make(&events, &request, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(events.count, 2);
    cr_assert(mneme_str_equal(events.items[1].payload.memory_promoted.reason, MNEME_STR_LIT("often")));
    cr_assert_eq(events.items[1].payload.memory_promoted.memory_id.bytes[15], 0x5f);
    cr_assert_neq(memcmp(&events.items[0].event_id, &events.items[1].event_id, sizeof(struct mneme_uuid)), 0);
    set("idempotency_key", "k");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_E_USAGE, "one key is for one event");
}

/* --- working memory --- */

Test(op_request, a_setting_gives_what_is_not_given) {
    struct mneme_op_events events;
    static const char request_text[] =
        "{\"key\":\"k\",\"value\":{\"a\":1},\"user_id\":\"ada\",\"conversation_id\":\"c\"}";
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_CONTEXT_TTL_S, "60", MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    begin("context.set");
    cr_assert_eq(read_json(request_text), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_op_events_make(&events, &request, &error), MNEME_OK, "%s", error.message);
    const struct mneme_context_set *written = &events.items[0].payload.context_set;
    cr_expect_eq(written->ttl_s, 60);
    cr_expect(mneme_str_equal(written->value, MNEME_STR_LIT("{\"a\":1}")));
    cr_expect(mneme_str_equal(written->conversation_id, MNEME_STR_LIT("c")));
    mneme_op_request_clean_up(&request);
    begin("context.set");
    cr_assert_eq(read_json(request_text), MNEME_OK, "%s", error.message);
    set("ttl_s", "0");
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_op_events_make(&events, &request, &error), MNEME_OK, "%s", error.message);
    cr_expect_eq(events.items[0].payload.context_set.ttl_s, 0);
}

Test(op_request, a_context_of_its_own_belongs_to_no_conversation) {
    static const char *const verbs[] = {"context.set", "context.append", "context.delete", "context.clear"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct mneme_op_events events;
        struct mneme_op_slot slot;
        begin(verbs[i]);
        cr_assert_eq(read_json("{\"context_id\":\"trip\",\"agent_id\":\"bot\"}"), MNEME_OK, "%s",
                     error.message);
        for (size_t j = 0; mneme_op_request_slot(&slot, &request, j); j++) {
            if ((slot.field->flags & MNEME_OP_REQUIRED) != 0) {
                set(slot.field->name, "1");
            }
        }
        cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_OK, "%s", error.message);
        cr_assert_eq(mneme_op_events_make(&events, &request, &error), MNEME_OK, "%s", error.message);
        const struct mneme_event *event = &events.items[0];
        const struct mneme_field_info *field =
            mneme_record_field(&mneme_payload_info[event->type], "conversation_id");
        const void *id = (const char *)&event->payload + field->offset;
        cr_expect_eq(events.count, 1);
        cr_expect_null(event->scope.conversation_id.data, "%s", verbs[i]);
        cr_expect(mneme_str_equal(*(const struct mneme_str *)id, MNEME_STR_LIT("trip")), "%s", verbs[i]);
        set("conversation_id", "c");
        cr_expect_eq(mneme_op_request_complete(&request, &error), MNEME_E_USAGE);
        cr_expect_not_null(strstr(error.message, "both context_id and conversation_id"), "%s", error.message);
        mneme_op_request_clean_up(&request);
    }
}

static void refuse_whole(const char *name, const char *object, const char *part) {
    begin(name);
    cr_assert_eq(read_json(object), MNEME_OK, "%s", error.message);
    cr_expect_eq(mneme_op_request_complete(&request, &error), MNEME_E_USAGE, "%s", object);
    cr_expect_not_null(strstr(error.message, part), "%s: '%s'", object, error.message);
    mneme_op_request_clean_up(&request);
}

Test(op_request, working_memory_has_a_conversation_and_a_stream) {
    refuse_whole("working.turn", "{\"content\":\"hi\",\"user_id\":\"ada\"}", "give conversation_id");
    refuse_whole("context.clear", "{\"conversation_id\":\"c\"}", "give user_id, agent_id or stream_id");
    refuse_whole("context.clear", "{\"context_id\":\"c\"}", "give user_id, agent_id or stream_id");
    refuse_whole("working.goal", "{\"user_id\":\"ada\",\"conversation_id\":\"c\"}", "or none");
    refuse_whole("working.goal",
                 "{\"goal\":\"win\",\"none\":true,\"user_id\":\"ada\",\"conversation_id\":\"c\"}",
                 "give one of them");
    begin("working.goal");
    cr_assert_eq(read_json("{\"none\":true,\"user_id\":\"ada\",\"conversation_id\":\"c\"}"), MNEME_OK, "%s",
                 error.message);
    struct mneme_op_events events;
    cr_assert_eq(mneme_op_request_complete(&request, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_op_events_make(&events, &request, &error), MNEME_OK, "%s", error.message);
    cr_expect_null(events.items[0].payload.working_goal_set.goal.data);
}
