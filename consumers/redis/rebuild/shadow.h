/*
 * A space of keys separate from the live one, for a rebuild or a verification. Its number is written to Redis
 * before its first key, so that the leftovers of a killed program are found and removed.
 *
 * A rebuild fills the space with the next number after the live one, a verification the one after that.
 */
#ifndef MNEME_CONSUMERS_REDIS_REBUILD_SHADOW_H
#define MNEME_CONSUMERS_REDIS_REBUILD_SHADOW_H

#include "common/postgres/schema.h"
#include "consumers/runtime/rebuild.h"
#include "stores/redis/spaces.h"

enum mneme_cache_shadow_task {
    MNEME_CACHE_SHADOW_REBUILD,
    MNEME_CACHE_SHADOW_VERIFY,
    MNEME_CACHE_SHADOW_TASKS,
};

struct mneme_cache_shadow {
    enum mneme_cache_shadow_task task;
    struct mneme_config *config;     /* leads to the space */
    struct mneme_postgres *postgres; /* its session holds the lock */
    struct mneme_redis *redis;
    struct mneme_hot_space space;
    bool is_there; /* an earlier run has made it, from this log: */
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t partitions;

    int32_t live_partitions; /* of the topic that the live space was made of */
    int64_t *live_numbers;   /* the live space of each of these, and of each of the log's; malloc'd */
    size_t live_count;
};

/* Connects and begins: nobody else can until it is closed (MNEME_E_CONFLICT). Completes an interrupted
 * switch, and removes what an interrupted verification has left. */
int mneme_cache_shadow_open(struct mneme_cache_shadow *shadow, const struct mneme_config *config,
                            enum mneme_cache_shadow_task task, struct mneme_error *error);
void mneme_cache_shadow_close(struct mneme_cache_shadow *shadow);

/* Makes it, empty, for this log. */
int mneme_cache_shadow_make(struct mneme_cache_shadow *shadow, const struct mneme_rebuild_log *log,
                            struct mneme_error *error);

/* Removes it. */
int mneme_cache_shadow_drop(struct mneme_cache_shadow *shadow, struct mneme_error *error);

/* Pauses the live space of one of the log's partitions for `for_ms` (0: it goes on) and returns its place. */
int mneme_cache_shadow_freeze(struct mneme_hot_standing *out, struct mneme_cache_shadow *shadow,
                              int32_t partition, int64_t for_ms, struct mneme_error *error);

/* Replaces the live space by it, partition by partition, and removes the former. MNEME_E_CONFLICT, and
 * nothing is switched, when Redis or Postgres has lost the record of this rebuild. */
int mneme_cache_shadow_switch(struct mneme_cache_shadow *shadow, struct mneme_error *error);

#endif
