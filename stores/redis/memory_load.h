/*
 * Loads memories from the ledger's tables for the hot tier, any number with one statement. Used by workers
 * that fold, and by readers that fill what they missed.
 *
 *   mneme_hot_memories_params(&params, &arena, topic, keys, count, error);
 *   mneme_pg_query(&rows, postgres, mneme_sql_hot_memories, &params, true, error);
 *   for each row: mneme_hot_memories_read(&loaded, rows, row, &arena, error);
 */
#ifndef MNEME_STORES_REDIS_MEMORY_LOAD_H
#define MNEME_STORES_REDIS_MEMORY_LOAD_H

#include "common/postgres/postgres.h"
#include "stores/redis/memory.h"

struct mneme_hot_memory_key {
    int32_t partition; /* of the log: the stream's */
    struct mneme_str tenant, stream_id;
    struct mneme_uuid id;
};

/* A memory in the tables, deleted or not. */
struct mneme_hot_loaded_memory {
    int64_t n;             /* its index in the keys, from 1 */
    int64_t ledger_offset; /* the ledger's progress in the partition when this was read */
    int64_t recorded_at;   /* of the event that made the version */
    struct mneme_hot_memory memory;
};

/* The statement's parameters. `params` are cleared first; the arena is needed only during the call. */
int mneme_hot_memories_params(struct mneme_pg_params *params, struct mneme_arena *arena,
                              struct mneme_str topic, const struct mneme_hot_memory_key *keys, size_t count,
                              struct mneme_error *error);

/* One row of the statement's binary result. Strings point into it, arrays are in the arena. */
int mneme_hot_memories_read(struct mneme_hot_loaded_memory *out, const PGresult *rows, int row,
                            struct mneme_arena *arena, struct mneme_error *error);

/* When its event happened, for retention: as the event says, but not after it was recorded. */
static inline int64_t mneme_hot_happened_at(int64_t occurred_at, int64_t recorded_at) {
    return occurred_at < recorded_at ? occurred_at : recorded_at;
}

/* Until when it is kept, in milliseconds: for `ttl_s` from `since` on, but not beyond its own expiry. */
int64_t mneme_hot_memory_expires_ms(const struct mneme_memory_row *row, int64_t since_micros, int64_t ttl_s);

#endif
