/*
 * The arena's blocks form a list that is reused after a reset: blocks before `current` are full, blocks after
 * it are spare. A request larger than a block gets a block of its size.
 */
#include "common/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define DEFAULT_BLOCK_BYTES ((size_t)64 * 1024)

struct mneme_arena_block {
    struct mneme_arena_block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

void mneme_arena_init(struct mneme_arena *arena, size_t block_bytes) {
    *arena = (struct mneme_arena){.block_bytes = block_bytes == 0 ? DEFAULT_BLOCK_BYTES : block_bytes};
}

void mneme_arena_clean_up(struct mneme_arena *arena) {
    for (struct mneme_arena_block *block = arena->first; block != NULL;) {
        struct mneme_arena_block *next = block->next;
        free(block);
        block = next;
    }
    mneme_arena_init(arena, arena->block_bytes);
}

void mneme_arena_reset(struct mneme_arena *arena, size_t keep_bytes) {
    size_t kept = 0;
    struct mneme_arena_block **link = &arena->first;
    while (*link != NULL) {
        struct mneme_arena_block *block = *link;
        if (block->capacity <= keep_bytes - kept) {
            kept += block->capacity;
            block->used = 0;
            link = &block->next;
        } else {
            *link = block->next;
            free(block);
        }
    }
    arena->current = NULL;
    arena->used_bytes = 0;
}

/* Takes a spare block with room for `bytes` out of the list, or makes one; NULL when memory is exhausted. */
static struct mneme_arena_block *find_block(struct mneme_arena *arena, size_t bytes) {
    struct mneme_arena_block **link = arena->current == NULL ? &arena->first : &arena->current->next;
    for (; *link != NULL; link = &(*link)->next) {
        struct mneme_arena_block *spare = *link;
        if (spare->capacity >= bytes) {
            *link = spare->next;
            return spare;
        }
    }
    size_t capacity = bytes > arena->block_bytes ? bytes : arena->block_bytes;
    if (capacity > SIZE_MAX - sizeof(struct mneme_arena_block)) {
        return NULL;
    }
    struct mneme_arena_block *block = malloc(sizeof *block + capacity);
    if (block != NULL) {
        block->capacity = capacity;
        block->used = 0;
    }
    return block;
}

void *mneme_arena_alloc(struct mneme_arena *arena, size_t bytes) {
    const size_t alignment = alignof(max_align_t);
    if (bytes > SIZE_MAX - alignment) {
        return NULL;
    }
    size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    if (rounded == 0) {
        rounded = alignment;
    }
    struct mneme_arena_block *block = arena->current;
    if (block == NULL || block->capacity - block->used < rounded) {
        block = find_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
        struct mneme_arena_block **link = arena->current == NULL ? &arena->first : &arena->current->next;
        block->next = *link;
        *link = block;
        arena->current = block;
    }
    void *result = block->bytes + block->used;
    block->used += rounded;
    arena->used_bytes += rounded;
    return result;
}

void *mneme_arena_calloc(struct mneme_arena *arena, size_t count, size_t item_bytes) {
    size_t bytes;
    if (__builtin_mul_overflow(count, item_bytes, &bytes)) {
        return NULL;
    }
    void *result = mneme_arena_alloc(arena, bytes);
    if (result != NULL) {
        memset(result, 0, bytes);
    }
    return result;
}

struct mneme_str mneme_arena_copy(struct mneme_arena *arena, struct mneme_str text) {
    if (text.data == NULL || text.len == SIZE_MAX) {
        return MNEME_STR_NULL;
    }
    char *copy = mneme_arena_alloc(arena, text.len + 1);
    if (copy == NULL) {
        return MNEME_STR_NULL;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return (struct mneme_str){copy, text.len};
}
