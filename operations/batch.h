/*
 * What a procedure publishes: many events under way at once, counted as the brokers answer.
 */
#ifndef MNEME_OPERATIONS_BATCH_H
#define MNEME_OPERATIONS_BATCH_H

#include "operations/call.h"

struct mneme_op_batch;

/* Waits for what is under way, and frees. NULL is allowed. */
void mneme_op_batch_destroy(struct mneme_op_batch *batch, struct mneme_client *client);

#endif
