/*
 * The projection `postgres`: ledger with verdicts, streams, memories and conversations, in one schema of
 * Postgres.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_PROJECTION_H
#define MNEME_CONSUMERS_POSTGRES_PROJECTION_H

#include "consumers/runtime/projection.h"

extern const struct mneme_projection_ops mneme_ledger_projection;

#endif
