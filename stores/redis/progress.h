/*
 * The progress of the hot tier, for each partition of the log.
 */
#ifndef MNEME_STORES_REDIS_PROGRESS_H
#define MNEME_STORES_REDIS_PROGRESS_H

#include "common/redis/redis.h"
#include "stores/redis/keys.h"

/* One partition of the live space. */
struct mneme_hot_progress {
    int32_t partition;
    struct mneme_str topic;
    int32_t topic_partitions;
    int64_t next_offset;
    int64_t updated_at; /* microseconds */
    struct mneme_str owner;
};

/* Visits the partitions that Redis has data of, in order; there are none where no worker has ever run.
 * Strings are valid during the visit; returning false ends it. Errors of mneme_redis_run. */
int mneme_hot_progress_each(struct mneme_redis *redis, struct mneme_str prefix,
                            bool (*visit)(void *context, const struct mneme_hot_progress *progress),
                            void *context, struct mneme_error *error);

#endif
