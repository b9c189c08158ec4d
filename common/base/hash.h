/*
 * Hashing for the tables that live as long as one batch: open addressing over the batch's arena, so that an
 * event costs no malloc. Entries are never removed.
 */
#ifndef MNEME_COMMON_BASE_HASH_H
#define MNEME_COMMON_BASE_HASH_H

#include "common/base/arena.h"

struct mneme_hash_slot {
    uint64_t hash;
    void *entry; /* NULL: free */
};

struct mneme_hash {
    struct mneme_arena *arena;
    struct mneme_hash_slot *slots;
    size_t capacity; /* a power of two */
    size_t count;
};

/* Room for `expected` entries before the first growth; false when memory is exhausted. */
bool mneme_hash_init(struct mneme_hash *hash, struct mneme_arena *arena, size_t expected);

/* Adds an entry, which must not exist yet; false when memory is exhausted. */
bool mneme_hash_add(struct mneme_hash *hash, uint64_t value, void *entry);

/* Walks the entries that have this hash value: start with *cursor = value; NULL at the end. */
static inline void *mneme_hash_next(const struct mneme_hash *hash, uint64_t value, uint64_t *cursor) {
    for (;;) {
        const struct mneme_hash_slot *slot = &hash->slots[*cursor & (hash->capacity - 1)];
        if (slot->entry == NULL) {
            return NULL;
        }
        ++*cursor;
        if (slot->hash == value) {
            return slot->entry;
        }
    }
}

static inline uint64_t mneme_hash_mix(uint64_t seed, uint64_t value) {
    uint64_t mixed = (seed ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return mixed ^ (mixed >> 32);
}

/* The hash value of bytes; another seed gives another order. */
static inline uint64_t mneme_hash_bytes(uint64_t seed, const void *data, size_t len) {
    const unsigned char *bytes = data;
    uint64_t value = mneme_hash_mix(seed, len);
    uint64_t word;
    for (; len >= sizeof word; len -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        value = mneme_hash_mix(value, word);
    }
    word = 0;
    if (len > 0) {
        memcpy(&word, bytes, len);
    }
    return mneme_hash_mix(value, word);
}

#endif
