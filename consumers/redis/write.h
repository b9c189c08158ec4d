/*
 * The changes of a batch on their way into Redis: some at a time in one script, which moves the progress of
 * their partition with them, and many scripts in flight.
 */
#ifndef MNEME_CONSUMERS_REDIS_WRITE_H
#define MNEME_CONSUMERS_REDIS_WRITE_H

#include "consumers/redis/changes.h"
#include "consumers/redis/claims.h"

struct mneme_redis_writer {
    struct mneme_redis *redis; /* borrowed */
    struct mneme_claims *claims;
    struct mneme_hot_call call;
    int64_t capacity; /* of all partitions together */
};

/* Writes the changes and moves the progress of the batch's partitions; a partition of which readers may be
 * told has the flag set in is_current (one for each of the batch's). What was written before a failure stays,
 * with the progress up to there: the same batch again begins behind it. MNEME_E_CONFLICT when a partition is
 * not this worker's any more. */
int mneme_redis_write(struct mneme_redis_writer *writer, const struct mneme_redis_changes *changes,
                      const struct mneme_batch *batch, const bool *is_current, struct mneme_error *error);

#endif
