/*
 * A memory: the row of the ledger's table, its conversion to JSON and back, and its encoding in Redis.
 */
#ifndef MNEME_STORES_REDIS_MEMORY_H
#define MNEME_STORES_REDIS_MEMORY_H

#include "common/postgres/row.h"

/* A row of the table. */
struct mneme_memory_row {
    struct mneme_uuid id;
    struct mneme_str tenant, stream_id, agent_id, user_id, run_id, conversation_id;
    struct mneme_str memory_type, term;
    struct mneme_str content, metadata; /* JSON */
    struct mneme_str_array tags, entities;
    double confidence, importance, priority;
    int64_t access_count;
    struct mneme_opt_long last_accessed_at;
    int64_t created_at, updated_at;
    struct mneme_opt_long expires_at;
    bool is_deleted, is_archived;
    struct mneme_str tier;
    int64_t version;
    struct mneme_uuid source_event_id;
};

#define MNEME_MEMORY_COLUMN_COUNT 26

/* In the order of the table. */
extern const struct mneme_row_column mneme_memory_columns[MNEME_MEMORY_COLUMN_COUNT];

/* The value of MNEME_HOT_MEMORY: a line
 *   <source_sequence, 19 digits> <access_count> <last_accessed_at, microseconds, or "-": never>
 * [<tenant>/<user>/<agent>] and the row as JSON without access_count and last_accessed_at. The names are
 * encoded as in keys, a missing user is empty, and without an agent the names are left out: the scripts use
 * them to find the lists that contain the memory. */
struct mneme_hot_memory {
    struct mneme_memory_row row; /* importance: without the share of accesses */
    int64_t source_sequence;     /* of the event that created the version */
};

void mneme_hot_memory_write(struct mneme_buffer *out, const struct mneme_hot_memory *memory);

/* The value's parts, for callers that write them separately. */
void mneme_hot_memory_accessed_at(struct mneme_buffer *out, const struct mneme_memory_row *row);
void mneme_hot_memory_lists(struct mneme_buffer *out, const struct mneme_memory_row *row);
void mneme_hot_memory_json(struct mneme_buffer *out, const struct mneme_memory_row *row);

/* Strings point into `value` or are in the arena. False for a value that mneme_hot_memory_write did not
 * write, or when memory is exhausted; treat it as missing. */
bool mneme_hot_memory_read(struct mneme_hot_memory *out, struct mneme_str value, struct mneme_arena *arena);

/* Adds the share of accesses to the importance, as queries to Postgres do: 0.01 each, up to 1.
 */
void mneme_memory_row_add_accesses(struct mneme_memory_row *row);

#endif
