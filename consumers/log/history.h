/*
 * What is recorded of a log beside its events: how many partitions it had when it was folded, and what it has
 * lost and somebody accepted as lost. A log that does not fit that is not folded as if nothing had happened.
 */
#ifndef MNEME_CONSUMERS_LOG_HISTORY_H
#define MNEME_CONSUMERS_LOG_HISTORY_H

#include "consumers/log/batch.h"

struct mneme_log_history {
    int32_t partitions;      /* that the topic had when the ledger began with it; 0: not known */
    int64_t *lost_until;     /* by partition of the topic as it is now; 0: nothing is lost. malloc'd */
    int32_t lost_partitions; /* the length of lost_until */
};

static inline int64_t mneme_log_history_lost(const struct mneme_log_history *history, int32_t partition) {
    return history == NULL || partition >= history->lost_partitions ? 0 : history->lost_until[partition];
}

/* MNEME_E_UNSAFE when an event of the batch lies where its key belonged while the topic had the former number
 * of partitions, and belongs elsewhere now: partitions were added, and it would be parked. */
int mneme_log_history_check(const struct mneme_log_history *history, const char *topic, int32_t partitions,
                            const struct mneme_batch *batch, struct mneme_error *error);

#endif
