/*
 * What is recorded of a log besides its events: how many partitions it had when it was folded, and which lost
 * events were accepted as lost. A log that does not match this record is refused.
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

/* MNEME_E_UNSAFE when an event of the batch is in the partition of its key by the former number of
 * partitions, but not by the present one: partitions were added, and the event would be parked. */
int mneme_log_history_check(const struct mneme_log_history *history, const char *topic, int32_t partitions,
                            const struct mneme_batch *batch, struct mneme_error *error);

#endif
