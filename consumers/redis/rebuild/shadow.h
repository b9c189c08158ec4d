/*
 * A space of keys apart from the live one, for a rebuild or a verification: which one it is stands in Redis
 * before its first key does, so that whatever a killed program has left is found and goes.
 *
 * A rebuild fills the space behind the live one, a verification the one behind that.
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
    bool is_there; /* some run before has made it, of this log: */
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t partitions;

    int32_t live_partitions; /* of the topic that the live space was made of */
    int64_t *live_numbers;   /* the live space of each of these, and of each of the log's; malloc'd */
    size_t live_count;
};

/* Connects and begins: nobody else can until it is closed (MNEME_E_CONFLICT). Ends a switch that was
 * interrupted, and takes away what an interrupted verification has left. */
int mneme_cache_shadow_open(struct mneme_cache_shadow *shadow, const struct mneme_config *config,
                            enum mneme_cache_shadow_task task, struct mneme_error *error);
void mneme_cache_shadow_close(struct mneme_cache_shadow *shadow);

/* Makes it for this log, without what was there. */
int mneme_cache_shadow_make(struct mneme_cache_shadow *shadow, const struct mneme_rebuild_log *log,
                            struct mneme_error *error);

/* Takes it away. */
int mneme_cache_shadow_drop(struct mneme_cache_shadow *shadow, struct mneme_error *error);

/* Where the live space of one of the log's partitions is, which is held up for so long; 0: it goes on. */
int mneme_cache_shadow_freeze(struct mneme_hot_standing *out, struct mneme_cache_shadow *shadow,
                              int32_t partition, int64_t for_ms, struct mneme_error *error);

/* Puts it in the place of the live one, partition by partition, and takes that away. MNEME_E_CONFLICT, and
 * nothing is switched, when Redis or Postgres has forgotten what was begun. */
int mneme_cache_shadow_switch(struct mneme_cache_shadow *shadow, struct mneme_error *error);

#endif
