/*
 * Whether all texts of an event are UTF-8, as Avro requires of strings. mneme_event_validate refuses others
 * as well; this only distinguishes bytes that are not an event from an event beyond its limits, and runs only
 * after a refusal.
 */
#include "common/base/utf8.h"
#include "schemas/event.h"

/* A NUL is a character of UTF-8 like any other; that no store accepts it is a limit, checked elsewhere. */
static bool is_utf8(struct mneme_str text) {
    const uint8_t *bytes = (const uint8_t *)text.data;
    for (size_t i = 0; i < text.len;) {
        size_t length = bytes[i] < 0x80 ? 1 : mneme_utf8_length(bytes + i, text.len - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

static bool are_utf8(const struct mneme_str_array *array) {
    size_t i = 0;
    while (i < array->count && is_utf8(array->items[i])) {
        i++;
    }
    return i == array->count;
}

static bool is_map_utf8(const struct mneme_str_map *map) {
    size_t i = 0;
    while (i < map->count && is_utf8(map->items[i].key) && is_utf8(map->items[i].value)) {
        i++;
    }
    return i == map->count;
}

static bool is_record_utf8(const void *record, const struct mneme_record_info *info);

static bool is_field_utf8(const void *at, const struct mneme_field_info *field) {
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        return is_utf8(*(const struct mneme_str *)at);
    case MNEME_FIELD_STRING_ARRAY:
        return are_utf8(at);
    case MNEME_FIELD_STRING_MAP:
        return is_map_utf8(at);
    case MNEME_FIELD_RECORD:
        return is_record_utf8(at, field->record);
    case MNEME_FIELD_UUID:
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
    case MNEME_FIELD_DOUBLE:
    case MNEME_FIELD_BOOL:
    case MNEME_FIELD_VECTOR:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
        break;
    }
    return true;
}

static bool is_record_utf8(const void *record, const struct mneme_record_info *info) {
    size_t i = 0;
    while (i < info->field_count &&
           is_field_utf8((const char *)record + info->fields[i].offset, &info->fields[i])) {
        i++;
    }
    return i == info->field_count;
}

bool mneme_event_is_utf8(const struct mneme_event *event) {
    return is_record_utf8(event, &mneme_envelope_info) &&
           is_record_utf8(&event->payload, &mneme_payload_info[event->type]);
}
