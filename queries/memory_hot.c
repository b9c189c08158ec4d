/*
 * The importance of an answer counts accesses, as the statement of the tables does it.
 */
#include "queries/memory_hot.h"

bool mneme_memory_get_hot(struct mneme_hot_reader *hot, const struct mneme_memory_key *key,
                          mneme_row_visitor *visit, void *context) {
    const struct mneme_hot_memory_id id = {key->tenant, key->stream_id, key->id};
    struct mneme_hot_memory memory;
    struct mneme_arena arena;
    bool found = false;
    if (hot == NULL || key->as_of.is_set || key->stream_id.data == NULL || key->include_deleted) {
        return false;
    }
    mneme_arena_init(&arena, 0);
    if (mneme_hot_reader_memories(&memory, &found, hot, &id, 1, &arena) == 1) {
        mneme_memory_row_add_accesses(&memory.row);
        (void)visit(&memory.row, context); /* there is no further one */
    }
    mneme_arena_clean_up(&arena);
    return found;
}
