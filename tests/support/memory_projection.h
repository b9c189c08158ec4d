/*
 * A projection that keeps its rows in this process: progress by compare-and-set, owners fenced by epochs,
 * parked keys, all as a store does it. Tests script its answers and look at what it holds.
 */
#ifndef MNEME_TESTS_MEMORY_PROJECTION_H
#define MNEME_TESTS_MEMORY_PROJECTION_H

#include <pthread.h>

#include "consumers/runtime/projection.h"

#define MNEME_MEMORY_PARTITIONS 16

struct mneme_memory_row {
    struct mneme_position position;
    bool is_parked;
    int64_t blocked_by;
    char key[64];
    char reason[200];
};

/* What all workers of this process fold into. Everything under the mutex. */
struct mneme_memory_store {
    pthread_mutex_t mutex;
    int64_t next_offset[MNEME_MEMORY_PARTITIONS];
    struct mneme_log_digest last_digest[MNEME_MEMORY_PARTITIONS];
    int64_t epoch[MNEME_MEMORY_PARTITIONS];
    struct mneme_memory_row *rows; /* in the order in which they were applied */
    size_t count, capacity;
    size_t assigns, revokes, applies, fenced; /* calls of each kind */
    size_t largest_batch;
    size_t violations; /* progress that did not fit: something was lost or doubled */

    /* Asked before a call is served; anything but MNEME_APPLIED is the answer. May be NULL. */
    enum mneme_apply_result (*on_assign)(struct mneme_memory_store *store, struct mneme_error *error);
    enum mneme_apply_result (*on_apply)(struct mneme_memory_store *store, const struct mneme_batch *batch,
                                        struct mneme_error *error);
    int script; /* for the two above */

    struct mneme_position parked_by_hand; /* with has_hand_parked */
    bool has_hand_parked;
    struct mneme_position waits_at; /* as told last; offset -1: nobody waits */
    char waits_for[200];
    size_t waits; /* how often that was told */
};

extern struct mneme_memory_store mneme_memory_store;
extern const struct mneme_projection_ops mneme_memory_projection; /* its name is "memory" */

/* Takes over the partition as another owner would: who has it is fenced. */
void mneme_memory_fence(int32_t partition);

/* Rows so far. */
size_t mneme_memory_count(void);

/* The row at the position, or NULL; valid until more is applied. */
const struct mneme_memory_row *mneme_memory_find(int32_t partition, int64_t offset);

#endif
