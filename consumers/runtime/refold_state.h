/*
 * The inside of a refold, shared by its files; internal to consumers/runtime.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_REFOLD_STATE_H
#define MNEME_CONSUMERS_RUNTIME_REFOLD_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "consumers/runtime/halving.h"
#include "consumers/runtime/refold.h"

struct mneme_refold_lane {
    struct mneme_refold *refold;
    struct mneme_log_reader *reader;
    void *projection;
    struct mneme_log_range *ranges;
    int32_t *partitions; /* of the ranges */
    int64_t *applied;    /* the projection's progress, of the ranges */
    size_t range_count;
    int64_t weight; /* of its partitions, in events */
    struct mneme_park_set parked;
    struct mneme_halving halving;
    struct mneme_batch_item *wanted; /* what is left of a batch */
    size_t wanted_capacity;
    pthread_t thread;
    bool has_thread;
    atomic_bool has_ended;
    int status;
    struct mneme_error error;
};

struct mneme_refold {
    struct mneme_refold_options options;
    int32_t partition_count;
    int64_t *offsets; /* by partition */
    struct mneme_log_marks marks;
    struct mneme_refold_lane *lanes;
    size_t lane_count;
    atomic_bool is_stopping; /* some lane has failed */
    atomic_llong done;
    atomic_llong events;
};

/* Readers, projections and the partitions of each lane; MNEME_OK or what is missing. */
int mneme_refold_open_lanes(struct mneme_refold *refold, struct mneme_error *error);
void mneme_refold_close_lanes(struct mneme_refold *refold);

/* Notes in `offsets` how far the lanes are. */
void mneme_refold_note_offsets(struct mneme_refold *refold);

/* The index of the partition among the lane's. */
size_t mneme_refold_range_of(const struct mneme_refold_lane *lane, int32_t partition);

bool mneme_refold_is_chosen(const struct mneme_refold *refold, int32_t partition);

static inline int mneme_refold_no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the log was not folded: out of memory");
}

#endif
