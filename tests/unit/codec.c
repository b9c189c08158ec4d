/*
 * Events to bytes and back, against Avro C in both directions, and the codec that puts a frame around them.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "schemas/codec.h"
#include "tests/support/avro_oracle.h"
#include "tests/support/sample_event.h"

static struct mneme_arena arena;
static struct mneme_buffer bytes;
static struct mneme_oracle oracle;
static struct mneme_decoder *decoder;

static void set_up(void) {
    struct mneme_error error = {0};
    mneme_arena_init(&arena, 0);
    cr_assert_eq(mneme_decoder_compile(&decoder, mneme_event_schema_json, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert(mneme_oracle_open(&oracle, mneme_event_schema_json), "%s", avro_strerror());
}

static void tear_down(void) {
    mneme_oracle_close(&oracle);
    mneme_decoder_destroy(decoder);
    mneme_buffer_clean_up(&bytes);
    mneme_arena_clean_up(&arena);
}

TestSuite(codec, .init = set_up, .fini = tear_down);

static void assert_decodes_to(const struct mneme_event *event, const char *what) {
    struct mneme_event back;
    struct mneme_error error = {0};
    memset(&back, 0xAB, sizeof back);
    cr_assert_eq(mneme_decoder_decode(decoder, &back, &arena, mneme_buffer_str(&bytes), &error), MNEME_OK,
                 "%s: %s", what, error.message);
    cr_assert_null(mneme_events_differ(event, &back), "%s: %s", what, mneme_events_differ(event, &back));
}

/* Our bytes mean the event to Avro C; Avro C's bytes and ours mean it to us. */
static void assert_both_ways(const struct mneme_event *event) {
    const char *what = mneme_event_type_text(event->type);
    mneme_buffer_clear(&bytes);
    mneme_event_encode(event, &bytes);
    cr_assert_not(bytes.failed);
    const char *differs = mneme_oracle_compare(&oracle, mneme_buffer_str(&bytes), event);
    cr_assert_null(differs, "%s, read by Avro C: %s", what, differs);
    assert_decodes_to(event, what);

    mneme_buffer_clear(&bytes);
    cr_assert(mneme_oracle_encode(&oracle, event, &bytes));
    assert_decodes_to(event, what);
}

Test(codec, every_type_agrees_with_avro_c) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        struct mneme_event event;
        mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_REQUIRED);
        assert_both_ways(&event);
        mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_FULL);
        assert_both_ways(&event);
    }
}

Test(codec, each_field_alone_agrees_with_avro_c) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        const struct mneme_record_info *info = &mneme_payload_info[type];
        for (size_t i = 0; i < info->field_count; i++) {
            struct mneme_event event;
            mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_REQUIRED);
            mneme_sample_field(&event.payload, &info->fields[i], &arena);
            assert_both_ways(&event);
        }
    }
}

Test(codec, numbers_of_every_length_agree_with_avro_c) {
    struct mneme_event event;
    mneme_sample_event(&event, &arena, MNEME_EVENT_CONVERSATION_TURN, MNEME_SAMPLE_FULL);
    for (int shift = 0; shift < 64; shift++) {
        for (int delta = -1; delta <= 1; delta++) {
            int64_t value = (int64_t)((UINT64_C(1) << shift) + (uint64_t)delta);
            event.expected_version.value = value;
            assert_both_ways(&event);
            event.expected_version.value = (int64_t)(0 - (uint64_t)value);
            assert_both_ways(&event);
        }
    }
}

Test(codec, strings_point_into_the_message) {
    struct mneme_event event;
    struct mneme_event back;
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    mneme_event_encode(&event, &bytes);
    cr_assert_eq(mneme_decoder_decode(decoder, &back, &arena, mneme_buffer_str(&bytes), NULL), MNEME_OK);
    const char *content = back.payload.memory_created.content.data;
    cr_assert(content > bytes.data && content < bytes.data + bytes.len);
}

