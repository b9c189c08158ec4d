/*
 * Writes an event as JSON from the descriptors: the form that the ledger keeps, and that people and scripts
 * read. JSON fields come out as JSON, times as RFC 3339, ids as text; null values are left out.
 */
#include "common/base/floats.h"
#include "common/json/check.h"
#include "schemas/event.h"

/* White space in a caller's JSON may contain line breaks; output is one line per object. */
static void write_raw(struct mneme_json_writer *json, struct mneme_str text) {
    size_t start = json->out->len;
    mneme_json_raw(json, text);
    for (size_t i = start; i < json->out->len; i++) {
        if (json->out->data[i] == '\n' || json->out->data[i] == '\r') {
            json->out->data[i] = ' ';
        }
    }
}

static void write_text(struct mneme_json_writer *json, const struct mneme_field_info *field,
                       struct mneme_str text, int schema_version) {
    if (mneme_field_is_json(field) || (field->format == MNEME_FORMAT_TEXT_OR_OBJECT &&
                                       schema_version >= MNEME_EVENT_RULES_2 && mneme_json_is_object(text))) {
        write_raw(json, text);
    } else {
        mneme_json_string(json, text);
    }
}

static void write_string_array(struct mneme_json_writer *json, const struct mneme_str_array *array) {
    mneme_json_begin_array(json);
    for (size_t i = 0; i < array->count; i++) {
        mneme_json_string(json, array->items[i]);
    }
    mneme_json_end_array(json);
}

static void write_long_array(struct mneme_json_writer *json, const struct mneme_long_array *array) {
    mneme_json_begin_array(json);
    for (size_t i = 0; i < array->count; i++) {
        mneme_json_long(json, array->items[i]);
    }
    mneme_json_end_array(json);
}

static void write_double_array(struct mneme_json_writer *json, const struct mneme_double_array *array) {
    mneme_json_begin_array(json);
    for (size_t i = 0; i < array->count; i++) {
        mneme_json_double(json, array->items[i]);
    }
    mneme_json_end_array(json);
}

static void write_vector(struct mneme_json_writer *json, struct mneme_str vector) {
    mneme_json_begin_array(json);
    for (size_t at = 0; at + sizeof(float) <= vector.len; at += sizeof(float)) {
        float number;
        mneme_floats_get(&number, vector.data + at, 1);
        mneme_json_float(json, number);
    }
    mneme_json_end_array(json);
}

static void write_map(struct mneme_json_writer *json, const struct mneme_str_map *map) {
    mneme_json_begin_object(json);
    for (size_t i = 0; i < map->count; i++) {
        mneme_json_key(json, map->items[i].key);
        mneme_json_string(json, map->items[i].value);
    }
    mneme_json_end_object(json);
}

void mneme_field_json(struct mneme_json_writer *json, const struct mneme_field_info *field, const void *at,
                      int schema_version) {
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        write_text(json, field, *(const struct mneme_str *)at, schema_version);
        break;
    case MNEME_FIELD_UUID:
        mneme_json_uuid(json, *(const struct mneme_uuid *)at);
        break;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
        mneme_json_long(json, *(const int64_t *)at);
        break;
    case MNEME_FIELD_TIME:
        mneme_json_time(json, *(const int64_t *)at);
        break;
    case MNEME_FIELD_DOUBLE:
        mneme_json_double(json, *(const double *)at);
        break;
    case MNEME_FIELD_BOOL:
        mneme_json_bool(json, *(const bool *)at);
        break;
    case MNEME_FIELD_VECTOR:
        write_vector(json, *(const struct mneme_str *)at);
        break;
    case MNEME_FIELD_STRING_ARRAY:
        write_string_array(json, at);
        break;
    case MNEME_FIELD_LONG_ARRAY:
        write_long_array(json, at);
        break;
    case MNEME_FIELD_DOUBLE_ARRAY:
        write_double_array(json, at);
        break;
    case MNEME_FIELD_STRING_MAP:
        write_map(json, at);
        break;
    case MNEME_FIELD_RECORD:
        break; /* its fields take the place of the record */
    }
}

/* The fields of a record, without braces; those of a nested record (the scope) among them. */
static void write_record(struct mneme_json_writer *json, const void *record,
                         const struct mneme_record_info *info, int schema_version) {
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        const void *at = (const char *)record + field->offset;
        if (field->kind == MNEME_FIELD_RECORD) {
            write_record(json, at, field->record, schema_version);
            continue;
        }
        bool is_empty_map =
            field->kind == MNEME_FIELD_STRING_MAP && mneme_field_item_count(record, field) == 0;
        if (!is_empty_map && !mneme_field_is_null(record, field)) {
            mneme_json_key(json, mneme_str_from(field->name));
            mneme_field_json(json, field, at, schema_version);
        }
    }
}

void mneme_event_payload_json(const struct mneme_event *event, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    write_record(json, &event->payload, &mneme_payload_info[event->type], event->schema_version);
    mneme_json_end_object(json);
}

void mneme_event_json(const struct mneme_event *event, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("type"));
    mneme_json_string(json, mneme_str_from(mneme_event_type_text(event->type)));
    write_record(json, event, &mneme_envelope_info, event->schema_version);
    mneme_json_key(json, MNEME_STR_LIT("payload"));
    mneme_event_payload_json(event, json);
    mneme_json_end_object(json);
}
