/*
 * Lets the store of the active generation build indexes next to a worker's writing (`tend` of
 * stores/vectors/store.h).
 */
#ifndef MNEME_CONSUMERS_VECTORS_TEND_H
#define MNEME_CONSUMERS_VECTORS_TEND_H

#include "stores/vectors/store.h"

struct mneme_vectors_tending { /* zero-initialise */
    const struct mneme_vector_store_ops *store;
    int32_t generation; /* 0: none */
    void *tending;
    bool has_written; /* raw vectors, since the last step; set by the caller */
};

/* Does one step without blocking. When the generation has changed, the new one replaces the former. */
void mneme_vectors_tend(struct mneme_vectors_tending *tending, const struct mneme_config *config,
                        const struct mneme_generation *generation);

/* Ends a build that is running. */
void mneme_vectors_tend_end(struct mneme_vectors_tending *tending);

#endif
