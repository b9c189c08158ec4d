/*
 * Whether the records that a generation is filled from are those that it was filled from, and come from the
 * log as it is now.
 */
#ifndef MNEME_CONSUMERS_VECTORS_LOSS_CHECK_H
#define MNEME_CONSUMERS_VECTORS_LOSS_CHECK_H

#include "consumers/log/batch.h"
#include "stores/vectors/generation.h"

/*
 * A topic of records is compacted, so that none of its records need stay by which it could be recognised. But
 * the brokers' clock only goes forward: whatever was folded has no later time than the latest of it, and the
 * first record with a later one lies behind what was folded. In a topic that was made again it does not.
 */

/* Notes in each partition of the batch the latest time of its records, which the progress keeps; not earlier
 * than `before`, by partition of the topic, which follows. */
void mneme_records_mark(struct mneme_batch *batch, int64_t *before, int32_t partitions);

/* The time in microseconds that a progress has kept; -1: none. */
int64_t mneme_records_marked(const struct mneme_log_digest *digest);

/* Compares the topic with the progress: there, with the same partitions, from its beginning, as far as that,
 * and by the times. `postgres` has the schema of vectors. MNEME_E_UNSAFE with what to do. */
int mneme_records_check(const struct mneme_generation *generation, const struct mneme_config *config,
                        struct mneme_postgres *postgres, struct mneme_error *error);

/* The same, and the progress of `embed` with the log. Notes what it finds, for those who ask the vectors. */
int mneme_loss_check(const struct mneme_generation *generation, const struct mneme_config *config,
                     struct mneme_postgres *postgres, struct mneme_error *error);

#endif
