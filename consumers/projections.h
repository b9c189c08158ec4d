/*
 * All projections that a worker can be started for.
 */
#ifndef MNEME_CONSUMERS_PROJECTIONS_H
#define MNEME_CONSUMERS_PROJECTIONS_H

#include "consumers/runtime/projection.h"

/* Ends with NULL. */
extern const struct mneme_projection_ops *const mneme_projections[];

/* The projection of that name, or NULL. */
const struct mneme_projection_ops *mneme_projection_by_name(const char *name);

#endif
