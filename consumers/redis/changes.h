/*
 * From what a batch touches to the values for Redis, by one round trip to the ledger's tables, or none.
 */
#ifndef MNEME_CONSUMERS_REDIS_CHANGES_H
#define MNEME_CONSUMERS_REDIS_CHANGES_H

#include "consumers/redis/touches.h"
#include "stores/redis/change.h"
#include "stores/redis/memory_created.h"
#include "stores/redis/memory_load.h"
#include "stores/redis/working_load.h"

/* One change of one partition's keys. */
struct mneme_cache_change {
    int32_t partition;
    int64_t offset; /* of the last event that it comes from */
    int64_t expires_ms, happened_at;
    const struct mneme_hot_memory *memory; /* or what follows */
    struct mneme_str user_id;              /* the owner; null: the stream */
    struct mneme_str names[3];
    size_t name_count;
    int64_t ledger_offset;
    const struct mneme_loaded_working *working; /* or a value */
    enum mneme_hot_kind kind;
    struct mneme_str json; /* null: there is none */
};

/* A memory that was accessed, of any partition. */
struct mneme_cache_access {
    int32_t partition;
    const struct mneme_memory_row *row;
};

/* Time to live of each kind of key, in seconds. */
struct mneme_cache_terms {
    int64_t ttl_s[MNEME_HOT_KIND_COUNT];
};

#define MNEME_CACHE_CALLS 8 /* statements of one batch */

/* The changes of one batch, in its arena; strings point into `answers`. */
struct mneme_cache_changes {
    struct mneme_cache_change *items; /* by partition and offset */
    size_t count;
    struct mneme_cache_access *accesses; /* by partition; of existing memories */
    size_t access_count;

    PGresult *answers[MNEME_CACHE_CALLS];
    struct mneme_pg_params params[MNEME_CACHE_CALLS];
    struct mneme_cache_terms terms;
    struct mneme_buffer text; /* of values taken from an event */
    struct mneme_json_normal normal;
};
void mneme_cache_changes_clean_up(struct mneme_cache_changes *changes);

/* Reads all that is touched, in one snapshot, replacing the former changes; values that events contain whole
 * are taken from them. `postgres` finds the ledger's tables on its search path, is outside a transaction, and
 * the ledger must have passed the batch if there is anything to read; otherwise MNEME_E_UNAVAILABLE. */
int mneme_cache_changes_load(struct mneme_cache_changes *changes, struct mneme_postgres *postgres,
                             struct mneme_str topic, const struct mneme_touches *touches,
                             const struct mneme_batch *batch, struct mneme_arena *arena,
                             struct mneme_error *error);

#endif
