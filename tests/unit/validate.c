/*
 * The limits of the schema: each at, below and above what is allowed. Most are driven from the descriptors,
 * so that a limit in the schema that the code does not keep fails here.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/json/check.h"
#include "tests/support/sample_event.h"

#define CONTENT_MAX 100

static struct mneme_arena arena;
static struct mneme_event event;
static struct mneme_error error;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(validate, .init = set_up, .fini = tear_down);

static void assert_valid(const char *what) {
    cr_assert_eq(mneme_event_validate(&event, CONTENT_MAX, &error), MNEME_OK, "%s: %s", what, error.message);
}

static void assert_refused(const char *what, const char *says) {
    error.message[0] = '\0';
    cr_assert_eq(mneme_event_validate(&event, CONTENT_MAX, &error), MNEME_E_INVALID, "%s was accepted", what);
    cr_assert_not_null(strstr(error.message, says), "%s: \"%s\" says nothing of \"%s\"", what, error.message,
                       says);
}

/* `count` times the same character, of one byte or more. */
static struct mneme_str repeat(const char *character, size_t count) {
    size_t size = strlen(character);
    char *text = mneme_arena_alloc(&arena, count * size + 1);
    for (size_t i = 0; i < count * size; i++) {
        text[i] = character[i % size];
    }
    return (struct mneme_str){text, count * size};
}

/* Calls `check` with every field of every payload, and of the envelope, of a valid full event. */
static void for_each_field(void (*check)(void *record, const struct mneme_field_info *field)) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        const struct mneme_record_info *info = &mneme_payload_info[type];
        for (size_t i = 0; i < info->field_count; i++) {
            mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_FULL);
            check(&event.payload, &info->fields[i]);
        }
    }
    for (size_t i = 0; i < mneme_envelope_info.field_count; i++) {
        const struct mneme_field_info *field = &mneme_envelope_info.fields[i];
        const struct mneme_record_info *nested = field->record;
        for (size_t j = 0; j < (nested == NULL ? 1 : nested->field_count); j++) {
            mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_DELETED, MNEME_SAMPLE_FULL);
            check(nested == NULL ? (void *)&event : (char *)&event + field->offset,
                  nested == NULL ? field : &nested->fields[j]);
        }
    }
}

static void *place(void *record, const struct mneme_field_info *field) {
    return (char *)record + field->offset;
}

Test(validate, samples_of_every_type_are_valid) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_REQUIRED);
        assert_valid(mneme_event_type_text(event.type));
        mneme_sample_event(&event, &arena, (enum mneme_event_type)type, MNEME_SAMPLE_FULL);
        assert_valid(mneme_event_type_text(event.type));
    }
}

static void check_missing(void *record, const struct mneme_field_info *field) {
    size_t bytes = field->kind == MNEME_FIELD_STRING || field->kind == MNEME_FIELD_VECTOR
                       ? sizeof(struct mneme_str)
                   : field->kind == MNEME_FIELD_UUID ? sizeof(struct mneme_uuid)
                   : field->kind == MNEME_FIELD_STRING_ARRAY || field->kind == MNEME_FIELD_LONG_ARRAY ||
                           field->kind == MNEME_FIELD_DOUBLE_ARRAY
                       ? sizeof(struct mneme_str_array)
                       : 0;
    if (bytes == 0 || (field->kind == MNEME_FIELD_UUID && field->is_nullable)) {
        return;
    }
    memset(place(record, field), 0, bytes);
    if (field->is_nullable) {
        assert_valid(field->name);
    } else if (strcmp(field->name, "stream_id") == 0) {
        assert_refused(field->name, "scope is empty");
    } else {
        assert_refused(field->name, field->name);
        cr_assert_not_null(strstr(error.message, "is missing"), "%s", error.message);
    }
}

Test(validate, required_fields_may_not_be_missing) {
    for_each_field(check_missing);
}

static void check_utf8(void *record, const struct mneme_field_info *field) {
    static const struct mneme_str bad[] = {
        {"a\xFF", 2},   {"a\0b", 3}, {"\xC0\x80", 2}, {"\xED\xA0\x80", 3}, {"\xF4\x90\x80\x80", 4},
        {"\xE2\x82", 2}};
    if (field->kind != MNEME_FIELD_STRING) {
        return;
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        *(struct mneme_str *)place(record, field) = bad[i];
        assert_refused(field->name, field->name);
    }
}

