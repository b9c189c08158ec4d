/*
 * Rebuilding the vectors: another generation is filled from the same topic, without calling a model, and
 * replaces the live one in one transaction. Also compares vectors with the topic.
 */
#ifndef MNEME_CONSUMERS_VECTORS_REBUILD_H
#define MNEME_CONSUMERS_VECTORS_REBUILD_H

#include "consumers/runtime/rebuild.h"

extern const struct mneme_rebuild_ops mneme_vectors_rebuild;

/* Like the operation `begin`, for vectors that the model pinned by the settings makes again from texts:
 * begins a generation with a new edition of its records (stores/vectors/edition.h), or with the one that an
 * interrupted run has left. Also if there are no vectors yet. */
int mneme_vectors_begin_edition(void **rebuild, const struct mneme_config *config, bool *is_resumed,
                                struct mneme_error *error);

/* Drops the current generation, and begins another with a new edition. */
int mneme_vectors_renew_edition(void *rebuild, struct mneme_error *error);

/* Drops what mneme_vectors_begin_edition has left when it was interrupted. */
int mneme_vectors_abandon_edition(const struct mneme_config *config, bool *was_there,
                                  struct mneme_error *error);

/* The generation being filled; valid as long as the rebuild. */
const struct mneme_generation *mneme_vectors_rebuild_generation(const void *rebuild);

/* See struct mneme_rebuild_ops. */
int mneme_vectors_verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                         struct mneme_error *error);

#endif
