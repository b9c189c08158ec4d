/*
 * The projection `vectors`: embeddings into the active generation of the vector store, or into the one that
 * the settings name. Records of a compacted topic are the newest state of their key, so a record that cannot
 * be read is parked without holding up later ones.
 */
#ifndef MNEME_CONSUMERS_VECTORS_VECTORS_PROJECTION_H
#define MNEME_CONSUMERS_VECTORS_VECTORS_PROJECTION_H

#include "consumers/runtime/projection.h"
#include "consumers/store/session.h"
#include "stores/vectors/store.h"

extern const struct mneme_projection_ops mneme_vectors_projection;

/* Returns which topic is read: that of the generation of the settings, of the active one, or, before there is
 * one, of the settings' model. */
int mneme_vectors_source(struct mneme_log_source *source, const struct mneme_config *config,
                         struct mneme_error *error);

/* The generation that the settings name, or the active one. MNEME_E_NOT_FOUND. */
int mneme_vectors_choose(struct mneme_generation *out, const struct mneme_config *config,
                         struct mneme_postgres *postgres, struct mneme_error *error);

/* Adds the generation with what its store needs, in a transaction of its own. MNEME_E_CONFLICT when another
 * process was first. */
int mneme_vectors_add(struct mneme_generation *generation, const struct mneme_config *config,
                      struct mneme_postgres *postgres, struct mneme_error *error);

/* Drops a generation that is not active, with all that it holds. */
int mneme_vectors_drop(const struct mneme_generation *generation, const struct mneme_config *config,
                       struct mneme_postgres *postgres, struct mneme_error *error);

/* Drops those that have been retired for longer than the settings say, or all of them. */
int mneme_vectors_drop_retired(size_t *dropped, bool all, const struct mneme_config *config,
                               struct mneme_postgres *postgres, struct mneme_error *error);

#endif
