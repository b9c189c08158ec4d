/*
 * The projection `redis`: the hot tier (docs/redis.md), filled from the ledger's tables with what the log
 * touches. It uses the ledger's verdicts, so it follows the projection `postgres`.
 *
 * Items with a park_reason have no effect here: the ledger parks them, too, and lists the later events of
 * their keys among its exceptions; the values here are those of its tables. The progress moves past them.
 */
#ifndef MNEME_CONSUMERS_REDIS_REDIS_PROJECTION_H
#define MNEME_CONSUMERS_REDIS_REDIS_PROJECTION_H

#include "consumers/runtime/projection.h"

extern const struct mneme_projection_ops mneme_cache_projection;

#endif
