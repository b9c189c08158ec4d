/*
 * Reads one JSON value into one field of a record, by the field's kind and format; errors name the field.
 */
#include "schemas/event_input.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/floats.h"
#include "common/base/uuid.h"
#include "common/json/read.h"

int mneme_event_input_out_of_memory(const struct mneme_event_input *input) {
    return mneme_error_set(input->error, MNEME_E_NO_MEMORY,
                           "cannot read an event: out of memory; free some memory");
}

int mneme_event_input_wrong_kind(const struct mneme_event_input *input, const char *name, const char *wanted,
                                 struct mneme_str value) {
    return MNEME_EVENT_INPUT_REFUSE(input, name, "must be %s, not %s", wanted,
                                    mneme_json_kind_phrase(mneme_json_kind_of(value)));
}

int mneme_event_input_read_string(const struct mneme_event_input *input, const char *name,
                                  struct mneme_str *out, struct mneme_str value) {
    if (mneme_json_kind_of(value) != MNEME_JSON_STRING) {
        return mneme_event_input_wrong_kind(input, name, "a string", value);
    }
    return mneme_json_unquote(out, input->arena, value) ? MNEME_OK : mneme_event_input_out_of_memory(input);
}

/* A plain string means {"text": string}. */
static int read_content(const struct mneme_event_input *input, const char *name, struct mneme_str *out,
                        struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    if (kind == MNEME_JSON_OBJECT) {
        return mneme_json_compact(out, input->arena, value) ? MNEME_OK
                                                            : mneme_event_input_out_of_memory(input);
    }
    if (kind != MNEME_JSON_STRING) {
        return mneme_event_input_wrong_kind(input, name, "a string or an object", value);
    }
    static const char before[] = "{\"text\":";
    size_t len = sizeof before - 1 + value.len + 1;
    char *data = mneme_arena_alloc(input->arena, len);
    if (data == NULL) {
        return mneme_event_input_out_of_memory(input);
    }
    memcpy(data, before, sizeof before - 1);
    memcpy(data + sizeof before - 1, value.data, value.len);
    data[len - 1] = '}';
    *out = (struct mneme_str){data, len};
    return MNEME_OK;
}

/* An object is kept as its JSON. */
static int read_text_or_object(const struct mneme_event_input *input, const char *name, struct mneme_str *out,
                               struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    if (kind == MNEME_JSON_OBJECT) {
        return mneme_json_compact(out, input->arena, value) ? MNEME_OK
                                                            : mneme_event_input_out_of_memory(input);
    }
    return kind == MNEME_JSON_STRING
               ? mneme_event_input_read_string(input, name, out, value)
               : mneme_event_input_wrong_kind(input, name, "a string or an object", value);
}

static int read_text(const struct mneme_event_input *input, const struct mneme_field_info *field,
                     struct mneme_str *out, struct mneme_str value) {
    if (field->format == MNEME_FORMAT_CONTENT) {
        return read_content(input, field->name, out, value);
    }
    if (field->format == MNEME_FORMAT_TEXT_OR_OBJECT) {
        return read_text_or_object(input, field->name, out, value);
    }
    if (!mneme_field_is_json(field)) {
        return mneme_event_input_read_string(input, field->name, out, value);
    }
    if (field->format == MNEME_FORMAT_JSON_OBJECT && mneme_json_kind_of(value) != MNEME_JSON_OBJECT) {
        return mneme_event_input_wrong_kind(input, field->name, "an object", value);
    }
    return mneme_json_compact(out, input->arena, value) ? MNEME_OK : mneme_event_input_out_of_memory(input);
}

static int read_uuid(const struct mneme_event_input *input, const char *name, struct mneme_uuid *out,
                     struct mneme_str value) {
    struct mneme_str text;
    int status = mneme_event_input_read_string(input, name, &text, value);
    if (status == MNEME_OK && !mneme_uuid_parse(out, text)) {
        return MNEME_EVENT_INPUT_REFUSE(
            input, name, "is not a UUID; give one such as 0190a5f0-7c3e-7cc0-8f3a-5b6d1c2e3f40");
    }
    return status;
}

