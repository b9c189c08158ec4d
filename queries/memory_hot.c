/*
 * The importance in an answer includes accesses, computed as in the SQL statement.
 */
#include "queries/memory_hot.h"

#include <stdlib.h>

#include "sql/embedded.h"

bool mneme_memory_is_hot_key(const struct mneme_memory_key *key) {
    return !key->as_of.is_set && key->stream_id.data != NULL && !key->include_deleted;
}

static void show(const struct mneme_memory_row *row, mneme_row_visitor *visit, void *context) {
    struct mneme_memory_row shown = *row;
    mneme_memory_row_add_accesses(&shown);
    (void)visit(&shown, context); /* this is the only one */
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

/* The order of the lists from the tables. */
static int compare_rows(const void *a, const void *b) {
    const struct mneme_memory_row *one = &((const struct mneme_hot_memory *)a)->row;
    const struct mneme_memory_row *other = &((const struct mneme_hot_memory *)b)->row;
    if (one->created_at != other->created_at) {
        return one->created_at < other->created_at ? 1 : -1;
    }
    int order = memcmp(other->id.bytes, one->id.bytes, sizeof one->id.bytes);
    return order != 0 ? order : mneme_str_compare(other->stream_id, one->stream_id);
}

static void show_list(struct mneme_hot_memory *memories, size_t count, int64_t limit,
                      mneme_row_visitor *visit, void *context) {
    if (count > 1) {
        qsort(memories, count, sizeof *memories, compare_rows);
    }
    for (size_t i = 0; i < count && (int64_t)i < limit; i++) {
        mneme_memory_row_add_accesses(&memories[i].row);
        if (!visit(&memories[i].row, context)) {
            return;
        }
    }
}

bool mneme_memory_list_hot(struct mneme_hot_reader *hot, const struct mneme_memory_filter *filter,
                           mneme_row_visitor *visit, void *context) {
    const struct mneme_str with_user[] = {filter->tenant, filter->user_id, filter->agent_id};
    const struct mneme_str alone[] = {filter->tenant, filter->agent_id};
    bool has_user = filter->user_id.data != NULL;
    struct mneme_hot_memory_id *ids;
    struct mneme_arena arena;
    size_t count;
    mneme_arena_init(&arena, 0);
    bool is_here =
        hot != NULL &&
        mneme_hot_reader_list(&ids, &count, hot, has_user ? MNEME_HOT_USER_AGENT : MNEME_HOT_AGENT,
                              has_user ? with_user : alone, has_user ? 3 : 2, (size_t)filter->limit, &arena);
    if (is_here) {
        struct mneme_hot_memory *memories = mneme_arena_alloc(&arena, (count + 1) * sizeof *memories);
        bool *found = mneme_arena_alloc(&arena, count + 1);
        is_here = memories != NULL && found != NULL;
        if (is_here) {
            (void)mneme_hot_reader_memories(memories, found, hot, ids, count, &arena);
            size_t kept = 0;
            for (size_t i = 0; i < count; i++) {
                if (found[i] && (filter->include_archived || !memories[i].row.is_archived)) {
                    memories[kept++] = memories[i];
                }
            }
            show_list(memories, kept, filter->limit, visit, context);
        }
    }
    mneme_arena_clean_up(&arena);
    return is_here;
}
