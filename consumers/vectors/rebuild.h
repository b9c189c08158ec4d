/*
 * Rebuilding the vectors: another generation is filled from the same topic beside the live one, which calls
 * no model, and takes its place in one transaction. Comparing them with the topic.
 */
#ifndef MNEME_CONSUMERS_VECTORS_REBUILD_H
#define MNEME_CONSUMERS_VECTORS_REBUILD_H

#include "consumers/runtime/rebuild.h"

extern const struct mneme_rebuild_ops mneme_vectors_rebuild;

/* As `begin` of the operations, for vectors that are made again by the model that the settings pin, from
 * texts: a generation of an edition of its records that nothing else has (stores/vectors/edition.h), or of
 * the one that an interrupted run has left. Also where there are no vectors yet. */
int mneme_vectors_begin_edition(void **rebuild, const struct mneme_config *config, bool *is_resumed,
                                struct mneme_error *error);

/* Drops the generation at hand, and begins one of another edition in its place. */
int mneme_vectors_renew_edition(void *rebuild, struct mneme_error *error);

/* Drops what mneme_vectors_begin_edition has left when it was interrupted. */
int mneme_vectors_abandon_edition(const struct mneme_config *config, bool *was_there,
                                  struct mneme_error *error);

/* What is filled; lives as long as the rebuild. */
const struct mneme_generation *mneme_vectors_rebuild_generation(const void *rebuild);

/* As struct mneme_rebuild_ops says it. */
int mneme_vectors_verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                         struct mneme_error *error);

#endif
