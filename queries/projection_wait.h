/*
 * Waiting until other projections than the ledger's hold what was written.
 */
#ifndef MNEME_QUERIES_PROJECTION_WAIT_H
#define MNEME_QUERIES_PROJECTION_WAIT_H

#include "common/config.h"
#include "queries/position_wait.h"

/* Returns once full text has passed every position of the events topic. Connects for itself.
 * MNEME_E_TIMEOUT says what has not come and what to start. */
int mneme_search_wait(const struct mneme_config *config, const struct mneme_position *positions, size_t count,
                      const struct mneme_query_wait *wait, struct mneme_error *error);

#endif
