/*
 * Valid values by kind and format. Texts carry characters of one to four bytes, quotes and line breaks where
 * the field may have them, since those are what codecs get wrong.
 */
#include "tests/support/sample_event.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "common/base/floats.h"

#define ITEMS 3

static struct mneme_str keep(struct mneme_arena *arena, const char *text) {
    struct mneme_str kept = mneme_arena_copy(arena, mneme_str_from(text));
    assert(kept.data != NULL);
    return kept;
}

static void *keep_items(struct mneme_arena *arena, size_t item_bytes) {
    void *items = mneme_arena_calloc(arena, ITEMS, item_bytes);
    assert(items != NULL);
    return items;
}

static struct mneme_uuid sample_uuid(const char *name) {
    struct mneme_uuid id = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x90}};
    for (size_t i = 0; name[i] != '\0'; i++) {
        id.bytes[9 + i % 7] = (uint8_t)(id.bytes[9 + i % 7] * 31 + (uint8_t)name[i]);
    }
    return id;
}

static struct mneme_str sample_text(const struct mneme_field_info *field, struct mneme_arena *arena) {
    char text[256];
    if (field->values != NULL) {
        size_t last = 0;
        while (field->values[last + 1] != NULL) {
            last++;
        }
        return mneme_str_from(field->values[last]);
    }
    switch (field->format) {
    case MNEME_FORMAT_CONTENT:
        return mneme_str_from("{\"text\":\"Ça, \\\"ja\\\": 日本 😀\\n\",\"n\":[1,2.50,{\"a\":null}]}");
    case MNEME_FORMAT_JSON:
        return mneme_str_from("[1,{\"deep\":[true,\"x\"]},12345678901234567890]");
    case MNEME_FORMAT_JSON_OBJECT:
        return mneme_str_from("{\"a\":1,\"b\":{\"c\":[0.10]}}");
    case MNEME_FORMAT_TEXT_OR_OBJECT:
        return mneme_str_from("{\"do\":[\"Ça\",2.50]}");
    case MNEME_FORMAT_TEXT:
    case MNEME_FORMAT_NONE:
    case MNEME_FORMAT_UUID:
    case MNEME_FORMAT_SEGMENT:
        break;
    }
    bool is_name = field->max_bytes != SIZE_MAX; /* no line breaks in names */
    int len = snprintf(text, sizeof text, "%s of \"é\\日😀\"%s", field->name, is_name ? "" : "\n\tnext line");
    for (; (size_t)len < field->min_bytes && (size_t)len + 1 < sizeof text; len++) {
        text[len] = 'x';
        text[len + 1] = '\0';
    }
    return keep(arena, text);
}

static double sample_number(const struct mneme_field_info *field) {
    double low = isfinite(field->minimum) ? field->minimum : -1000;
    double high = isfinite(field->maximum) ? field->maximum : low + 100000;
    return low + (high - low) * 0.75;
}

static struct mneme_str sample_item(const struct mneme_field_info *field, struct mneme_arena *arena,
                                    int index) {
    char text[64];
    if (field->format == MNEME_FORMAT_UUID) {
        (void)snprintf(text, sizeof text, "0190a5f0-7c3e-7cc0-8f3a-5b6d1c2e3f4%d", index);
    } else {
        (void)snprintf(text, sizeof text, "%.40s %d é", field->name, index);
    }
    return keep(arena, text);
}

static void sample_string_array(struct mneme_str_array *array, const struct mneme_field_info *field,
                                struct mneme_arena *arena) {
    struct mneme_str *items = keep_items(arena, sizeof *items);
    for (int i = 0; i < ITEMS; i++) {
        items[i] = sample_item(field, arena, i);
    }
    *array = (struct mneme_str_array){items, ITEMS, true};
}

static void sample_map(struct mneme_str_map *map, const struct mneme_field_info *field,
                       struct mneme_arena *arena) {
    struct mneme_str_pair *items = keep_items(arena, sizeof *items);
    for (int i = 0; i < ITEMS; i++) {
        items[i] =
            (struct mneme_str_pair){sample_item(field, arena, i), sample_item(field, arena, ITEMS - i)};
    }
    *map = (struct mneme_str_map){items, ITEMS};
}

static void sample_long_array(struct mneme_long_array *array, struct mneme_arena *arena) {
    int64_t *items = keep_items(arena, sizeof *items);
    items[0] = 1;
    items[1] = 300;
    items[2] = INT64_C(1000000000);
    *array = (struct mneme_long_array){items, ITEMS, true};
}

static void sample_double_array(struct mneme_double_array *array, struct mneme_arena *arena) {
    double *items = keep_items(arena, sizeof *items);
    items[0] = 0.1;
    items[1] = 1e-300;
    items[2] = -2.5;
    *array = (struct mneme_double_array){items, ITEMS, true};
}

static struct mneme_str sample_vector(struct mneme_arena *arena) {
    const float numbers[] = {0.1F, -2.5F, 1e-30F};
    char *bytes = keep_items(arena, sizeof(float));
    struct mneme_buffer out = {.data = bytes, .capacity = ITEMS * sizeof(float)};
    mneme_floats_put(&out, numbers, ITEMS);
    return mneme_buffer_str(&out);
}

static void sample_record(void *record, const struct mneme_record_info *info, struct mneme_arena *arena,
                          enum mneme_sample sample) {
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        if (field->kind == MNEME_FIELD_RECORD) {
            sample_record((char *)record + field->offset, field->record, arena, sample);
        } else if (sample == MNEME_SAMPLE_FULL || (!field->is_nullable && !field->has_default)) {
            mneme_sample_field(record, field, arena);
        }
    }
}