Test(validate, text_must_be_utf8_without_nul) {
    for_each_field(check_utf8);
}

static void check_bytes(void *record, const struct mneme_field_info *field) {
    struct mneme_str *text = place(record, field);
    if (field->kind != MNEME_FIELD_STRING) {
        return;
    }
    if (field->min_bytes == 1) {
        *text = MNEME_STR_LIT("");
        assert_refused(field->name, "is empty");
        *text = MNEME_STR_LIT("x");
        assert_valid(field->name);
    }
    if (field->max_bytes != SIZE_MAX) {
        *text = repeat("x", field->max_bytes);
        assert_valid(field->name);
        *text = repeat("x", field->max_bytes + 1);
        assert_refused(field->name, "bytes; at most");
    }
}

Test(validate, limits_in_bytes_hold) {
    for_each_field(check_bytes);
}

static void check_characters(void *record, const struct mneme_field_info *field) {
    struct mneme_str *text = place(record, field);
    size_t limit = field->format == MNEME_FORMAT_TEXT ? CONTENT_MAX : field->max_chars;
    if (field->kind != MNEME_FIELD_STRING || limit == SIZE_MAX) {
        return;
    }
    *text = repeat("日", limit);
    assert_valid(field->name);
    *text = repeat("日", limit + 1);
    assert_refused(field->name, "characters; at most");
}

Test(validate, limits_in_characters_count_code_points) {
    for_each_field(check_characters);
}

static void check_blank(void *record, const struct mneme_field_info *field) {
    static const char *const blank[] = {" ", "\t\n\r", "\xC2\xA0\xE2\x80\x8B\xE3\x80\x80\xEF\xBB\xBF"};
    if (field->kind != MNEME_FIELD_STRING || field->format != MNEME_FORMAT_TEXT) {
        return;
    }
    *(struct mneme_str *)place(record, field) = MNEME_STR_LIT("");
    assert_refused(field->name, "is empty");
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++) {
        *(struct mneme_str *)place(record, field) = mneme_str_from(blank[i]);
        assert_refused(field->name, "white space");
    }
}

Test(validate, text_is_neither_empty_nor_blank) {
    for_each_field(check_blank);
}

static void check_values(void *record, const struct mneme_field_info *field) {
    if (field->values == NULL) {
        return;
    }
    if (event.type == MNEME_EVENT_CONVERSATION_TURN) {
        event.payload.conversation_turn.agent_response = MNEME_STR_NULL; /* it goes with one role alone */
    }
    for (size_t i = 0; field->values[i] != NULL; i++) {
        *(struct mneme_str *)place(record, field) = mneme_str_from(field->values[i]);
        assert_valid(field->values[i]);
    }
    *(struct mneme_str *)place(record, field) = MNEME_STR_LIT("Fact");
    assert_refused(field->name, field->values[0]);
    *(struct mneme_str *)place(record, field) = MNEME_STR_LIT("");
    assert_refused(field->name, field->values[0]);
}

Test(validate, words_of_a_list_are_checked) {
    for_each_field(check_values);
}

static void check_numbers(void *record, const struct mneme_field_info *field) {
    if (field->kind == MNEME_FIELD_INT || field->kind == MNEME_FIELD_LONG) {
        int64_t *value = place(record, field);
        if (isfinite(field->minimum)) {
            *value = (int64_t)field->minimum;
            assert_valid(field->name);
            *value -= 1;
            assert_refused(field->name, "at least");
        }
        *value = isfinite(field->maximum)         ? (int64_t)field->maximum
                 : field->kind == MNEME_FIELD_INT ? INT32_MAX
                                                  : INT64_MAX;
        assert_valid(field->name);
        if (*value != INT64_MAX) {
            *value += 1;
            assert_refused(field->name, "at most");
        }
    } else if (field->kind == MNEME_FIELD_DOUBLE) {
        double *value = place(record, field);
        static const double never[] = {NAN, INFINITY, -INFINITY};
        for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
            *value = never[i];
            assert_refused(field->name, "finite");
        }
        if (isfinite(field->minimum)) {
            *value = field->minimum;
            assert_valid(field->name);
            *value = nextafter(field->minimum, -INFINITY);
            assert_refused(field->name, "at least");
        }
        if (isfinite(field->maximum)) {
            *value = field->maximum;
            assert_valid(field->name);
            *value = nextafter(field->maximum, INFINITY);
            assert_refused(field->name, "at most");
        }
    } else if (field->kind == MNEME_FIELD_TIME) {
        static const struct {
            int64_t micros;
            bool is_valid;
        } times[] = {{MNEME_MIN_MICROS, true}, {MNEME_MIN_MICROS - 1, false},
                     {MNEME_MAX_MICROS, true}, {MNEME_MAX_MICROS + 1, false},
                     {INT64_MIN, false},       {INT64_MAX, false}};
        for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
            *(int64_t *)place(record, field) = times[i].micros;
            if (times[i].is_valid) {
                assert_valid(field->name);
            } else {
                assert_refused(field->name, "microseconds");
            }
        }
    }
}

