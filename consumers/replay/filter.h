/*
 * Filters events of the log by their fields and by the keys of their messages.
 */
#ifndef MNEME_CONSUMERS_REPLAY_FILTER_H
#define MNEME_CONSUMERS_REPLAY_FILTER_H

#include "common/base/buffer.h"
#include "consumers/log/batch.h"

/* What to hand over: a null or unset field does not filter. */
struct mneme_log_filter {
    struct mneme_str tenant;                                                /* required */
    struct mneme_str stream_id, user_id, agent_id, run_id, conversation_id; /* at least one, unless: */
    bool all_scopes;                                                        /* of the whole tenant */
    struct mneme_str_array types; /* any of these, as the ledger calls them */
};

/* MNEME_E_USAGE without a scope, as in mneme_read_scope_check; `not_done` begins the message. */
int mneme_log_filter_check(const struct mneme_log_filter *filter, const char *not_done,
                           struct mneme_error *error);

/* The prefix of the keys of all messages that can pass; with a stream, the whole key. */
void mneme_log_filter_key(struct mneme_buffer *key_prefix, const struct mneme_log_filter *filter);

/* The partition of everything that can pass; -1: any. */
int32_t mneme_log_filter_partition(const struct mneme_log_filter *filter, struct mneme_str key_prefix,
                                   int32_t partitions);

/* Whether the item passes: an event by its fields, a message that is not an event by its key alone. */
bool mneme_log_filter_passes(const struct mneme_log_filter *filter, struct mneme_str key_prefix,
                             const struct mneme_batch_item *item);

#endif
