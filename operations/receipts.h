/*
 * Publishing the events of a write and waiting for the brokers: all at once, one wait for all.
 */
#ifndef MNEME_OPERATIONS_RECEIPTS_H
#define MNEME_OPERATIONS_RECEIPTS_H

#include "common/base/cancel.h"
#include "operations/events.h"
#include "producers/publisher.h"

/* Publishes the events in order and waits until each is acknowledged or failed: receipts[i] of events[i], in
 * the arena, their messages too. Returns MNEME_OK, or the error of the first that failed: receipts of those
 * behind it may be acknowledged all the same. MNEME_E_TIMEOUT when the cancel ends the wait; what is under
 * way may still arrive. */
int mneme_op_receipts_publish(struct mneme_receipt *receipts, struct mneme_client *client,
                              const struct mneme_event *events, size_t count, struct mneme_arena *arena,
                              const struct mneme_cancel *cancel, struct mneme_error *error);

#endif
