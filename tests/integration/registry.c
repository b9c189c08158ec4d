/*
 * Framing through a real schema registry: what one process registers another finds, and what the registry
 * refuses is told with its reason. Needs MNEME_STACK_REGISTRY_URL, as `ops/stack env` gives it.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

#include "schemas/codec.h"
#include "schemas/registry.h"
#include "tests/support/avro_oracle.h"
#include "tests/support/fixture.h"
#include "tests/support/sample_event.h"

static struct mneme_fixture fixture;
static struct mneme_registry *registry;
static struct mneme_arena arena;
static struct mneme_buffer message;
static struct mneme_error error;
static char subject[128];

static void set_up(void) {
    const char *url = getenv("MNEME_STACK_REGISTRY_URL");
    cr_assert_not_null(url, "MNEME_STACK_REGISTRY_URL is not set: ops/stack up registry");
    cr_assert_eq(mneme_fixture_set_up(&fixture, 0, 0, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(
        mneme_config_set(fixture.config, MNEME_SETTING_SCHEMA_REGISTRY_URL, url, MNEME_FROM_OPTION, &error),
        MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_registry_new(&registry, url, 10000, &error), MNEME_OK, "%s", error.message);
    (void)snprintf(subject, sizeof subject, "%sevents-value", fixture.topic_prefix);
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_registry_destroy(registry);
    mneme_buffer_clean_up(&message);
    mneme_arena_clean_up(&arena);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(registry, .init = set_up, .fini = tear_down, .timeout = 60);

static struct mneme_codec *open_codec(void) {
    struct mneme_codec *codec = NULL;
    cr_assert_eq(mneme_codec_new(&codec, fixture.config, &error), MNEME_OK, "%s", error.message);
    return codec;
}

static void assert_decodes_to(const struct mneme_event *event) {
    struct mneme_event back;
    struct mneme_codec *reader = open_codec();
    cr_assert_eq(mneme_codec_decode(reader, &back, &arena, mneme_buffer_str(&message), &error), MNEME_OK,
                 "%s", error.message);
    cr_assert_null(mneme_events_differ(event, &back), "%s", mneme_events_differ(event, &back));
    mneme_codec_destroy(reader);
}

Test(registry, what_one_codec_writes_another_reads_by_id) {
    struct mneme_codec *writer = open_codec();
    struct mneme_event event;
    struct mneme_frame frame;
    cr_assert_eq(mneme_codec_prepare_writing(writer, &error), MNEME_OK, "%s", error.message);
    mneme_sample_event(&event, &arena, MNEME_EVENT_CONVERSATION_TURN, MNEME_SAMPLE_FULL);
    cr_assert_eq(mneme_codec_encode(writer, &event, &message, &error), MNEME_OK, "%s", error.message);
    mneme_codec_destroy(writer);
    cr_assert_eq(mneme_frame_read(&frame, mneme_buffer_str(&message), NULL), MNEME_OK);
    cr_assert_eq(frame.framing, MNEME_FRAMING_CONFLUENT);
    assert_decodes_to(&event);
}

Test(registry, the_same_schema_has_the_same_id_each_time) {
    int32_t first;
    int32_t second;
    cr_assert_eq(mneme_registry_register(&first, registry, subject, mneme_event_schema_json, &error),
                 MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_registry_register(&second, registry, subject, mneme_event_schema_json, &error),
                 MNEME_OK, "%s", error.message);
    cr_assert_eq(first, second);
}

Test(registry, events_of_another_version_are_read_through_the_registry) {
    json_t *schema = json_loads(mneme_event_schema_json, 0, NULL);
    json_t *field = json_pack("{s:s, s:s, s:s}", "name", "mood", "type", "string", "default", "calm");
    cr_assert_eq(json_array_insert_new(json_object_get(schema, "fields"), 0, field), 0);
    char *text = json_dumps(schema, 0);
    struct mneme_oracle oracle;
    struct mneme_event event;
    int32_t id;
    cr_assert_eq(mneme_registry_register(&id, registry, subject, text, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert(mneme_oracle_open(&oracle, text));
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_UPDATED, MNEME_SAMPLE_FULL);
    mneme_frame_write_confluent(&message, id);
    cr_assert(mneme_oracle_encode(&oracle, &event, &message));
    assert_decodes_to(&event);
    mneme_oracle_close(&oracle);
    free(text);
    json_decref(schema);
}

Test(registry, an_incompatible_subject_refuses_the_writer_with_its_reason) {
    struct mneme_codec *writer = open_codec();
    int32_t id;
    cr_assert_eq(mneme_registry_register(
                     &id, registry, subject,
                     "{\"type\":\"record\",\"name\":\"Event\",\"namespace\":\"mneme\",\"fields\":[]}",
                     &error),
                 MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_codec_prepare_writing(writer, &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "answered 409"), "%s", error.message);
    mneme_codec_destroy(writer);
}

Test(registry, an_id_that_it_never_gave_stops_the_reader) {
    struct mneme_codec *reader = open_codec();
    struct mneme_event event;
    mneme_frame_write_confluent(&message, INT32_MAX);
    cr_assert_eq(mneme_codec_decode(reader, &event, &arena, mneme_buffer_str(&message), &error),
                 MNEME_E_INVALID, "nothing behind it is an event: %s", error.message);
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    mneme_event_encode(&event, &message);
    cr_assert_eq(mneme_codec_decode(reader, &event, &arena, mneme_buffer_str(&message), &error),
                 MNEME_E_UNKNOWN_SCHEMA, "%s", error.message);
    mneme_codec_destroy(reader);
}

Test(registry, nobody_there_is_told_to_the_writer_within_its_time) {
    cr_assert_eq(mneme_config_set(fixture.config, MNEME_SETTING_SCHEMA_REGISTRY_URL, "http://127.0.0.1:1",
                                  MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    struct mneme_codec *writer = open_codec();
    cr_assert_eq(mneme_codec_prepare_writing(writer, &error), MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "http://127.0.0.1:1 does not answer"), "%s", error.message);
    mneme_codec_destroy(writer);
}
