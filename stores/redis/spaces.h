/*
 * Which space of keys is live in each partition, and replacing it with another.
 */
#ifndef MNEME_STORES_REDIS_SPACES_H
#define MNEME_STORES_REDIS_SPACES_H

#include "common/kafka/kafka.h"
#include "common/redis/redis.h"
#include "stores/redis/keys.h"

/* The number of the live space of each partition, in order; the first space if none is stored.
 */
int mneme_hot_spaces_live(int64_t *numbers, struct mneme_redis *redis, struct mneme_str prefix,
                          const int32_t *partitions, size_t count, struct mneme_error *error);

/* The state of a partition in a space. */
struct mneme_hot_standing {
    bool is_there; /* it has progress */
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t topic_partitions;
    int64_t next_offset;
    int64_t evicted; /* number of evictions */
};

/* Pauses the partition's worker for this time (0: resumes it), and returns its state. */
int mneme_hot_space_freeze(struct mneme_hot_standing *out, struct mneme_redis *redis,
                           const struct mneme_hot_space *space, int32_t partition, int64_t for_ms,
                           struct mneme_error *error);

/* Makes `space` the live one of the partition instead of the space `former`. Idempotent. */
int mneme_hot_space_switch(struct mneme_redis *redis, const struct mneme_hot_space *space, int64_t former,
                           int32_t partition, struct mneme_error *error);

#endif
