/*
 * Vectors as bytes: single-precision numbers, little-endian, as events, topics and caches hold them.
 */
#ifndef MNEME_COMMON_BASE_FLOATS_H
#define MNEME_COMMON_BASE_FLOATS_H

#include <endian.h>

#include "common/base/buffer.h"

/* Appends the numbers' bytes. */
static inline void mneme_floats_put(struct mneme_buffer *out, const float *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        bits = htole32(bits);
        mneme_buffer_append(out, &bits, sizeof bits);
    }
}

/* Reads `count` numbers. */
static inline void mneme_floats_get(float *numbers, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, (const char *)bytes + i * sizeof bits, sizeof bits);
        bits = le32toh(bits);
        memcpy(&numbers[i], &bits, sizeof bits);
    }
}

#endif
