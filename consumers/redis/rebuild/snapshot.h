/*
 * The values of keys, reduced to what does not depend on when they were written: without the ledger's
 * position, without expired elements.
 */
#ifndef MNEME_CONSUMERS_REDIS_REBUILD_SNAPSHOT_H
#define MNEME_CONSUMERS_REDIS_REBUILD_SNAPSHOT_H

#include "stores/redis/scan.h"

/* The value of one key. */
struct mneme_cache_snapshot {
    struct mneme_hot_scanned scanned;
    bool has_kind; /* it is one of a space's kinds: */
    enum mneme_hot_kind kind;
    struct mneme_str names; /* encoded */

    bool is_there;      /* and has something that has not expired */
    int64_t expires_ms; /* -1: never */
    uint64_t hash;      /* of what it holds */
    int64_t strangers;  /* in a list of memories: members that are not memories */

    /* Lists of memories that lack this one. */
    const redisReply *const
        *lacking;         /* by turns: whether there is such a key ("different", "missing"), its name */
    size_t lacking_count; /* of both */
};

/* The hash of the snapshot of a memory with this value. */
uint64_t mneme_cache_snapshot_hash_memory(struct mneme_str value);

/* Visits each of the keys, in order. What `visit` gets is valid during the call, which must not use the
 * connection. Nothing may be in flight. */
int mneme_cache_snapshot_each(struct mneme_redis *redis, const struct mneme_hot_space *space,
                              const struct mneme_hot_scanned *keys, size_t count,
                              int (*visit)(void *context, const struct mneme_cache_snapshot *snapshot,
                                           struct mneme_error *error),
                              void *context, struct mneme_error *error);

#endif
