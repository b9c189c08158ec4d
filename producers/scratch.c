/*
 * The pool of scratch buffers: a few slots that are swapped in and out atomically; threads begin at different
 * slots, so that they rarely collide.
 */
#include "producers/scratch.h"

#include <pthread.h>
#include <stdlib.h>

/* The memory of one large event must not be kept forever. */
#define KEEP_BYTES ((size_t)256 * 1024)

static void destroy(struct mneme_producer_scratch *scratch) {
    if (scratch != NULL) {
        mneme_buffer_clean_up(&scratch->value);
        mneme_buffer_clean_up(&scratch->key);
        mneme_arena_clean_up(&scratch->arena);
        free(scratch);
    }
}

void mneme_producer_scratch_pool_clean_up(struct mneme_producer_scratch_pool *pool) {
    for (size_t i = 0; i < MNEME_PRODUCER_SCRATCH_PLACES; i++) {
        destroy(atomic_exchange(&pool->places[i], NULL));
    }
}

static size_t own_place(void) {
    /* Thread descriptors are pages apart. */
    return ((uintptr_t)pthread_self() >> 12) * UINT64_C(0x9E3779B97F4A7C15) >> 61;
}

struct mneme_producer_scratch *mneme_producer_scratch_take(struct mneme_producer_scratch_pool *pool) {
    _Static_assert(MNEME_PRODUCER_SCRATCH_PLACES == 8, "own_place gives three bits");
    struct mneme_producer_scratch *scratch = NULL;
    for (size_t i = 0, place = own_place(); i < MNEME_PRODUCER_SCRATCH_PLACES && scratch == NULL; i++) {
        scratch = atomic_exchange(&pool->places[(place + i) % MNEME_PRODUCER_SCRATCH_PLACES], NULL);
    }
    if (scratch == NULL) {
        scratch = calloc(1, sizeof *scratch);
        if (scratch != NULL) {
            mneme_arena_init(&scratch->arena, 0);
        }
        return scratch;
    }
    mneme_buffer_clear(&scratch->value);
    mneme_buffer_clear(&scratch->key);
    mneme_arena_reset(&scratch->arena, KEEP_BYTES);
    return scratch;
}

void mneme_producer_scratch_give(struct mneme_producer_scratch_pool *pool,
                                 struct mneme_producer_scratch *scratch) {
    if (scratch->value.capacity > KEEP_BYTES) {
        mneme_buffer_clean_up(&scratch->value);
    }
    for (size_t i = 0, place = own_place(); i < MNEME_PRODUCER_SCRATCH_PLACES; i++) {
        struct mneme_producer_scratch *empty = NULL;
        if (atomic_compare_exchange_strong(&pool->places[(place + i) % MNEME_PRODUCER_SCRATCH_PLACES], &empty,
                                           scratch)) {
            return;
        }
    }
    destroy(scratch);
}
