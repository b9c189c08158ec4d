/*
 * Reads wait a moment for what this caller wrote just before, without being asked to: a memory that was added
 * a moment ago is listed. It is not a promise, as at_least is: after the moment the answer comes as it is,
 * and a note says that something is not in it yet.
 */
#ifndef MNEME_OPERATIONS_OWN_WRITES_H
#define MNEME_OPERATIONS_OWN_WRITES_H

#include "operations/service.h"

/* The bound for all stores of one call: MNEME_READ_OWN_WRITES_MS; 0 when the call says itself what it waits
 * for, or when it is of the past. */
int64_t mneme_op_own_writes_bound_ms(const struct mneme_op_call *call);

/* The writes to wait for; count 0 when there are none, or when they are not waited for. */
void mneme_op_own_writes_load(struct mneme_op_own_writes *out, const struct mneme_op_call *call);

/* Waits until `stores` hold them, at most the bound, and notes what does not. `postgres` is a connection to
 * the tables. Never fails: whoever cannot wait reads at once. Whether there was something to look for. */
bool mneme_op_own_writes_wait(const struct mneme_op_call *call, struct mneme_postgres *postgres,
                              unsigned stores);

#endif
