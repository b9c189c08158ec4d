/*
 * All projections that a worker can be started for.
 */
#ifndef MNEME_CONSUMERS_PROJECTIONS_H
#define MNEME_CONSUMERS_PROJECTIONS_H

#include "common/postgres/schema.h"
#include "consumers/runtime/projection.h"
#include "sql/embedded.h"

/* Ends with NULL. */
extern const struct mneme_projection_ops *const mneme_projections[];

/* Where a projection keeps its rows and progress. */
struct mneme_projection_schema {
    const char *projection;
    enum mneme_pg_schema schema;
    const struct mneme_migration_set *migrations;
};

/* One for each that has tables; ends with a row without a name. */
extern const struct mneme_projection_schema mneme_projection_schemas[];

/* The projection of that name, or NULL. */
const struct mneme_projection_ops *mneme_projection_by_name(const char *name);

#endif
