/*
 * Notifying listeners of memory_events which events were accepted: JSON arrays of {"sequence_id", "event_id",
 * "stream_id", "event_type"}, as many in one notification as fit, or a notification with one such object for
 * each event; by one statement for a batch, in the transaction of its rows.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_NOTIFY_H
#define MNEME_CONSUMERS_POSTGRES_NOTIFY_H

#include "consumers/postgres/fold/fold.h"

/* The parameters of fold_notify for the fold's accepted events, which were decided; *count notifications.
 * `is_each`: one for each event. `text` is scratch that is kept from batch to batch. MNEME_E_NO_MEMORY. */
int mneme_notify_params(struct mneme_fold *fold, bool is_each, struct mneme_buffer *text,
                        struct mneme_pg_params *params, size_t *count, struct mneme_error *error);

#endif
