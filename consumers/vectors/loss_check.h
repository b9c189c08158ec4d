/*
 * Whether the records of a generation's topic are still those that it was filled from, and come from the log
 * as it is now.
 */
#ifndef MNEME_CONSUMERS_VECTORS_LOSS_CHECK_H
#define MNEME_CONSUMERS_VECTORS_LOSS_CHECK_H

#include "consumers/log/batch.h"
#include "stores/vectors/generation.h"

/*
 * A topic of records is compacted, so it cannot be recognised by any one record. But the brokers' clock only
 * goes forward: the first record with a later time than all that was folded is after what was folded. In a
 * topic that was made again it is not.
 */

/* Notes in each partition of the batch the latest time of its records, which the progress keeps; not earlier
 * than `before` (by partition of the topic), which is updated. */
void mneme_records_mark(struct mneme_batch *batch, int64_t *before, int32_t partitions);

/* The time kept by a progress, in microseconds; -1: none. */
int64_t mneme_records_marked(const struct mneme_log_digest *digest);

/* Compares the topic with the progress: that it exists, has the same partitions, its beginning, at least that
 * length, and matching times. `postgres` has the schema of vectors. MNEME_E_UNSAFE with what to do. */
int mneme_records_check(const struct mneme_generation *generation, const struct mneme_config *config,
                        struct mneme_postgres *postgres, struct mneme_error *error);

/* The same, and the progress of `embed` with the log. Records the result, for readers of the vectors. */
int mneme_loss_check(const struct mneme_generation *generation, const struct mneme_config *config,
                     struct mneme_postgres *postgres, struct mneme_error *error);

#endif
