/*
 * How a projection agrees with the ledger: it waits until the ledger has passed a batch, and leaves out what
 * the ledger found to have no effect (docs/sql.md, Verdicts).
 */
#ifndef MNEME_CONSUMERS_STORE_VERDICT_GATE_H
#define MNEME_CONSUMERS_STORE_VERDICT_GATE_H

#include "common/postgres/postgres.h"
#include "consumers/log/batch.h"

/*
 * Sets is_accepted[i] for each item of the batch: whether it has effects. Items with a park_reason have none.
 * What the ledger has dropped has no reason any more. What it has parked gets one here, and so does what
 * comes behind an event of its key that `projection` has parked so: its own parked events are then what is
 * left to do when the ledger has applied them after all. A NULL projection has none: what is parked has no
 * effect, and that is all. `postgres` looks into the ledger's schema behind its own and is outside a
 * transaction; `topic` is the events topic. Waits up to half a second; MNEME_E_UNAVAILABLE when the ledger is
 * still behind then.
 */
int mneme_verdict_gate_pass(bool *is_accepted, struct mneme_postgres *postgres, const char *projection,
                            const char *topic, struct mneme_batch *batch, struct mneme_error *error);

#endif
