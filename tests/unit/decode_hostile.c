/*
 * Bytes that are no event, or not a whole one: each is refused with a sentence, none is read beyond its end
 * (a sanitizer watches), and none makes the decoder allocate or work beyond what its size warrants.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "schemas/codec.h"
#include "tests/support/sample_event.h"

static struct mneme_arena arena;
static struct mneme_buffer bytes;
static struct mneme_decoder *decoder;
static struct mneme_event event;
static struct mneme_error error;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
    cr_assert_eq(mneme_decoder_compile(&decoder, mneme_event_schema_json, &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_decoder_destroy(decoder);
    mneme_buffer_clean_up(&bytes);
    mneme_arena_clean_up(&arena);
}

TestSuite(decode_hostile, .init = set_up, .fini = tear_down);

/* Decodes a copy that ends where the bytes end, so that a read beyond is seen. */
static int decode_copy(const struct mneme_decoder *by, const char *data, size_t len) {
    char *copy = malloc(len == 0 ? 1 : len);
    cr_assert_not_null(copy);
    memcpy(copy, data, len);
    error.message[0] = '\0';
    int status = mneme_decoder_decode(by, &event, &arena, (struct mneme_str){copy, len}, &error);
    if (status == MNEME_OK) {
        (void)mneme_event_validate(&event, 100, NULL); /* looks at every slice */
    }
    free(copy);
    return status;
}

Test(decode_hostile, an_event_cut_at_any_byte_is_refused) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        struct mneme_event whole;
        mneme_sample_event(&whole, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_FULL);
        mneme_buffer_clear(&bytes);
        mneme_event_encode(&whole, &bytes);
        for (size_t len = 0; len < bytes.len; len++) {
            cr_assert_eq(decode_copy(decoder, bytes.data, len), MNEME_E_INVALID, "%s at %zu",
                         mneme_event_type_text(whole.type), len);
            cr_assert_not_null(strstr(error.message, "cannot decode an event: "), "%s", error.message);
        }
        cr_assert_eq(decode_copy(decoder, bytes.data, bytes.len), MNEME_OK, "%s", error.message);
    }
}

Test(decode_hostile, bytes_behind_the_event_are_refused) {
    struct mneme_event whole;
    mneme_sample_event(&whole, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_REQUIRED);
    mneme_event_encode(&whole, &bytes);
    mneme_buffer_append_byte(&bytes, 0);
    cr_assert_eq(decode_copy(decoder, bytes.data, bytes.len), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "left over"), "%s", error.message);
}

/* The same sequence in each run, so that a failure can be looked at. */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

Test(decode_hostile, an_event_with_changed_bytes_does_no_harm) {
    uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    size_t refused = 0;
    for (int round = 0; round < 20000; round++) {
        struct mneme_event whole;
        mneme_arena_reset(&arena, 1 << 20);
        mneme_sample_event(&whole, &arena,
                           (enum mneme_event_type)(next_random(&state) % MNEME_EVENT_TYPE_COUNT),
                           MNEME_SAMPLE_FULL);
        mneme_buffer_clear(&bytes);
        mneme_event_encode(&whole, &bytes);
        for (uint64_t changes = 1 + next_random(&state) % 4; changes > 0; changes--) {
            bytes.data[next_random(&state) % bytes.len] = (char)next_random(&state);
        }
        int status = decode_copy(decoder, bytes.data, bytes.len);
        cr_assert(status == MNEME_OK || status == MNEME_E_INVALID, "%d: %s", status, error.message);
        refused += status == MNEME_OK ? 0 : 1;
    }
    cr_assert_gt(refused, 1000);
}

Test(decode_hostile, random_bytes_do_no_harm) {
    uint64_t state = UINT64_C(0xD1B54A32D192ED03);
    char random[300];
    for (int round = 0; round < 20000; round++) {
        size_t len = next_random(&state) % sizeof random;
        for (size_t i = 0; i < len; i++) {
            random[i] = (char)next_random(&state);
        }
        mneme_arena_reset(&arena, 1 << 20);
        cr_assert_neq(decode_copy(decoder, random, len), MNEME_OK);
    }
}

/* --- one hostile value --- */

