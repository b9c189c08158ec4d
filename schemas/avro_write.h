/*
 * Writes Avro's primitives into a buffer, whose `failed` says at the end whether memory was exhausted.
 */
#ifndef MNEME_SCHEMAS_AVRO_WRITE_H
#define MNEME_SCHEMAS_AVRO_WRITE_H

#include "common/base/buffer.h"

/* Up to ten bytes of seven bits, the low ones first. */
static inline void mneme_avro_put_varint(struct mneme_buffer *out, uint64_t rest) {
    uint8_t bytes[10];
    size_t len = 0;
    while (rest >= 0x80) {
        bytes[len++] = (uint8_t)(rest | 0x80U);
        rest >>= 7;
    }
    bytes[len++] = (uint8_t)rest;
    mneme_buffer_append(out, bytes, len);
}

/* Most numbers are branches and short lengths: one byte. */
static inline void mneme_avro_put_long(struct mneme_buffer *out, int64_t value) {
    uint64_t zigzag = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    if (zigzag < 0x80) {
        mneme_buffer_append_byte(out, (uint8_t)zigzag);
    } else {
        mneme_avro_put_varint(out, zigzag);
    }
}

/* Bytes or a string. */
static inline void mneme_avro_put_bytes(struct mneme_buffer *out, struct mneme_str bytes) {
    mneme_avro_put_long(out, (int64_t)bytes.len);
    mneme_buffer_append_str(out, bytes);
}

#endif
