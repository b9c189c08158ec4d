/*
 * Growth of the batch's hash tables. The old slots stay in the arena until it is reset.
 */
#include "common/base/hash.h"

#define FIRST_CAPACITY 16

bool mneme_hash_init(struct mneme_hash *hash, struct mneme_arena *arena, size_t expected) {
    size_t capacity = FIRST_CAPACITY;
    while (capacity / 2 < expected) {
        capacity *= 2;
    }
    *hash = (struct mneme_hash){.arena = arena, .capacity = capacity};
    hash->slots = mneme_arena_calloc(arena, capacity, sizeof *hash->slots);
    return hash->slots != NULL;
}

static void place(struct mneme_hash *hash, struct mneme_hash_slot slot) {
    size_t at = slot.hash & (hash->capacity - 1);
    while (hash->slots[at].entry != NULL) {
        at = (at + 1) & (hash->capacity - 1);
    }
    hash->slots[at] = slot;
}

bool mneme_hash_add(struct mneme_hash *hash, uint64_t value, void *entry) {
    if (hash->count * 2 >= hash->capacity) {
        struct mneme_hash grown;
        if (!mneme_hash_init(&grown, hash->arena, hash->capacity)) {
            return false;
        }
        for (size_t i = 0; i < hash->capacity; i++) {
            if (hash->slots[i].entry != NULL) {
                place(&grown, hash->slots[i]);
            }
        }
        grown.count = hash->count;
        *hash = grown;
    }
    place(hash, (struct mneme_hash_slot){value, entry});
    hash->count++;
    return true;
}