Test(validate, numbers_and_times_keep_their_bounds) {
    for_each_field(check_numbers);
}

static void check_json(void *record, const struct mneme_field_info *field) {
    static const char *const bad[] = {"",     "{",           "{\"a\":}",    "{} x",        "{'a':1}",
                                      "[1,]", "{\"a\":NaN}", "\"\\u0000\"", "\"\\ud800\"", "{\"a\":1e999}"};
    if (!mneme_field_is_json(field)) {
        return;
    }
    struct mneme_str *text = place(record, field);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        *text = mneme_str_from(bad[i]);
        assert_refused(bad[i], "JSON");
    }
    *text = MNEME_STR_LIT(" {\"a\" : [1, 2.5e3, \"\\ud83d\\ude00\", null]}\n");
    assert_valid(field->name);
    *text = MNEME_STR_LIT("[1]");
    if (field->format == MNEME_FORMAT_JSON) {
        assert_valid(field->name);
    } else {
        assert_refused(field->name, "must be a JSON object, not an array");
    }
    char deep[2 * (MNEME_JSON_MAX_DEPTH + 1) + 16];
    (void)snprintf(deep, sizeof deep, "{\"a\":%.*s1%.*s}", MNEME_JSON_MAX_DEPTH - 1,
                   repeat("[", MNEME_JSON_MAX_DEPTH).data, MNEME_JSON_MAX_DEPTH - 1,
                   repeat("]", MNEME_JSON_MAX_DEPTH).data);
    *text = mneme_str_from(deep);
    if (field->format != MNEME_FORMAT_CONTENT) {
        assert_valid(field->name);
    }
    (void)snprintf(deep, sizeof deep, "{\"a\":%.*s1%.*s}", MNEME_JSON_MAX_DEPTH,
                   repeat("[", MNEME_JSON_MAX_DEPTH).data, MNEME_JSON_MAX_DEPTH,
                   repeat("]", MNEME_JSON_MAX_DEPTH).data);
    *text = mneme_str_from(deep);
    assert_refused(field->name, "deep");
}

Test(validate, json_is_checked) {
    for_each_field(check_json);
}

static struct mneme_str text_content(struct mneme_str text) {
    size_t bytes = text.len + 16;
    char *json = mneme_arena_alloc(&arena, bytes);
    int len = snprintf(json, bytes, "{\"text\":\"%.*s\"}", (int)text.len, text.data);
    return (struct mneme_str){json, (size_t)len};
}

static void set_content(struct mneme_str content) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_REQUIRED);
    event.payload.memory_created.content = content;
}

Test(validate, the_text_of_a_content_has_the_limit_of_text) {
    set_content(text_content(repeat("é", CONTENT_MAX)));
    assert_valid("as long as may be");
    set_content(text_content(repeat("\\u00e9", CONTENT_MAX)));
    assert_valid("as long as may be, escaped");
    set_content(text_content(repeat("é", CONTENT_MAX + 1)));
    assert_refused("one too many", "101 characters; at most 100");
    set_content(text_content(repeat("\\u00e9", CONTENT_MAX + 1)));
    assert_refused("one too many, escaped", "101 characters; at most 100");
    set_content(MNEME_STR_LIT("{\"text\":\"\"}"));
    assert_refused("no text", "is empty");
    set_content(MNEME_STR_LIT("{\"text\":\"\\n \\u00a0\"}"));
    assert_refused("blank text", "white space");
    set_content(MNEME_STR_LIT("{\"te\\u0078t\":\" \"}"));
    assert_refused("blank text under an escaped key", "white space");
    set_content(MNEME_STR_LIT("{\"text\":\"good\",\"text\":\" \"}"));
    assert_refused("the last of two texts counts", "white space");
}

