/*
 * MurmurHash2 for 32 bits, bit for bit as Kafka's Java client computes it: bytes are taken little-endian
 * and all arithmetic wraps.
 */
#include "common/kafka/murmur2.h"

#define SEED 0x9747b28cU
#define MULTIPLIER 0x5bd1e995U
#define SHIFT 24

static uint32_t load_little_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

uint32_t mneme_murmur2(struct mneme_str key) {
    const uint8_t *bytes = (const uint8_t *)key.data;
    size_t left = key.len;
    uint32_t hash = SEED ^ (uint32_t)key.len;
    for (; left >= 4; left -= 4, bytes += 4) {
        uint32_t word = load_little_endian(bytes) * MULTIPLIER;
        word ^= word >> SHIFT;
        hash = (hash * MULTIPLIER) ^ (word * MULTIPLIER);
    }
    if (left > 0) {
        uint32_t tail = 0;
        for (size_t i = left; i > 0; i--) {
            tail = tail << 8 | bytes[i - 1];
        }
        hash = (hash ^ tail) * MULTIPLIER;
    }
    hash = (hash ^ hash >> 13) * MULTIPLIER;
    return hash ^ hash >> 15;
}
