/*
 * Operations over the ledger: every event with its verdict.
 */
#ifndef MNEME_OPERATIONS_LEDGER_H
#define MNEME_OPERATIONS_LEDGER_H

#include "operations/call.h"
#include "queries/events.h"

extern const struct mneme_operation mneme_op_ledger_events;

/* Rows of the operation events. */
struct mneme_op_rows mneme_ledger_rows(struct mneme_op_call *call, int64_t limit);

/* Passes events to the sink as they are folded, each once, in order within each stream, until `limit` of them
 * (0: any number) have been passed, the sink wants no more or is closed, or the cancel is due, which is not
 * an error. Reconnects after a lost connection, however long that takes. */
int mneme_ledger_follow(struct mneme_op_call *call, const struct mneme_events_filter *filter, int64_t limit,
                        struct mneme_error *error);

#endif