Test(validate, a_content_without_text_has_the_limit_as_a_whole) {
    char json[3 * CONTENT_MAX + 16];
    (void)snprintf(json, sizeof json, "{\"k\":\"%.*s\"}", CONTENT_MAX * 3 - 24,
                   repeat("日", CONTENT_MAX).data);
    set_content(mneme_str_from(json));
    assert_valid("as long as may be");
    (void)snprintf(json, sizeof json, "{\"k\":\"%.*s\"}", CONTENT_MAX * 3 - 21,
                   repeat("日", CONTENT_MAX).data);
    set_content(mneme_str_from(json));
    assert_refused("one too many", "besides its text");
    (void)snprintf(json, sizeof json, "{\"text\":\"x\",\"k\":\"%.*s\"}", CONTENT_MAX,
                   repeat("x", CONTENT_MAX).data);
    set_content(mneme_str_from(json));
    assert_refused("too much beside a text", "besides its text");
    set_content(MNEME_STR_LIT("{ }"));
    assert_refused("nothing", "is empty");
    set_content(MNEME_STR_LIT("{\"text\":7}"));
    assert_valid("a text that is not a string is a member like any other");
}

static void check_array(void *record, const struct mneme_field_info *field) {
    if (field->kind != MNEME_FIELD_STRING_ARRAY) {
        return;
    }
    struct mneme_str_array *array = place(record, field);
    bool has_companion = strcmp(field->name, "memory_ids") == 0;
    struct mneme_str good = array->items[0];
    struct mneme_str *items = mneme_arena_calloc(&arena, field->max_items + 1, sizeof *items);
    for (size_t i = 0; i <= field->max_items; i++) {
        items[i] = good;
    }
    *array = (struct mneme_str_array){items, field->max_items, true};
    if (!has_companion) {
        assert_valid(field->name);
    }
    array->count = field->max_items + 1;
    assert_refused(field->name, "items; at most");

    array->count = 3;
    static const struct mneme_str bad[] = {{NULL, 0}, {"", 0}, {"a\nb", 3}, {"a\xFF", 2}, {"a\0", 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        items[1] = bad[i];
        assert_refused(field->name, field->name);
    }
    items[1] = repeat("x", field->item_max_bytes + 1);
    assert_refused(field->name, "bytes at place 1");
    items[1] = field->format == MNEME_FORMAT_UUID ? MNEME_STR_LIT("0190a5f0-7c3e-7cc0-8f3a-5b6d1c2e3f4")
                                                  : repeat("x", field->item_max_bytes);
    if (field->format == MNEME_FORMAT_UUID) {
        assert_refused(field->name, "not a UUID at place 1");
    } else {
        assert_valid(field->name);
    }
    *array = (struct mneme_str_array){items, 1, false};
    assert_refused(field->name, "is_set");
}

Test(validate, arrays_and_their_items_keep_their_limits) {
    for_each_field(check_array);
}

Test(validate, parallel_arrays_have_as_many_items) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_RETRIEVED, MNEME_SAMPLE_FULL);
    event.payload.memory_retrieved.scores.count--;
    assert_refused("a score is missing", "payload.scores has 2 items");
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_ACCESSED, MNEME_SAMPLE_FULL);
    event.payload.memory_accessed.counts.count--;
    assert_refused("a count is missing", "payload.counts has 2 items");
}

Test(validate, numbers_in_arrays_are_checked) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_RETRIEVED, MNEME_SAMPLE_FULL);
    double scores[] = {1, NAN, 2};
    event.payload.memory_retrieved.scores.items = scores;
    assert_refused("a score", "finite");
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_ACCESSED, MNEME_SAMPLE_FULL);
    int64_t counts[] = {1, 0, 2};
    event.payload.memory_accessed.counts.items = counts;
    assert_refused("a count", "at least 1");
}

Test(validate, metadata_keeps_its_limits) {
    static struct mneme_str_pair pairs[101];
    for (size_t i = 0; i < 101; i++) {
        pairs[i] = (struct mneme_str_pair){MNEME_STR_LIT("k"), MNEME_STR_LIT("line\nline")};
    }
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_DELETED, MNEME_SAMPLE_REQUIRED);
    event.metadata = (struct mneme_str_map){pairs, 100};
    assert_valid("100 fields");
    event.metadata.count = 101;
    assert_refused("101 fields", "101 fields; at most 100");
    event.metadata.count = 1;
    pairs[0].value = repeat("x", 1024);
    assert_valid("a long value");
    pairs[0].value = repeat("x", 1025);
    assert_refused("too long a value", "1025 bytes");
    pairs[0].value = MNEME_STR_NULL;
    assert_refused("no value", "no value");
    pairs[0].value = MNEME_STR_LIT("\xFF");
    assert_refused("no UTF-8", "UTF-8");
    pairs[0] = (struct mneme_str_pair){MNEME_STR_LIT(""), MNEME_STR_LIT("v")};
    assert_refused("an empty key", "empty item");
    pairs[0].key = MNEME_STR_LIT("a\nb");
    assert_refused("a line break in a key", "control character");
}

