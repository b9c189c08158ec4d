/*
 * Rebuilding and verifying the projection `search`.
 */
#ifndef MNEME_CONSUMERS_SEARCH_REBUILD_H
#define MNEME_CONSUMERS_SEARCH_REBUILD_H

#include "consumers/store/rebuild/rebuild.h"

extern const struct mneme_rebuild_ops mneme_search_rebuild;

#endif