/* A schema of an event whose first field is one that the program does not know, or a known one. */
static struct mneme_decoder *decoder_with_first(const char *field) {
    struct mneme_buffer schema = {0};
    struct mneme_decoder *made = NULL;
    const char *fields = strstr(mneme_event_schema_json, "\"fields\": [") + strlen("\"fields\": [");
    mneme_buffer_append(&schema, mneme_event_schema_json, (size_t)(fields - mneme_event_schema_json));
    mneme_buffer_printf(&schema, "{\"name\":\"first\",\"type\":%s},%s", field, fields);
    mneme_buffer_append_byte(&schema, '\0');
    cr_assert_eq(mneme_decoder_compile(&made, schema.data, &error), MNEME_OK, "%s", error.message);
    mneme_buffer_clean_up(&schema);
    return made;
}

/* Values that must be refused, with what is said of them. */
static const struct {
    const char *type;
    const char *bytes;
    size_t len;
    const char *says;
} hostile[] = {
    {"\"long\"", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10, "more than 64 bits"},
    {"\"long\"", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11, "more than 64 bits"},
    {"\"long\"", "\x80\x80", 2, "end inside a number"},
    {"\"string\"", "\x01", 1, "a length is negative"},
    {"\"string\"",
     "\x08"
     "abc",
     4, "longer than what is left"},
    {"\"bytes\"",
     "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
     "abc",
     13, "longer than what is left"},
    {"\"double\"", "\0\0\0", 3, "end inside"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":1000000}", "abc", 3, "end inside"},
    {"[\"null\",\"int\"]", "\x04", 1, "no such branch"},
    {"[\"null\",\"int\"]", "\x01", 1, "no such branch"},
    {"{\"type\":\"array\",\"items\":\"null\"}", "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\0", 11,
     "more values"},
    {"{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"N\",\"fields\":[]}}",
     "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\0", 11, "more values"},
    {"{\"type\":\"array\",\"items\":\"int\"}", "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\0", 11,
     "end inside"},
    {"{\"type\":\"array\",\"items\":\"int\"}", "\x01\xFE\xFF\x01\0", 5, "longer than what is left"},
    {"{\"type\":\"array\",\"items\":\"int\"}", "\x01\x01\0", 3, "longer than what is left"},
    {"{\"type\":\"array\",\"items\":\"int\"}", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x10", 11,
     "longer than what is left"},
    {"{\"type\":\"map\",\"values\":\"int\"}",
     "\x02\x06"
     "ab",
     4, "longer than what is left"},
    {"{\"type\":\"record\",\"name\":\"Self\",\"fields\":[{\"name\":\"self\",\"type\":\"Self\"}]}", "", 0,
     "too deep"},
};

Test(decode_hostile, values_to_skip_are_bounded) {
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct mneme_decoder *by = decoder_with_first(hostile[i].type);
        cr_assert_eq(decode_copy(by, hostile[i].bytes, hostile[i].len), MNEME_E_INVALID, "case %zu", i);
        cr_assert_not_null(strstr(error.message, hostile[i].says), "case %zu: %s", i, error.message);
        cr_assert_not_null(strstr(error.message, "in first"), "case %zu: %s", i, error.message);
        mneme_decoder_destroy(by);
    }
}

Test(decode_hostile, values_nested_deeper_than_any_of_ours_are_refused) {
    static char open[100000];
    struct mneme_decoder *by = decoder_with_first(
        "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"t\",\"type\":[\"null\",\"T\"]}]}");
    memset(open, 2, sizeof open);
    cr_assert_eq(decode_copy(by, open, sizeof open), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "too deep"), "%s", error.message);
    mneme_decoder_destroy(by);
}

/* An event up to the field `tags` of MemoryCreated, then `tail`. */
static int decode_with_tags(const char *tail, size_t len) {
    struct mneme_event whole;
    struct mneme_buffer with_tags = {0};
    mneme_sample_event(&whole, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_REQUIRED);
    mneme_buffer_clear(&bytes);
    mneme_event_encode(&whole, &bytes);
    whole.payload.memory_created.tags = (struct mneme_str_array){NULL, 0, true};
    mneme_event_encode(&whole, &with_tags);
    size_t same = 0;
    while (bytes.data[same] == with_tags.data[same]) {
        same++;
    }
    bytes.len = same;
    mneme_buffer_append(&bytes, tail, len);
    mneme_buffer_clean_up(&with_tags);
    return decode_copy(decoder, bytes.data, bytes.len);
}

