/*
 * Following the ledger (EV3): what came since the last look, nothing left out and nothing twice. A lower
 * sequence_id of another partition may be written later, so how far was read is kept for each partition.
 */
#ifndef MNEME_QUERIES_EVENTS_FOLLOW_H
#define MNEME_QUERIES_EVENTS_FOLLOW_H

#include "queries/events.h"

/* How far each partition was read. Zero-initialise. Large: make it static or allocate it. */
struct mneme_follow {
    int64_t next_offsets[MNEME_MAX_PARTITIONS]; /* the first that was not read */
    int64_t folded[MNEME_MAX_PARTITIONS];       /* how far the tables hold the log, at the last look */
};

/* Begins with what is folded of `topic` from now on, or with what was recorded since that time. */
int mneme_follow_begin(struct mneme_follow *follow, struct mneme_postgres *postgres, const char *topic,
                       struct mneme_opt_long since, struct mneme_error *error);

/*
 * Visits struct mneme_events_row for what came since and passes the filter (its versions, until,
 * after_sequence and limit are not looked at); a partition's in the order of its offsets. *is_behind tells
 * that there is more to be read at once. After an error nothing of the call was visited, and it can be made
 * again.
 */
int mneme_follow_read(struct mneme_follow *follow, bool *is_behind, struct mneme_postgres *postgres,
                      const char *topic, const struct mneme_events_filter *filter, mneme_row_visitor *visit,
                      void *context, struct mneme_error *error);

#endif
