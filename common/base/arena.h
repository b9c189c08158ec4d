/*
 * Bump allocation for data that lives as long as one batch: allocate often, release once. After the first
 * batches, the arena no longer calls malloc. One thread at a time.
 */
#ifndef MNEME_COMMON_BASE_ARENA_H
#define MNEME_COMMON_BASE_ARENA_H

#include "common/base/types.h"

struct mneme_arena_block;

struct mneme_arena {
    struct mneme_arena_block *first;
    struct mneme_arena_block *current;
    size_t block_bytes;
    size_t used_bytes; /* allocated since the last reset */
};

/* `block_bytes`: size of the blocks to ask malloc for; 0 means 64 KiB. Allocates nothing yet. */
void mneme_arena_init(struct mneme_arena *arena, size_t block_bytes);
void mneme_arena_clean_up(struct mneme_arena *arena);

/* Releases all allocations; keeps up to `keep_bytes` of blocks for reuse and frees the rest. */
void mneme_arena_reset(struct mneme_arena *arena, size_t keep_bytes);

/* Uninitialised memory aligned for any type, valid until reset; NULL when memory is exhausted. */
void *mneme_arena_alloc(struct mneme_arena *arena, size_t bytes);

/* Zeroed memory for `count` items of `item_bytes`; NULL on exhaustion or overflow. */
void *mneme_arena_calloc(struct mneme_arena *arena, size_t count, size_t item_bytes);

/* A NUL-terminated copy in the arena; null stays null. data == NULL on exhaustion. */
struct mneme_str mneme_arena_copy(struct mneme_arena *arena, struct mneme_str text);

#endif