static void check_control(void *record, const struct mneme_field_info *field) {
    if (field->kind != MNEME_FIELD_STRING || field->max_bytes == SIZE_MAX || field->values != NULL) {
        return;
    }
    size_t len = field->min_bytes > 3 ? field->min_bytes : 3;
    *(struct mneme_str *)place(record, field) = repeat("\n", len);
    assert_refused(field->name, "control character");
    *(struct mneme_str *)place(record, field) = repeat("\x7f", len);
    assert_refused(field->name, "control character");
}

Test(validate, names_hold_no_control_characters) {
    for_each_field(check_control);
}

Test(validate, a_tenant_holds_no_slash) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_DELETED, MNEME_SAMPLE_REQUIRED);
    event.tenant = MNEME_STR_LIT("a/b");
    assert_refused("a slash", "tenant");
    event.tenant = MNEME_STR_LIT("a.b");
    event.stream_id = MNEME_STR_LIT("a/b");
    assert_valid("a slash in the stream");
}

Test(validate, a_type_that_is_none_is_refused) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_DELETED, MNEME_SAMPLE_REQUIRED);
    event.type = MNEME_EVENT_TYPE_COUNT;
    assert_refused("a type past the last", "no type");
}

Test(validate, a_vector_is_made_of_finite_numbers) {
    static const struct {
        struct mneme_str bytes;
        const char *says;
    } bad[] = {
        {MNEME_STR_LIT(""), "not a vector"},
        {MNEME_STR_LIT("\0\0\x80"), "not a vector"},
        {MNEME_STR_LIT("\0\0\x80\x3F\0"), "not a vector"},
        {MNEME_STR_LIT("\0\0\x80\x3F\0\0\x80\x7F"), "not a number at place 1"},
        {MNEME_STR_LIT("\0\0\xC0\x7F"), "not a number at place 0"},
    };
    static const char zeros[16001 * sizeof(float)];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        mneme_sample_event(&event, &arena, MNEME_EVENT_VECTOR_INDEXED, MNEME_SAMPLE_FULL);
        event.payload.vector_indexed.vector = bad[i].bytes;
        assert_refused("vector", bad[i].says);
    }
    event.payload.vector_indexed.vector = (struct mneme_str){zeros, sizeof zeros - sizeof(float)};
    assert_valid("16000 numbers");
    event.payload.vector_indexed.vector.len += sizeof(float);
    assert_refused("vector", "at most 16000");
}

Test(validate, a_collection_holds_no_slash) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_VECTOR_DELETED, MNEME_SAMPLE_FULL);
    event.payload.vector_deleted.collection = MNEME_STR_LIT("a/b");
    assert_refused("collection", "holds a \"/\"");
}

Test(validate, what_is_cleared_is_not_given_too) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_UPDATED, MNEME_SAMPLE_FULL);
    struct mneme_memory_updated *updated = &event.payload.memory_updated;
    assert_valid("neither is cleared");
    updated->clear_expires_at.value = true;
    assert_refused("a cleared expiry",
                   "payload.clear_expires_at is true and expires_at is given; give one of them");
    updated->expires_at.is_set = false;
    updated->clear_term.value = true;
    assert_refused("a cleared term", "payload.clear_term is true and term is given");
    updated->term = MNEME_STR_NULL;
    assert_valid("both are cleared");
}

Test(validate, an_answer_stands_beside_what_a_user_says) {
    mneme_sample_event(&event, &arena, MNEME_EVENT_CONVERSATION_TURN, MNEME_SAMPLE_FULL);
    assert_valid("a user's turn");
    event.payload.conversation_turn.role = MNEME_STR_LIT("tool");
    assert_refused("a tool's turn", "payload.agent_response is given with a turn of the role tool");
    event.payload.conversation_turn.agent_response = MNEME_STR_NULL;
    assert_valid("a tool's turn without answer");
}
