/*
 * Which space of keys is live in each partition, and putting another one in its place.
 */
#ifndef MNEME_STORES_REDIS_SPACES_H
#define MNEME_STORES_REDIS_SPACES_H

#include "common/kafka/kafka.h"
#include "common/redis/redis.h"
#include "stores/redis/keys.h"

/* The number of the live space of each of the partitions, in their order; the first one where none is named.
 */
int mneme_hot_spaces_live(int64_t *numbers, struct mneme_redis *redis, struct mneme_str prefix,
                          const int32_t *partitions, size_t count, struct mneme_error *error);

/* What a space says of a partition. */
struct mneme_hot_standing {
    bool is_there; /* it has a progress */
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t topic_partitions;
    int64_t next_offset;
    int64_t evicted; /* how often something had to make room */
};

/* Holds up the partition's worker for so long (0: lets it go on), and tells where it stands. */
int mneme_hot_space_freeze(struct mneme_hot_standing *out, struct mneme_redis *redis,
                           const struct mneme_hot_space *space, int32_t partition, int64_t for_ms,
                           struct mneme_error *error);

/* Makes `space` the live one of the partition instead of the space `former`. Again, it changes nothing. */
int mneme_hot_space_switch(struct mneme_redis *redis, const struct mneme_hot_space *space, int64_t former,
                           int32_t partition, struct mneme_error *error);

#endif
