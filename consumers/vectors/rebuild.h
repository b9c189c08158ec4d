/*
 * Rebuilding the vectors: another generation is filled from the same topic beside the live one, which calls
 * no model, and takes its place in one transaction. Comparing them with the topic.
 */
#ifndef MNEME_CONSUMERS_VECTORS_REBUILD_H
#define MNEME_CONSUMERS_VECTORS_REBUILD_H

#include "consumers/runtime/rebuild.h"

extern const struct mneme_rebuild_ops mneme_vectors_rebuild;

/* As struct mneme_rebuild_ops says it. */
int mneme_vectors_verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                         struct mneme_error *error);

#endif
