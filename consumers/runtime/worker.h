/*
 * A worker: one consumer of the group of one projection. It reads the partitions that the group gives it,
 * folds them through the projection, and keeps going through rebalances, outages of either side and bad
 * input.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_WORKER_H
#define MNEME_CONSUMERS_RUNTIME_WORKER_H

#include "consumers/runtime/projection.h"

struct mneme_worker_options {
    const struct mneme_projection_ops *projection;
    const char *instance_id; /* name for static membership in the group; NULL or "": none */

    /* Called about ten times a second, on the thread that runs the worker. When it returns true the worker
     * applies what it has read, leaves the group and returns. */
    bool (*should_stop)(void *context);
    void *context;
};

/*
 * Works until should_stop returns true (0), or until it cannot go on:
 *   MNEME_E_NOT_FOUND       the topic is missing
 *   MNEME_E_UNSAFE          the log does not fit the saved progress
 *   MNEME_E_CONFLICT        another worker has the same instance_id, and keeps it
 *   others                  what the projection or the Kafka client said
 * It waits for unavailable services without limit, also at the start; so does a partition for the schema of
 * an event that this program cannot read, while the others go on. The calling thread becomes the Kafka
 * thread; two more are started (sink, metrics), besides librdkafka's own. Several workers may run in one
 * process.
 */
int mneme_worker_run(const struct mneme_config *config, const struct mneme_worker_options *options,
                     struct mneme_error *error);

#endif
