/*
 * Applying a batch in which some event may never be applicable: the batch is halved until that event is
 * found, it is parked with the store's reason, and the rest goes on. Runs on the sink thread.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_HALVING_H
#define MNEME_CONSUMERS_RUNTIME_HALVING_H

#include "consumers/runtime/projection.h"

/* How far a batch has come; zero-initialise, `scratch` by mneme_arena_init. Kept between attempts: what was
 * applied before a RETRY is not applied again. */
struct mneme_halving {
    size_t done;                          /* items that are applied */
    size_t span;                          /* items to try next; 0 means all that are left */
    size_t suspect_end;                   /* a bad event is in [done, suspect_end); 0 when none is known */
    size_t parked_count;                  /* items that were parked because the projection refused them */
    struct mneme_batch_partition *slices; /* the progress of the part that is tried, then the one reached */
    size_t slice_capacity;
    struct mneme_arena scratch; /* given to the projection as the batch's arena: emptied for each attempt */
};

/* Begins with another batch. */
void mneme_halving_reset(struct mneme_halving *halving);
void mneme_halving_clean_up(struct mneme_halving *halving);

/* Applies what is left of the batch. Never returns MNEME_REJECT. Items may become parked even when the result
 * is not MNEME_APPLIED. During the call of `apply` the batch shows only the part that is tried; afterwards it
 * is whole again. */
enum mneme_apply_result mneme_halving_apply(struct mneme_halving *halving,
                                            const struct mneme_projection_ops *ops, void *projection,
                                            struct mneme_batch *batch, struct mneme_error *error);

#endif
