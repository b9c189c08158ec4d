/*
 * Reads Avro's primitives from untrusted bytes: nothing is read or allocated beyond them. A failed cursor
 * knows the reason; its place is then where the failing value began.
 */
#ifndef MNEME_SCHEMAS_AVRO_READ_H
#define MNEME_SCHEMAS_AVRO_READ_H

#include <endian.h>

#include "common/base/types.h"

struct mneme_avro_cursor {
    const uint8_t *at;
    const uint8_t *end;
    const char *reason; /* the reason of a failure; a constant */
};

static inline bool mneme_avro_fail(struct mneme_avro_cursor *cursor, const char *reason) {
    cursor->reason = reason;
    return false;
}

static inline size_t mneme_avro_left(const struct mneme_avro_cursor *cursor) {
    return (size_t)(cursor->end - cursor->at);
}

/* Up to ten bytes of seven bits, the low ones first. */
static inline bool mneme_avro_varint(struct mneme_avro_cursor *cursor, uint64_t *out) {
    const uint8_t *at = cursor->at;
    if (at < cursor->end && *at < 0x80) { /* most lengths, counts and branches */
        *out = *at;
        cursor->at = at + 1;
        return true;
    }
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && at < cursor->end; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1) {
            return mneme_avro_fail(cursor, "a number has more than 64 bits");
        }
        value |= (uint64_t)(byte & 0x7FU) << shift;
        if (byte < 0x80) {
            *out = value;
            cursor->at = at;
            return true;
        }
    }
    return mneme_avro_fail(cursor, "the bytes end inside a number");
}

static inline bool mneme_avro_long(struct mneme_avro_cursor *cursor, int64_t *out) {
    uint64_t value;
    if (!mneme_avro_varint(cursor, &value)) {
        return false;
    }
    *out = (int64_t)(value >> 1 ^ (0 - (value & 1))); /* zigzag */
    return true;
}

static inline bool mneme_avro_int(struct mneme_avro_cursor *cursor, int64_t *out) {
    const uint8_t *begin = cursor->at;
    if (!mneme_avro_long(cursor, out)) {
        return false;
    }
    if (*out < INT32_MIN || *out > INT32_MAX) {
        cursor->at = begin;
        return mneme_avro_fail(cursor, "a number has more than 32 bits");
    }
    return true;
}

/* Bytes or a string: a slice of the input. */
static inline bool mneme_avro_bytes(struct mneme_avro_cursor *cursor, struct mneme_str *out) {
    const uint8_t *begin = cursor->at;
    int64_t len;
    if (!mneme_avro_long(cursor, &len)) {
        return false;
    }
    if (len < 0 || (uint64_t)len > mneme_avro_left(cursor)) {
        cursor->at = begin;
        return mneme_avro_fail(cursor,
                               len < 0 ? "a length is negative" : "a string is longer than what is left");
    }
    *out = (struct mneme_str){(const char *)cursor->at, (size_t)len};
    cursor->at += len;
    return true;
}

static inline bool mneme_avro_bool(struct mneme_avro_cursor *cursor, bool *out) {
    if (cursor->at == cursor->end) {
        return mneme_avro_fail(cursor, "the bytes end before a boolean");
    }
    if (*cursor->at > 1) {
        return mneme_avro_fail(cursor, "a boolean is neither 0 nor 1");
    }
    *out = *cursor->at++ == 1;
    return true;
}

static inline bool mneme_avro_double(struct mneme_avro_cursor *cursor, double *out) {
    uint64_t bits;
    if (mneme_avro_left(cursor) < sizeof bits) {
        return mneme_avro_fail(cursor, "the bytes end inside a double");
    }
    memcpy(&bits, cursor->at, sizeof bits);
    bits = le64toh(bits);
    memcpy(out, &bits, sizeof bits);
    cursor->at += sizeof bits;
    return true;
}

static inline bool mneme_avro_float(struct mneme_avro_cursor *cursor, double *out) {
    uint32_t bits;
    float value;
    if (mneme_avro_left(cursor) < sizeof bits) {
        return mneme_avro_fail(cursor, "the bytes end inside a float");
    }
    memcpy(&bits, cursor->at, sizeof bits);
    bits = le32toh(bits);
    memcpy(&value, &bits, sizeof value);
    *out = (double)value;
    cursor->at += sizeof bits;
    return true;
}

/* The header of the next block of an array or a map: its number of items, 0 after the last one. A negative
 * count is followed by the block's size in bytes, returned in *block_bytes (else SIZE_MAX). */
static inline bool mneme_avro_block(struct mneme_avro_cursor *cursor, uint64_t *count, size_t *block_bytes) {
    const uint8_t *begin = cursor->at;
    int64_t items;
    int64_t bytes;
    *block_bytes = SIZE_MAX;
    if (!mneme_avro_long(cursor, &items)) {
        return false;
    }
    if (items >= 0) {
        *count = (uint64_t)items;
        return true;
    }
    *count = 0 - (uint64_t)items;
    if (!mneme_avro_long(cursor, &bytes)) {
        return false;
    }
    if (bytes < 0 || (uint64_t)bytes > mneme_avro_left(cursor)) {
        cursor->at = begin;
        return mneme_avro_fail(cursor, "a block is longer than what is left");
    }
    *block_bytes = (size_t)bytes;
    return true;
}

#endif
