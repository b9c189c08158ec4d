/*
 * Does one thing to all memories of a scope. They are read page by page and events are published meanwhile,
 * so that memory use stays bounded and a second run finishes what the first one left.
 */
#ifndef MNEME_OPERATIONS_MEMORY_SCOPE_H
#define MNEME_OPERATIONS_MEMORY_SCOPE_H

#include "operations/call.h"
#include "queries/memory.h"

enum mneme_scope_action { MNEME_SCOPE_DELETE, MNEME_SCOPE_ARCHIVE };

/* All conditions that are set must hold. */
struct mneme_scope_rule {
    struct mneme_opt_long older_than_micros;  /* of age, by created_at */
    struct mneme_opt_double below_importance; /* as displayed: raised by accesses */
    struct mneme_opt_long accessed_under;
    struct mneme_opt_double below_priority;
};

struct mneme_scope_counts {
    int64_t selected, done, failed;
};

/* The scope that the request's user, agent, run and conversation name. MNEME_E_UNSAFE without any of them,
 * since everybody's memories would be affected; `what` completes the error's "nothing was …", such as
 * "deleted". */
int mneme_scope_of(struct mneme_memory_filter *out, const struct mneme_op_request *request, const char *what,
                   struct mneme_error *error);

/* Turns the rule into the filter's expression, in the arena; *is_empty: no condition is set. */
int mneme_scope_add_rule(struct mneme_memory_filter *filter, bool *is_empty,
                         const struct mneme_scope_rule *rule, struct mneme_arena *arena,
                         struct mneme_error *error);

/* Publishes the event for one memory, which needs its id, stream_id, scope and, to be archived, its version.
 * Waits only for room in the queue. */
int mneme_scope_publish(struct mneme_op_call *call, enum mneme_scope_action action,
                        const struct mneme_memory_row *memory, struct mneme_str reason,
                        struct mneme_error *error);

/* Publishes an event for each memory that the filter selects, and waits for the brokers; with `is_dry` it
 * passes these memories to the sink instead and publishes nothing. Counts add up over several calls. `filter`
 * is changed. */
int mneme_scope_run(struct mneme_scope_counts *counts, struct mneme_op_call *call,
                    enum mneme_scope_action action, struct mneme_memory_filter *filter,
                    struct mneme_str reason, bool is_dry, struct mneme_error *error);

/* The event of a policy. */
struct mneme_scope_policy_receipt {
    struct mneme_uuid event_id;
    struct mneme_position position;
    struct mneme_str stream_id;
};

/* Passes a row with the counts to the sink: "3 memories archived" for a person. `policy` (NULL: none was set)
 * comes before them. */
void mneme_scope_report_archived(struct mneme_op_call *call, const struct mneme_scope_counts *counts,
                                 bool is_dry, const struct mneme_scope_policy_receipt *policy);

#endif
