/*
 * Events as JSON and back: what is written is read as the same event.
 */
#include <criterion/criterion.h>

#include "tests/support/sample_event.h"

static struct mneme_arena arena;
static struct mneme_buffer out;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&out);
}

TestSuite(event_json, .init = set_up, .fini = tear_down);

static const char *json_of(const struct mneme_event *event) {
    struct mneme_json_writer json = {.out = &out};
    mneme_buffer_clear(&out);
    mneme_event_json(event, &json);
    mneme_buffer_append_byte(&out, '\0');
    out.len--;
    return out.data;
}

static void assert_round_trip(const struct mneme_event *event) {
    struct mneme_event back;
    struct mneme_error error = {0};
    const char *json = json_of(event);
    cr_assert_eq(mneme_event_from_json(&back, &arena, mneme_buffer_str(&out), "other", &error), MNEME_OK,
                 "%s: %s", error.message, json);
    cr_assert_null(mneme_events_differ(event, &back), "%s of %s", mneme_events_differ(event, &back), json);
}

Test(event_json, every_type_reads_back_as_it_was) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        struct mneme_event event;
        mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_FULL);
        assert_round_trip(&event);
        mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_REQUIRED);
        assert_round_trip(&event);
    }
}

Test(event_json, each_field_alone_reads_back_as_it_was) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        const struct mneme_record_info *info = &mneme_payload_info[type];
        for (size_t i = 0; i < info->field_count; i++) {
            struct mneme_event event;
            mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_REQUIRED);
            mneme_sample_field(&event.payload, &info->fields[i], &arena);
            assert_round_trip(&event);
        }
    }
}

Test(event_json, has_the_documented_form) {
    struct mneme_event event;
    mneme_event_prepare(&event, MNEME_EVENT_MEMORY_CREATED);
    struct mneme_memory_created *created = &event.payload.memory_created;
    event.tenant = MNEME_STR_LIT("acme");
    event.stream_id = event.scope.user_id = MNEME_STR_LIT("u1");
    event.occurred_at = INT64_C(1767323045000001);
    event.expected_version = (struct mneme_opt_long){3, true};
    created->memory_type = MNEME_STR_LIT("fact");
    created->content = MNEME_STR_LIT("{\"text\":\"likes \\\"tea\\\"\"}");
    created->metadata = MNEME_STR_LIT("{\"n\": 1.50,\n\"big\": 12345678901234567890}");
    cr_assert_str_eq(json_of(&event),
                     "{\"type\":\"memory_created\",\"event_id\":\"00000000-0000-0000-0000-000000000000\","
                     "\"tenant\":\"acme\",\"stream_id\":\"u1\",\"expected_version\":3,"
                     "\"occurred_at\":\"2026-01-02T03:04:05.000001Z\",\"user_id\":\"u1\",\"payload\":{"
                     "\"memory_id\":\"00000000-0000-0000-0000-000000000000\",\"memory_type\":\"fact\","
                     "\"content\":{\"text\":\"likes \\\"tea\\\"\"},"
                     "\"metadata\":{\"n\": 1.50, \"big\": 12345678901234567890},"
                     "\"confidence\":1,\"importance\":0.5,\"priority\":5,\"tier\":\"warm\"}}");
}

/* The decision, as the event's JSON has it. */
static const char *decision_of(int schema_version, struct mneme_str decision) {
    struct mneme_event event;
    mneme_event_prepare(&event, MNEME_EVENT_AGENT_DECISION);
    event.schema_version = schema_version;
    event.payload.agent_decision.decision = decision;
    return strstr(json_of(&event), "\"decision\":");
}

Test(event_json, a_decision_that_is_an_object_is_one_since_version_2) {
    static const char go[] = "{\"go\":1}";
    cr_assert(strstr(decision_of(2, mneme_str_from(go)), "\"decision\":{\"go\":1}") != NULL);
    cr_assert(strstr(decision_of(1, mneme_str_from(go)), "\"decision\":\"{\\\"go\\\":1}\"") != NULL);
    cr_assert(strstr(decision_of(2, MNEME_STR_LIT("{go}")), "\"decision\":\"{go}\"") != NULL);
}

Test(event_json, is_one_line_whatever_the_content) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        struct mneme_event event;
        mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_FULL);
        const char *json = json_of(&event);
        cr_assert_null(strpbrk(json, "\r\n"), "%s", json);
        cr_assert_null(memchr(json, '\0', out.len));
    }
}

Test(event_json, the_payload_alone_is_the_payload_of_the_whole) {
    struct mneme_event event;
    struct mneme_buffer payload = {0};
    struct mneme_json_writer json = {.out = &payload};
    mneme_sample_event(&event, &arena, MNEME_EVENT_AGENT_DECISION, MNEME_SAMPLE_FULL);
    mneme_event_payload_json(&event, &json);
    mneme_buffer_append_byte(&payload, '\0');
    cr_assert_not_null(strstr(json_of(&event), payload.data));
    mneme_buffer_clean_up(&payload);
}
