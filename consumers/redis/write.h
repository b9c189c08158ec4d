/*
 * Writes the changes of a batch to Redis: several in one script, which also moves the progress of their
 * partition, with many scripts in flight.
 */
#ifndef MNEME_CONSUMERS_REDIS_WRITE_H
#define MNEME_CONSUMERS_REDIS_WRITE_H

#include "consumers/redis/changes.h"
#include "consumers/redis/claims.h"

/* How many calls are in flight at most. */
#define MNEME_CACHE_CALLS_IN_FLIGHT 64

/* A call that was not answered yet. */
struct mneme_cache_sent {
    struct mneme_claim *claim; /* NULL: accesses, which move no progress */
    int64_t end_offset;
};

struct mneme_cache_writer {
    struct mneme_redis *redis; /* borrowed */
    struct mneme_claims *claims;

    struct mneme_hot_call call;
    struct mneme_cache_sent sent[MNEME_CACHE_CALLS_IN_FLIGHT]; /* a ring, in the order of sending */
    size_t first, count;
};

/* Forgets the calls in flight: a batch begins, or one has failed. */
void mneme_cache_write_drop(struct mneme_cache_writer *writer);

/* Sends the changes of a part of the batch and moves the progress of its partitions with them; is_current has
 * one flag for each partition of the part: set if readers may use it. Most answers come later, so that the
 * next part can be read from Postgres meanwhile. What was written before a failure stays, with the progress
 * up to there: the same batch then continues after it. MNEME_E_CONFLICT when a partition is no longer this
 * worker's. */
int mneme_cache_write(struct mneme_cache_writer *writer, const struct mneme_cache_changes *changes,
                      const struct mneme_batch *part, const bool *is_current, struct mneme_error *error);

/* Waits for all answers. */
int mneme_cache_write_end(struct mneme_cache_writer *writer, struct mneme_error *error);

#endif