static const struct {
    const char *tail; /* from the branch of the union on */
    size_t len;
    const char *says;
} hostile_tags[] = {
    {"\x02\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11, "more items are announced"},
    {"\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x02\0", 13, "more items are announced"},
    {"\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x40", 12, "longer than what is left"},
    {"\x02\x06\0\0", 4, "more items are announced"},
    {"\x02\x02\x7F", 3, "a length is negative"},
    {"\x04", 1, "no such branch"},
    {"\x01", 1, "no such branch"},
};

Test(decode_hostile, announced_items_are_bounded_by_the_bytes) {
    for (size_t i = 0; i < sizeof hostile_tags / sizeof hostile_tags[0]; i++) {
        size_t before = arena.used_bytes;
        cr_assert_eq(decode_with_tags(hostile_tags[i].tail, hostile_tags[i].len), MNEME_E_INVALID, "case %zu",
                     i);
        cr_assert_not_null(strstr(error.message, hostile_tags[i].says), "case %zu: %s", i, error.message);
        cr_assert_not_null(strstr(error.message, "in tags"), "case %zu: %s", i, error.message);
        cr_assert_lt(arena.used_bytes - before, 100000, "case %zu", i);
    }
}

Test(decode_hostile, no_more_items_than_the_schema_allows_are_read) {
    static char many[3 + 2 * 101];
    /* 101 empty strings in blocks of one, of which 100 are allowed. */
    many[0] = 2;
    for (size_t i = 0; i < 101; i++) {
        many[1 + 2 * i] = 2;
    }
    cr_assert_eq(decode_with_tags(many, sizeof many), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "more items than are allowed"), "%s", error.message);
}

/* The rest of a MemoryCreated behind its tags: entities null, confidence, importance, priority, tier,
 * expires_at and reason null. A double takes eight bytes. */
#define REST_OF_MEMORY                                                                                       \
    "\0"                                                                                                     \
    "\0\0\0\0\0\0\0\0"                                                                                       \
    "\0\0\0\0\0\0\0\0"                                                                                       \
    "\0\0\0\0\0\0\0\0"                                                                                       \
    "\x08warm"                                                                                               \
    "\0"                                                                                                     \
    "\0"

Test(decode_hostile, items_in_many_blocks_and_blocks_with_sizes_are_read) {
    static const char tail[] = "\x02"
                               "\x02\x02"
                               "a"
                               "\x03\x08\x02"
                               "b\x02"
                               "c"
                               "\0" REST_OF_MEMORY;
    cr_assert_eq(decode_with_tags(tail, sizeof tail - 1), MNEME_OK, "%s", error.message);
    const struct mneme_str_array *tags = &event.payload.memory_created.tags;
    cr_assert_eq(tags->count, 3);
}

Test(decode_hostile, a_text_that_is_no_uuid_is_refused) {
    cr_assert_eq(decode_copy(decoder,
                             "\x06"
                             "abc",
                             4),
                 MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "not a UUID at byte 0 of 4, in event_id"), "%s", error.message);
}

Test(decode_hostile, a_whole_number_of_more_than_32_bits_is_no_int) {
    static const char tail[] = "\x02"                 /* max_age_days is no null */
                               "\x80\x80\x80\x80\x10" /* 2^31 */
                               "\0\0";
    struct mneme_event whole;
    mneme_sample_event(&whole, &arena, MNEME_EVENT_RETENTION_SET, MNEME_SAMPLE_REQUIRED);
    mneme_buffer_clear(&bytes);
    mneme_event_encode(&whole, &bytes);
    bytes.len -= 3; /* max_age_days, score_threshold and reason are null */
    mneme_buffer_append(&bytes, tail, sizeof tail - 1);
    cr_assert_eq(decode_copy(decoder, bytes.data, bytes.len), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "more than 32 bits"), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "in max_age_days"), "%s", error.message);
}
