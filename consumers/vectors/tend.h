/*
 * What a worker does for those who ask, beside writing: the store of the active generation is let make what
 * its vectors have come to be worth (tend, stores/vectors/store.h).
 */
#ifndef MNEME_CONSUMERS_VECTORS_TEND_H
#define MNEME_CONSUMERS_VECTORS_TEND_H

#include "stores/vectors/store.h"

struct mneme_vectors_tending { /* zero-initialise */
    const struct mneme_vector_store_ops *store;
    int32_t generation; /* 0: none is tended */
    void *tending;
    bool has_written; /* raw vectors, since it was last tended; for the caller to set */
};

/* A step; returns at once. Another generation than before takes its place. */
void mneme_vectors_tend(struct mneme_vectors_tending *tending, const struct mneme_config *config,
                        const struct mneme_generation *generation);

/* Ends what is under way. */
void mneme_vectors_tend_end(struct mneme_vectors_tending *tending);

#endif