static int read_time(const struct mneme_event_input *input, const char *name, int64_t *out,
                     struct mneme_str value) {
    struct mneme_str text;
    int status = mneme_event_input_read_string(input, name, &text, value);
    if (status == MNEME_OK && !mneme_clock_parse_rfc3339(out, text)) {
        return MNEME_EVENT_INPUT_REFUSE(input, name,
                                        "is not a time; give RFC 3339, such as 2026-01-02T03:04:05Z");
    }
    return status;
}

static int read_long(const struct mneme_event_input *input, const char *name, int64_t *out,
                     struct mneme_str value) {
    if (mneme_json_kind_of(value) != MNEME_JSON_NUMBER) {
        return mneme_event_input_wrong_kind(input, name, "a whole number", value);
    }
    return mneme_json_to_long(out, value)
               ? MNEME_OK
               : MNEME_EVENT_INPUT_REFUSE(input, name, "must be a whole number of at most 64 bits");
}

static int read_double(const struct mneme_event_input *input, const char *name, double *out,
                       struct mneme_str value) {
    if (mneme_json_kind_of(value) != MNEME_JSON_NUMBER) {
        return mneme_event_input_wrong_kind(input, name, "a number", value);
    }
    return mneme_json_to_double(out, value) ? MNEME_OK : mneme_event_input_out_of_memory(input);
}

static int read_bool(const struct mneme_event_input *input, const char *name, bool *out,
                     struct mneme_str value) {
    if (mneme_json_kind_of(value) != MNEME_JSON_BOOL) {
        return mneme_event_input_wrong_kind(input, name, "true or false", value);
    }
    *out = value.data[0] == 't';
    return MNEME_OK;
}

/* Allocates memory for the items of a container of the right type; *count is their number. */
static int begin_items(const struct mneme_event_input *input, const char *name, struct mneme_str value,
                       enum mneme_json_kind kind, size_t item_bytes, void **items, size_t *count) {
    if (mneme_json_kind_of(value) != kind) {
        return mneme_event_input_wrong_kind(input, name, kind == MNEME_JSON_ARRAY ? "an array" : "an object",
                                            value);
    }
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_json_reader reader = mneme_json_enter(value);
    *count = 0;
    while (mneme_json_next(&reader, &key, &item)) {
        ++*count;
    }
    *items = mneme_arena_calloc(input->arena, *count + 1, item_bytes);
    return *items != NULL ? MNEME_OK : mneme_event_input_out_of_memory(input);
}

static int read_item(const struct mneme_event_input *input, const struct mneme_field_info *field, void *out,
                     struct mneme_str item) {
    if (field->kind == MNEME_FIELD_STRING_ARRAY) {
        return mneme_event_input_read_string(input, field->name, out, item);
    }
    return field->kind == MNEME_FIELD_LONG_ARRAY ? read_long(input, field->name, out, item)
                                                 : read_double(input, field->name, out, item);
}

static int read_array(const struct mneme_event_input *input, const struct mneme_field_info *field, void *at,
                      struct mneme_str value) {
    size_t item_bytes = field->kind == MNEME_FIELD_STRING_ARRAY ? sizeof(struct mneme_str)
                        : field->kind == MNEME_FIELD_LONG_ARRAY ? sizeof(int64_t)
                                                                : sizeof(double);
    void *items;
    size_t count;
    int status = begin_items(input, field->name, value, MNEME_JSON_ARRAY, item_bytes, &items, &count);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_json_reader reader = mneme_json_enter(value);
    for (size_t i = 0; status == MNEME_OK && mneme_json_next(&reader, &key, &item); i++) {
        status = read_item(input, field, (char *)items + i * item_bytes, item);
    }
    if (field->kind == MNEME_FIELD_STRING_ARRAY) {
        *(struct mneme_str_array *)at = (struct mneme_str_array){items, count, true};
    } else if (field->kind == MNEME_FIELD_LONG_ARRAY) {
        *(struct mneme_long_array *)at = (struct mneme_long_array){items, count, true};
    } else {
        *(struct mneme_double_array *)at = (struct mneme_double_array){items, count, true};
    }
    return status;
}

