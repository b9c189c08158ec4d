/*
 * The projection `search`: full text of memories and turns in Postgres.
 */
#ifndef MNEME_CONSUMERS_SEARCH_PROJECTION_H
#define MNEME_CONSUMERS_SEARCH_PROJECTION_H

#include "consumers/runtime/projection.h"

extern const struct mneme_projection_ops mneme_search_projection;

#endif
