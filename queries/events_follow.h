/*
 * Following the ledger (EV3): reads the events since the last poll, each exactly once. A lower sequence_id of
 * another partition may be written later, so the progress is kept for each partition.
 */
#ifndef MNEME_QUERIES_EVENTS_FOLLOW_H
#define MNEME_QUERIES_EVENTS_FOLLOW_H

#include "queries/events.h"

/* How far each partition was read. Zero-initialise. Large: make it static or allocate it. */
struct mneme_follow {
    int64_t next_offsets[MNEME_MAX_PARTITIONS]; /* the first that was not read yet */
    int64_t folded[MNEME_MAX_PARTITIONS];       /* how far the tables held the log at the last poll */
};

/* Begins with events of `topic` that are folded from now on, or with those recorded since the given time. */
int mneme_follow_begin(struct mneme_follow *follow, struct mneme_postgres *postgres, const char *topic,
                       struct mneme_opt_long since, struct mneme_error *error);

/*
 * Visits struct mneme_events_row for the new events that pass the filter (its versions, until, after_sequence
 * and limit are ignored); those of a partition in the order of their offsets. *is_behind says that there is
 * more to read at once. After an error nothing was visited, and the call can be repeated.
 */
int mneme_follow_read(struct mneme_follow *follow, bool *is_behind, struct mneme_postgres *postgres,
                      const char *topic, const struct mneme_events_filter *filter, mneme_row_visitor *visit,
                      void *context, struct mneme_error *error);

#endif