/* Numbers beyond single precision become infinite, which the checks refuse. */
static int read_vector(const struct mneme_event_input *input, const char *name, struct mneme_str *out,
                       struct mneme_str value) {
    void *memory;
    size_t count;
    int status = begin_items(input, name, value, MNEME_JSON_ARRAY, sizeof(float), &memory, &count);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_buffer bytes = {.data = memory, .capacity = (count + 1) * sizeof(float)};
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_json_reader reader = mneme_json_enter(value);
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &item)) {
        double number = 0;
        status = read_double(input, name, &number, item);
        mneme_floats_put(&bytes, &(const float){(float)number}, 1);
    }
    *out = mneme_buffer_str(&bytes);
    return status;
}

static int compare_keys(const void *a, const void *b) {
    struct mneme_str left = ((const struct mneme_str_pair *)a)->key;
    struct mneme_str right = ((const struct mneme_str_pair *)b)->key;
    int order = memcmp(left.data, right.data, left.len < right.len ? left.len : right.len);
    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

/* Values that are not strings are kept as their JSON. Sorted, so that two equal keys are adjacent. */
static int read_map(const struct mneme_event_input *input, const struct mneme_field_info *field,
                    struct mneme_str_map *map, struct mneme_str value) {
    void *memory;
    size_t count;
    int status = begin_items(input, field->name, value, MNEME_JSON_OBJECT, sizeof(struct mneme_str_pair),
                             &memory, &count);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str_pair *pairs = memory;
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_json_reader reader = mneme_json_enter(value);
    for (size_t i = 0; mneme_json_next(&reader, &key, &item); i++) {
        bool is_string = mneme_json_kind_of(item) == MNEME_JSON_STRING;
        if (!mneme_json_unquote(&pairs[i].key, input->arena, key) ||
            !(is_string ? mneme_json_unquote(&pairs[i].value, input->arena, item)
                        : mneme_json_compact(&pairs[i].value, input->arena, item))) {
            return mneme_event_input_out_of_memory(input);
        }
    }
    qsort(pairs, count, sizeof *pairs, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (mneme_str_equal(pairs[i - 1].key, pairs[i].key)) {
            return MNEME_EVENT_INPUT_REFUSE(input, field->name, "has the key \"%.*s\" twice; give it once",
                                            MNEME_STR_ARG(pairs[i].key));
        }
    }
    *map = (struct mneme_str_map){pairs, count};
    return MNEME_OK;
}

int mneme_event_input_read_value(const struct mneme_event_input *input, const struct mneme_field_info *field,
                                 void *record, struct mneme_str value) {
    void *at = (char *)record + field->offset;
    int status = MNEME_OK;
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        return read_text(input, field, at, value);
    case MNEME_FIELD_UUID:
        status = read_uuid(input, field->name, at, value);
        if (field->is_nullable) {
            ((struct mneme_opt_uuid *)at)->is_set = true;
        }
        return status;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        status = field->kind == MNEME_FIELD_TIME ? read_time(input, field->name, at, value)
                                                 : read_long(input, field->name, at, value);
        if (field->is_nullable) {
            ((struct mneme_opt_long *)at)->is_set = true;
        }
        return status;
    case MNEME_FIELD_DOUBLE:
        status = read_double(input, field->name, at, value);
        if (field->is_nullable) {
            ((struct mneme_opt_double *)at)->is_set = true;
        }
        return status;
    case MNEME_FIELD_BOOL:
        status = read_bool(input, field->name, at, value);
        if (field->is_nullable) {
            ((struct mneme_opt_bool *)at)->is_set = true;
        }
        return status;
    case MNEME_FIELD_VECTOR:
        return read_vector(input, field->name, at, value);
    case MNEME_FIELD_STRING_ARRAY:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
        return read_array(input, field, at, value);
    case MNEME_FIELD_STRING_MAP:
        return read_map(input, field, at, value);
    case MNEME_FIELD_RECORD:
        break; /* its fields have slots of their own */
    }
    return status;
}
