/*
 * Lets the store of the active generation build indexes next to a worker's writing (`maintain` of
 * stores/vectors/store.h).
 */
#ifndef MNEME_CONSUMERS_VECTORS_MAINTAIN_H
#define MNEME_CONSUMERS_VECTORS_MAINTAIN_H

#include "stores/vectors/store.h"

struct mneme_vectors_maintenance { /* zero-initialise */
    const struct mneme_vector_store_ops *store;
    int32_t generation; /* whose job it is; 0: of no generation */
    void *job;          /* of the store; NULL: no job runs */
    bool has_written;   /* raw vectors, since the last step; set by the caller */
};

/* Does one step without blocking. When the generation has changed, the new one replaces the former. */
void mneme_vectors_maintain(struct mneme_vectors_maintenance *maintenance, const struct mneme_config *config,
                            const struct mneme_generation *generation);

/* Ends a build that is running. */
void mneme_vectors_maintain_end(struct mneme_vectors_maintenance *maintenance);

#endif
