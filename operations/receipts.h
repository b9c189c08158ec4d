/*
 * Publishes the events of a write, all at once, and waits once for all of them.
 */
#ifndef MNEME_OPERATIONS_RECEIPTS_H
#define MNEME_OPERATIONS_RECEIPTS_H

#include "common/base/cancel.h"
#include "operations/events.h"
#include "producers/publisher.h"

/* Publishes the events in order and waits until each is acknowledged or has failed. receipts[i] belongs to
 * events[i]; its message is in the arena. Returns MNEME_OK, or the error of the first event that failed;
 * later events may be acknowledged all the same. MNEME_E_TIMEOUT when the cancel ends the wait; events under
 * way may still arrive. */
int mneme_op_receipts_publish(struct mneme_receipt *receipts, struct mneme_client *client,
                              const struct mneme_event *events, size_t count, struct mneme_arena *arena,
                              const struct mneme_cancel *cancel, struct mneme_error *error);

#endif
