/*
 * Buffers that a publishing thread borrows for the time of one call: for the encoded event, its key, and what
 * parsing a line allocates. Taken and returned without a lock; as many as there are threads at a time.
 */
#ifndef MNEME_PRODUCERS_SCRATCH_H
#define MNEME_PRODUCERS_SCRATCH_H

#include <stdatomic.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"

struct mneme_producer_scratch {
    struct mneme_buffer value;
    struct mneme_buffer key;
    struct mneme_arena arena;
};

#define MNEME_PRODUCER_SCRATCH_PLACES 8
struct mneme_producer_scratch_pool {
    _Atomic(struct mneme_producer_scratch *)
        places[MNEME_PRODUCER_SCRATCH_PLACES]; /* NULL: lent, or never made */
};

/* Zero-initialise the pool. Everything lent must have been given back. */
void mneme_producer_scratch_pool_clean_up(struct mneme_producer_scratch_pool *pool);

/* Empty buffers for exclusive use; NULL when memory is exhausted. */
struct mneme_producer_scratch *mneme_producer_scratch_take(struct mneme_producer_scratch_pool *pool);
void mneme_producer_scratch_give(struct mneme_producer_scratch_pool *pool,
                                 struct mneme_producer_scratch *scratch);

#endif