static struct mneme_codec *open_codec(const char *registry_url) {
    struct mneme_config *config = NULL;
    struct mneme_codec *codec = NULL;
    struct mneme_error error = {0};
    cr_assert_eq(unsetenv("SCHEMA_REGISTRY_URL"), 0);
    cr_assert_eq(mneme_config_load(&config, "/dev/null", &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(
        mneme_config_set(config, MNEME_SETTING_SCHEMA_REGISTRY_URL, registry_url, MNEME_FROM_OPTION, &error),
        MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_codec_new(&codec, config, &error), MNEME_OK, "%s", error.message);
    mneme_config_destroy(config);
    return codec;
}

Test(codec, without_a_registry_writes_and_reads_single_objects) {
    struct mneme_codec *codec = open_codec("");
    struct mneme_event event;
    struct mneme_event back;
    struct mneme_error error = {0};
    struct mneme_frame frame;
    uint64_t fingerprint;
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    cr_assert_eq(mneme_codec_prepare_writing(codec, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_codec_encode(codec, &event, &bytes, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_frame_read(&frame, mneme_buffer_str(&bytes), NULL), MNEME_OK);
    cr_assert_eq(frame.framing, MNEME_FRAMING_SINGLE_OBJECT);
    cr_assert_eq(mneme_schema_fingerprint(&fingerprint, mneme_event_schema_json, NULL), MNEME_OK);
    cr_assert_eq(frame.fingerprint, fingerprint);
    cr_assert_eq(mneme_codec_decode(codec, &back, &arena, mneme_buffer_str(&bytes), &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_null(mneme_events_differ(&event, &back));
    mneme_codec_destroy(codec);
}

Test(codec, a_fingerprint_of_no_released_schema_stops_the_reader) {
    struct mneme_codec *codec = open_codec("");
    struct mneme_event event;
    struct mneme_error error = {0};
    mneme_frame_write_single_object(&bytes, 42);
    mneme_buffer_append(&bytes, "anything", 8);
    cr_assert_eq(mneme_codec_decode(codec, &event, &arena, mneme_buffer_str(&bytes), &error),
                 MNEME_E_UNKNOWN_SCHEMA);
    cr_assert_not_null(strstr(error.message, "000000000000002a"), "%s", error.message);
    mneme_codec_destroy(codec);
}

Test(codec, a_registry_id_without_a_registry_stops_the_reader) {
    struct mneme_codec *codec = open_codec("");
    struct mneme_event event;
    struct mneme_error error = {0};
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    mneme_frame_write_confluent(&bytes, 7);
    mneme_event_encode(&event, &bytes);
    cr_assert_eq(mneme_codec_decode(codec, &event, &arena, mneme_buffer_str(&bytes), &error),
                 MNEME_E_UNKNOWN_SCHEMA);
    cr_assert_not_null(strstr(error.message, "SCHEMA_REGISTRY_URL"), "%s", error.message);
    mneme_codec_destroy(codec);
}

Test(codec, what_only_begins_as_a_frame_of_a_registry_is_no_event) {
    static const struct mneme_str bodies[] = {
        {"", 0},
        {"garbage", 7},
        {"\0\0\0\0\0\0\0\0", 8},
        {"\x48", 1},
        {"\x48"
         "0190a5a0-0000-7000-8000-00000000001",
         36},
        {"\x48"
         "0190a5a0_0000-7000-8000-000000000012",
         37},
        {"\x46"
         "0190a5a0-0000-7000-8000-000000000012",
         37},
    };
    struct mneme_codec *codec = open_codec("");
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct mneme_event event;
        struct mneme_error error = {0};
        mneme_buffer_clear(&bytes);
        mneme_frame_write_confluent(&bytes, (int32_t)i - 1);
        mneme_buffer_append_str(&bytes, bodies[i]);
        cr_assert_eq(mneme_codec_decode(codec, &event, &arena, mneme_buffer_str(&bytes), &error),
                     MNEME_E_INVALID, "case %zu", i);
        cr_assert_not_null(strstr(error.message, "not an event: "), "%s", error.message);
    }
    mneme_codec_destroy(codec);
}

Test(codec, bytes_without_a_frame_are_invalid) {
    struct mneme_codec *codec = open_codec("");
    struct mneme_event event;
    cr_assert_eq(mneme_codec_decode(codec, &event, &arena, MNEME_STR_LIT("hello"), NULL), MNEME_E_INVALID);
    mneme_codec_destroy(codec);
}
