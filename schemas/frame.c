/*
 * The headers before an event's bytes: Confluent's (zero, four-byte id, big-endian) and Avro's single-object
 * encoding (C3 01, eight-byte fingerprint, little-endian).
 */
#include "schemas/codec.h"

#define CONFLUENT_MAGIC 0x00
#define CONFLUENT_HEADER_BYTES 5
#define SINGLE_OBJECT_HEADER_BYTES 10

static const uint8_t single_object_marker[] = {0xC3, 0x01};

static struct mneme_str behind(struct mneme_str message, size_t header_bytes) {
    return (struct mneme_str){message.data + header_bytes, message.len - header_bytes};
}

int mneme_frame_read(struct mneme_frame *frame, struct mneme_str message, struct mneme_error *error) {
    const uint8_t *bytes = (const uint8_t *)message.data;
    if (message.data == NULL || message.len == 0) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "not an event: the message is empty; see who wrote it");
    }
    *frame = (struct mneme_frame){.framing = MNEME_FRAMING_CONFLUENT};
    if (bytes[0] == CONFLUENT_MAGIC && message.len >= CONFLUENT_HEADER_BYTES) {
        uint32_t id =
            (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
        frame->schema_id = (int32_t)id;
        frame->body = behind(message, CONFLUENT_HEADER_BYTES);
        return MNEME_OK;
    }
    if (message.len >= SINGLE_OBJECT_HEADER_BYTES &&
        memcmp(bytes, single_object_marker, sizeof single_object_marker) == 0) {
        frame->framing = MNEME_FRAMING_SINGLE_OBJECT;
        for (size_t i = 0; i < sizeof frame->fingerprint; i++) {
            frame->fingerprint |= (uint64_t)bytes[sizeof single_object_marker + i] << (8 * i);
        }
        frame->body = behind(message, SINGLE_OBJECT_HEADER_BYTES);
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_INVALID,
                           "not an event: %zu bytes that begin with %02X are framed neither for a schema "
                           "registry nor as a single object; see who wrote them",
                           message.len, bytes[0]);
}

void mneme_frame_write_single_object(struct mneme_buffer *out, uint64_t fingerprint) {
    uint8_t header[SINGLE_OBJECT_HEADER_BYTES] = {single_object_marker[0], single_object_marker[1]};
    for (size_t i = 0; i < sizeof fingerprint; i++) {
        header[sizeof single_object_marker + i] = (uint8_t)(fingerprint >> (8 * i));
    }
    mneme_buffer_append(out, header, sizeof header);
}

void mneme_frame_write_confluent(struct mneme_buffer *out, int32_t schema_id) {
    uint32_t id = (uint32_t)schema_id;
    uint8_t header[CONFLUENT_HEADER_BYTES] = {CONFLUENT_MAGIC, (uint8_t)(id >> 24), (uint8_t)(id >> 16),
                                              (uint8_t)(id >> 8), (uint8_t)id};
    mneme_buffer_append(out, header, sizeof header);
}
