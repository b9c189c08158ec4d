/*
 * The events that a procedure publishes: many are under way at once, and they are counted as the brokers
 * answer.
 */
#ifndef MNEME_OPERATIONS_BATCH_H
#define MNEME_OPERATIONS_BATCH_H

#include "operations/call.h"

struct mneme_op_batch;

/* Waits for the events that are under way, then frees the batch. NULL is allowed. */
void mneme_op_batch_destroy(struct mneme_op_batch *batch, struct mneme_client *client);

#endif
