/*
 * Operations and migrations of each projection in the table of common/config/projections.h.
 */
#ifndef MNEME_CONSUMERS_PROJECTIONS_H
#define MNEME_CONSUMERS_PROJECTIONS_H

#include "consumers/runtime/projection.h"
#include "sql/embedded.h"

/* The operations that its worker runs. */
extern const struct mneme_projection_ops *const mneme_projection_workers[MNEME_PROJECTIONS];

/* The migrations that make its schema; NULL if it has none. */
extern const struct mneme_migration_set *const mneme_projection_migrations[MNEME_PROJECTIONS];

/* The projection of that name, or NULL. */
const struct mneme_projection_ops *mneme_projection_by_name(const char *name);

#endif
