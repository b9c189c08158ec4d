/*
 * Which partitions this worker owns and how far they are folded: claimed with a new epoch, moved by
 * compare-and-set.
 */
#ifndef MNEME_CONSUMERS_STORE_PROGRESS_H
#define MNEME_CONSUMERS_STORE_PROGRESS_H

#include "common/kafka/kafka.h"
#include "consumers/store/session.h"

struct mneme_owned_partition {
    int32_t partition;
    int64_t epoch;
};

struct mneme_store_progress {
    const struct mneme_projection_facts *facts;
    const char *projection; /* what it goes by: the projection's name, and what it is of behind that */
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_owned_partition *owned; /* malloc'd */
    size_t owned_count, owned_capacity;
    struct mneme_parked_key *parked_keys; /* what the last claim gave; they point into parked_rows */
    PGresult *parked_rows;
};

void mneme_store_progress_clean_up(struct mneme_store_progress *progress);

/* Claims the assignment's partitions in one transaction and fills its out-parameters; the topic is
 * remembered. MNEME_E_UNSAFE when the topic has another partition count than the projection began with. */
int mneme_store_progress_claim(struct mneme_store_progress *progress, struct mneme_store_session *session,
                               struct mneme_assignment *assignment, struct mneme_error *error);

/* Says that a batch's partition belongs to another worker: MNEME_E_CONFLICT. */
int mneme_store_progress_fenced(const struct mneme_store_progress *progress, struct mneme_error *error);

void mneme_store_progress_release(struct mneme_store_progress *progress, const int32_t *partitions,
                                  size_t count);

/* The parameters of fold_advance for the batch; false when a partition of it is not owned. */
bool mneme_store_progress_advance(const struct mneme_store_progress *progress, struct mneme_pg_params *params,
                                  const struct mneme_batch *batch, struct mneme_arena *arena);

/* Applies a batch that has no items: moves the progress in a transaction of its own. What it returns is what
 * `apply` of the projection returns. */
enum mneme_apply_result mneme_store_progress_skip(const struct mneme_store_progress *progress,
                                                  struct mneme_store_session *session,
                                                  struct mneme_batch *batch, struct mneme_error *error);

#endif
