/*
 * A memory as a value: the row of the ledger's table, its JSON both ways, and what Redis keeps of it.
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

/* What Redis keeps under MNEME_HOT_MEMORY: a line
 *   <source_sequence, 19 digits> <access_count> <last_accessed_at, microseconds, or "-": never>
 * [<tenant>/<user>/<agent>] and the row as JSON without access_count and last_accessed_at. The names are
 * encoded as in keys, an absent user is empty, and without an agent there are none: they tell the scripts
 * which lists the memory is in. */
struct mneme_hot_memory {
    struct mneme_memory_row row; /* importance: without what accesses add */
    int64_t source_sequence;     /* of the event that made the version */
};

void mneme_hot_memory_write(struct mneme_buffer *out, const struct mneme_hot_memory *memory);

/* The value's parts, for who writes them apart. */
void mneme_hot_memory_accessed_at(struct mneme_buffer *out, const struct mneme_memory_row *row);
void mneme_hot_memory_lists(struct mneme_buffer *out, const struct mneme_memory_row *row);
void mneme_hot_memory_json(struct mneme_buffer *out, const struct mneme_memory_row *row);

/* Strings point into `value` or lie in the arena. False for a value that mneme_hot_memory_write did not make,
 * or when memory is exhausted: it counts as none. */
bool mneme_hot_memory_read(struct mneme_hot_memory *out, struct mneme_str value, struct mneme_arena *arena);

/* Adds to the importance what the accesses are worth, as questions to Postgres do: 0.01 each, to 1 at most.
 */
void mneme_memory_row_add_accesses(struct mneme_memory_row *row);

#endif
