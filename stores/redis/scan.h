/*
 * Scans all keys of a space, on every node of a cluster. Keys that are added or removed meanwhile may or may
 * not be seen, and a key may be seen twice.
 */
#ifndef MNEME_STORES_REDIS_SCAN_H
#define MNEME_STORES_REDIS_SCAN_H

#include "common/redis/redis.h"
#include "stores/redis/keys.h"

struct mneme_hot_scanned {
    struct mneme_str key;
    int32_t partition;
    struct mneme_str name; /* of the key, after the base: kind and names */
};

struct mneme_hot_scan {
    struct mneme_redis *redis; /* nothing in flight */
    struct mneme_hot_space space;
    int32_t
        partitions; /* scans the nodes of these; keys of other partitions on the same nodes are seen, too */
    /* Receives some keys at a time, valid during the call, which may use the connection. An error ends the
     * scan. */
    int (*visit)(void *context, const struct mneme_hot_scanned *keys, size_t count,
                 struct mneme_error *error);
    void *context;
};

int mneme_hot_scan_run(const struct mneme_hot_scan *scan, struct mneme_error *error);

/* Removes all keys of a space, in small steps. */
int mneme_hot_space_remove(struct mneme_redis *redis, const struct mneme_hot_space *space, int32_t partitions,
                           struct mneme_error *error);

#endif
