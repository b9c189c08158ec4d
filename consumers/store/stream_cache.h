/*
 * What a worker remembers of the streams in its partitions, so that a batch need not ask for them. It holds
 * only what was committed, and is right because nobody else writes a partition while the worker owns it.
 */
#ifndef MNEME_CONSUMERS_STORE_STREAM_CACHE_H
#define MNEME_CONSUMERS_STORE_STREAM_CACHE_H

#include "common/base/error.h"
#include "common/base/types.h"

/* A stream as its row has it. The ids are all zeros when there is none yet, which is below every version 7
 * id. */
struct mneme_stream_state {
    int64_t version;
    struct mneme_uuid event_id_high;
    struct mneme_uuid memory_id_high;
};

struct mneme_stream_cache; /* one thread at a time */

/* Remembers up to `capacity` streams; what was not asked for longest goes first (second chance). */
int mneme_stream_cache_new(struct mneme_stream_cache **out, size_t capacity, struct mneme_error *error);
void mneme_stream_cache_destroy(struct mneme_stream_cache *cache);

/* The stream of that key ("tenant/stream_id"), or NULL; valid until the next call that changes the cache. */
const struct mneme_stream_state *mneme_stream_cache_find(struct mneme_stream_cache *cache,
                                                         struct mneme_str key);

/* Remembers or replaces. When memory is exhausted the stream is forgotten, which is always right. */
void mneme_stream_cache_put(struct mneme_stream_cache *cache, struct mneme_str key, int32_t partition,
                            const struct mneme_stream_state *state);

/* Forgets all streams of a partition. */
void mneme_stream_cache_drop(struct mneme_stream_cache *cache, int32_t partition);

size_t mneme_stream_cache_count(const struct mneme_stream_cache *cache);

#endif
