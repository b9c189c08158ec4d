/*
 * Rebuilding the hot tier: another space of keys is filled next to the live one and replaces it, partition by
 * partition. Also compares the live space with the log.
 */
#ifndef MNEME_CONSUMERS_REDIS_REBUILD_H
#define MNEME_CONSUMERS_REDIS_REBUILD_H

#include "consumers/runtime/rebuild.h"

extern const struct mneme_rebuild_ops mneme_cache_rebuild;

/* See struct mneme_rebuild_ops. */
int mneme_cache_verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                       struct mneme_error *error);

#endif
