/*
 * The statement's array parameters, and its rows: some columns precede those of a memory.
 */
#include "stores/redis/memory_load.h"

#define HEAD_COLUMN_COUNT 4
#define COLUMN_COUNT (HEAD_COLUMN_COUNT + MNEME_MEMORY_COLUMN_COUNT)

static const struct mneme_row_column head[HEAD_COLUMN_COUNT] = {
    {"n", MNEME_ROW_LONG, offsetof(struct mneme_hot_loaded_memory, n)},
    {"next_offset", MNEME_ROW_LONG, offsetof(struct mneme_hot_loaded_memory, ledger_offset)},
    {"valid_from", MNEME_ROW_TIME, offsetof(struct mneme_hot_loaded_memory, recorded_at)},
    {"source_sequence", MNEME_ROW_LONG, offsetof(struct mneme_hot_loaded_memory, memory.source_sequence)},
};

int mneme_hot_memories_params(struct mneme_pg_params *params, struct mneme_arena *arena,
                              struct mneme_str topic, const struct mneme_hot_memory_key *keys, size_t count,
                              struct mneme_error *error) {
    int64_t *partitions = mneme_arena_alloc(arena, (count + 1) * sizeof *partitions);
    struct mneme_str *texts = mneme_arena_alloc(arena, (2 * count + 1) * sizeof *texts);
    struct mneme_uuid *ids = mneme_arena_alloc(arena, (count + 1) * sizeof *ids);
    if (partitions == NULL || texts == NULL || ids == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot read memories: out of memory; ask for fewer");
    }
    for (size_t i = 0; i < count; i++) {
        partitions[i] = keys[i].partition;
        texts[i] = keys[i].tenant;
        texts[count + i] = keys[i].stream_id;
        ids[i] = keys[i].id;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, topic);
    mneme_pg_param_long_array(params, partitions, count);
    mneme_pg_param_str_array(params, texts, count);
    mneme_pg_param_str_array(params, texts + count, count);
    mneme_pg_param_uuid_array(params, ids, count);
    return MNEME_OK;
}

int mneme_hot_memories_read(struct mneme_hot_loaded_memory *out, const PGresult *rows, int row,
                            struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_row_column columns[COLUMN_COUNT];
    memcpy(columns, head, sizeof head);
    for (size_t i = 0; i < MNEME_MEMORY_COLUMN_COUNT; i++) {
        columns[HEAD_COLUMN_COUNT + i] = mneme_memory_columns[i];
        columns[HEAD_COLUMN_COUNT + i].offset += offsetof(struct mneme_hot_loaded_memory, memory.row);
    }
    return mneme_row_read(out, columns, COLUMN_COUNT, rows, row, arena, error);
}

int64_t mneme_hot_memory_expires_ms(const struct mneme_memory_row *row, int64_t since_micros, int64_t ttl_s) {
    int64_t until = since_micros + ttl_s * 1000000;
    if (row->expires_at.is_set && row->expires_at.value < until) {
        until = row->expires_at.value;
    }
    return until / 1000;
}
