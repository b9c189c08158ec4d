/*
 * The importance of an answer counts accesses, as the statement of the tables does it.
 */
#include "queries/memory_hot.h"

#include "sql/embedded.h"

bool mneme_memory_is_hot_key(const struct mneme_memory_key *key) {
    return !key->as_of.is_set && key->stream_id.data != NULL && !key->include_deleted;
}

static void show(const struct mneme_memory_row *row, mneme_row_visitor *visit, void *context) {
    struct mneme_memory_row shown = *row;
    mneme_memory_row_add_accesses(&shown);
    (void)visit(&shown, context); /* there is no further one */
}

bool mneme_memory_get_hot(struct mneme_hot_reader *hot, const struct mneme_memory_key *key,
                          mneme_row_visitor *visit, void *context) {
    const struct mneme_hot_memory_id id = {key->tenant, key->stream_id, key->id};
    struct mneme_hot_memory memory;
    struct mneme_arena arena;
    bool found = false;
    if (hot == NULL || !mneme_memory_is_hot_key(key)) {
        return false;
    }
    mneme_arena_init(&arena, 0);
    if (mneme_hot_reader_memories(&memory, &found, hot, &id, 1, &arena) == 1) {
        show(&memory.row, visit, context);
    }
    mneme_arena_clean_up(&arena);
    return found;
}

int mneme_memory_get_filling(struct mneme_hot_reader *hot, struct mneme_postgres *postgres,
                             const struct mneme_memory_key *key, mneme_row_visitor *visit, void *context,
                             size_t *count, struct mneme_error *error) {
    struct mneme_hot_loaded_memory loaded;
    struct mneme_pg_params params = {0};
    struct mneme_arena arena;
    PGresult *rows = NULL;
    const struct mneme_hot_memory_key wanted = {
        mneme_hot_reader_partition_of(hot, key->tenant, key->stream_id), key->tenant, key->stream_id,
        key->id};
    mneme_arena_init(&arena, 0);
    int status = mneme_hot_memories_params(&params, &arena, mneme_hot_reader_topic(hot), &wanted, 1, error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_hot_memories, &params, true, error);
    }
    *count = 0;
    if (status == MNEME_OK && PQntuples(rows) == 1) {
        status = mneme_hot_memories_read(&loaded, rows, 0, &arena, error);
        if (status == MNEME_OK && !loaded.memory.row.is_deleted) {
            show(&loaded.memory.row, visit, context);
            *count = 1;
        }
        if (status == MNEME_OK && wanted.partition >= 0) {
            mneme_hot_reader_fill(hot, &loaded, 1);
        }
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    mneme_arena_clean_up(&arena);
    return status;
}