void mneme_sample_field(void *record, const struct mneme_field_info *field, struct mneme_arena *arena) {
    void *at = (char *)record + field->offset;
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        *(struct mneme_str *)at = sample_text(field, arena);
        break;
    case MNEME_FIELD_UUID:
        *(struct mneme_uuid *)at = sample_uuid(field->name);
        if (field->is_nullable) {
            ((struct mneme_opt_uuid *)at)->is_set = true;
        }
        break;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        *(int64_t *)at =
            field->kind == MNEME_FIELD_TIME ? INT64_C(1767322445678901) : (int64_t)sample_number(field);
        if (field->is_nullable) {
            ((struct mneme_opt_long *)at)->is_set = true;
        }
        break;
    case MNEME_FIELD_DOUBLE:
        *(double *)at = sample_number(field);
        if (field->is_nullable) {
            ((struct mneme_opt_double *)at)->is_set = true;
        }
        break;
    case MNEME_FIELD_BOOL:
        *(bool *)at = field->excludes == NULL; /* true goes without the other field, which is there */
        if (field->is_nullable) {
            ((struct mneme_opt_bool *)at)->is_set = true;
        }
        break;
    case MNEME_FIELD_VECTOR:
        *(struct mneme_str *)at = sample_vector(arena);
        break;
    case MNEME_FIELD_STRING_ARRAY:
        sample_string_array(at, field, arena);
        break;
    case MNEME_FIELD_LONG_ARRAY:
        sample_long_array(at, arena);
        break;
    case MNEME_FIELD_DOUBLE_ARRAY:
        sample_double_array(at, arena);
        break;
    case MNEME_FIELD_STRING_MAP:
        sample_map(at, field, arena);
        break;
    case MNEME_FIELD_RECORD:
        sample_record(at, field->record, arena, MNEME_SAMPLE_FULL);
        break;
    }
}

void mneme_sample_event(struct mneme_event *event, struct mneme_arena *arena, enum mneme_event_type type,
                        enum mneme_sample sample) {
    mneme_event_prepare(event, type);
    sample_record(event, &mneme_envelope_info, arena, sample);
    sample_record(&event->payload, &mneme_payload_info[type], arena, sample);
    /* The texts with rules of their own. */
    event->tenant = MNEME_STR_LIT("acme");
    if (type == MNEME_EVENT_CONVERSATION_TURN) {
        event->payload.conversation_turn.role = MNEME_STR_LIT("user");
    }
}

static bool same_items(const void *a, const void *b, const struct mneme_field_info *field, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool is_same;
        if (field->kind == MNEME_FIELD_STRING_ARRAY) {
            is_same = mneme_str_equal(((const struct mneme_str_array *)a)->items[i],
                                      ((const struct mneme_str_array *)b)->items[i]);
        } else if (field->kind == MNEME_FIELD_LONG_ARRAY) {
            is_same = ((const struct mneme_long_array *)a)->items[i] ==
                      ((const struct mneme_long_array *)b)->items[i];
        } else if (field->kind == MNEME_FIELD_DOUBLE_ARRAY) {
            is_same = ((const struct mneme_double_array *)a)->items[i] ==
                      ((const struct mneme_double_array *)b)->items[i];
        } else {
            const struct mneme_str_pair *left = &((const struct mneme_str_map *)a)->items[i];
            const struct mneme_str_pair *right = &((const struct mneme_str_map *)b)->items[i];
            is_same = mneme_str_equal(left->key, right->key) && mneme_str_equal(left->value, right->value);
        }
        if (!is_same) {
            return false;
        }
    }
    return true;
}

static bool same_value(const void *a, const void *b, const struct mneme_field_info *field) {
    switch (field->kind) {
    case MNEME_FIELD_STRING:
    case MNEME_FIELD_VECTOR:
        return mneme_str_equal(*(const struct mneme_str *)a, *(const struct mneme_str *)b);
    case MNEME_FIELD_UUID:
        return memcmp(a, b, sizeof(struct mneme_uuid)) == 0;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        return *(const int64_t *)a == *(const int64_t *)b;
    case MNEME_FIELD_DOUBLE:
        return *(const double *)a == *(const double *)b;
    case MNEME_FIELD_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case MNEME_FIELD_STRING_ARRAY:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
    case MNEME_FIELD_STRING_MAP:
    case MNEME_FIELD_RECORD:
        break;
    }
    return true;
}

static const char *records_differ(const void *a, const void *b, const struct mneme_record_info *info) {
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        const char *left = (const char *)a + field->offset;
        const char *right = (const char *)b + field->offset;
        const char *differs =
            field->kind == MNEME_FIELD_RECORD ? records_differ(left, right, field->record) : NULL;
        if (differs != NULL) {
            return differs;
        }
        size_t count = mneme_field_item_count(a, field);
        bool is_null = mneme_field_is_null(a, field);
        if (is_null != mneme_field_is_null(b, field) || count != mneme_field_item_count(b, field) ||
            (!is_null && (!same_value(left, right, field) || !same_items(left, right, field, count)))) {
            return field->name;
        }
    }
    return NULL;
}

const char *mneme_events_differ(const struct mneme_event *a, const struct mneme_event *b) {
    if (a->type != b->type) {
        return "type";
    }
    const char *differs = records_differ(a, b, &mneme_envelope_info);
    return differs != NULL ? differs : records_differ(&a->payload, &b->payload, &mneme_payload_info[a->type]);
}
