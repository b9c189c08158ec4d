/*
 * An event as Avro binary in the newest schema, written from the descriptors, whose fields and payload types
 * are in the schema's order.
 */
#include <endian.h>

#include "common/base/uuid.h"
#include "schemas/avro_write.h"
#include "schemas/codec.h"

static void put_double(struct mneme_buffer *out, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = htole64(bits);
    mneme_buffer_append(out, &bits, sizeof bits);
}

static void put_uuid(struct mneme_buffer *out, struct mneme_uuid id) {
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(id, text);
    mneme_avro_put_bytes(out, (struct mneme_str){text, sizeof text});
}

/* Arrays and maps are one block: the count, the items, and the zero that ends them. */
static void begin_block(struct mneme_buffer *out, size_t count) {
    if (count > 0) {
        mneme_avro_put_long(out, (int64_t)count);
    }
}

static void end_blocks(struct mneme_buffer *out) {
    mneme_avro_put_long(out, 0);
}

static void put_string_array(struct mneme_buffer *out, const struct mneme_str_array *array) {
    begin_block(out, array->count);
    for (size_t i = 0; i < array->count; i++) {
        mneme_avro_put_bytes(out, array->items[i]);
    }
    end_blocks(out);
}

static void put_long_array(struct mneme_buffer *out, const struct mneme_long_array *array) {
    begin_block(out, array->count);
    for (size_t i = 0; i < array->count; i++) {
        mneme_avro_put_long(out, array->items[i]);
    }
    end_blocks(out);
}

static void put_double_array(struct mneme_buffer *out, const struct mneme_double_array *array) {
    begin_block(out, array->count);
    for (size_t i = 0; i < array->count; i++) {
        put_double(out, array->items[i]);
    }
    end_blocks(out);
}

static void put_map(struct mneme_buffer *out, const struct mneme_str_map *map) {
    begin_block(out, map->count);
    for (size_t i = 0; i < map->count; i++) {
        mneme_avro_put_bytes(out, map->items[i].key);
        mneme_avro_put_bytes(out, map->items[i].value);
    }
    end_blocks(out);
}

static void put_record(struct mneme_buffer *out, const void *record, const struct mneme_record_info *info);

static void put_value(struct mneme_buffer *out, const struct mneme_field_info *field, const void *at) {
    switch (field->kind) {
    case MNEME_FIELD_STRING:
    case MNEME_FIELD_VECTOR:
        mneme_avro_put_bytes(out, *(const struct mneme_str *)at);
        break;
    case MNEME_FIELD_UUID:
        put_uuid(out, *(const struct mneme_uuid *)at);
        break;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        mneme_avro_put_long(out, *(const int64_t *)at);
        break;
    case MNEME_FIELD_DOUBLE:
        put_double(out, *(const double *)at);
        break;
    case MNEME_FIELD_BOOL:
        mneme_buffer_append_byte(out, *(const bool *)at ? 1 : 0);
        break;
    case MNEME_FIELD_STRING_ARRAY:
        put_string_array(out, at);
        break;
    case MNEME_FIELD_LONG_ARRAY:
        put_long_array(out, at);
        break;
    case MNEME_FIELD_DOUBLE_ARRAY:
        put_double_array(out, at);
        break;
    case MNEME_FIELD_STRING_MAP:
        put_map(out, at);
        break;
    case MNEME_FIELD_RECORD:
        put_record(out, at, field->record);
        break;
    }
}

static void put_record(struct mneme_buffer *out, const void *record, const struct mneme_record_info *info) {
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        if (field->is_nullable) {
            bool is_null = mneme_field_is_null(record, field);
            mneme_avro_put_long(out, is_null ? 0 : 1);
            if (is_null) {
                continue;
            }
        }
        put_value(out, field, (const char *)record + field->offset);
    }
}

void mneme_event_encode(const struct mneme_event *event, struct mneme_buffer *out) {
    put_record(out, event, &mneme_envelope_info);
    mneme_avro_put_long(out, (int64_t)event->type);
    put_record(out, &event->payload, &mneme_payload_info[event->type]);
}
