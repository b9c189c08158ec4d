/*
 * Reads wait a moment for the caller's own latest writes, without being asked to, so that a memory that was
 * just added is listed. Unlike at_least this is not a promise: when the wait is over, the answer comes as it
 * is, and a note says that something is missing.
 */
#ifndef MNEME_OPERATIONS_OWN_WRITES_H
#define MNEME_OPERATIONS_OWN_WRITES_H

#include "operations/service.h"

/* The bound for all stores of one call: MNEME_READ_OWN_WRITES_MS; 0 when the call itself says what to wait
 * for, or asks about the past. */
int64_t mneme_op_own_writes_bound_ms(const struct mneme_op_call *call);

/* The writes to wait for; the count is 0 when there are none, or when there is no waiting. */
void mneme_op_own_writes_load(struct mneme_op_own_writes *out, const struct mneme_op_call *call);

/* Waits until `stores` hold the writes, at most for the bound, and notes which stores do not. `postgres` is a
 * connection to the tables. Never fails: if waiting is impossible, the read goes ahead. Returns whether there
 * were writes to wait for. */
bool mneme_op_own_writes_wait(const struct mneme_op_call *call, struct mneme_postgres *postgres,
                              unsigned stores);

#endif
