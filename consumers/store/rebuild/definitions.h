/*
 * Compares the definitions of a projection's live tables with what this program's migrations make in an empty
 * schema. That schema exists only in a transaction that is rolled back, so nothing is left of it.
 */
#ifndef MNEME_CONSUMERS_STORE_DEFINITIONS_H
#define MNEME_CONSUMERS_STORE_DEFINITIONS_H

#include "common/postgres/schema.h"
#include "consumers/runtime/rebuild.h"
#include "sql/embedded.h"

struct mneme_definitions {
    enum mneme_projection schema;
    const struct mneme_migration_set *migrations;
    /* NULL, or makes what the projection makes besides its migrations, in the connection's schema. */
    int (*add)(void *context, const struct mneme_config *config, struct mneme_postgres *postgres,
               struct mneme_error *error);
    void *context;
};

/* Passes the comparison to options->visit and adds what is missing or different to outcome->differences.
 * *has_all_columns: rows can be compared. Needs no lock: several may run at once, and during a rebuild. */
int mneme_definitions_verify(struct mneme_verify_outcome *outcome, bool *has_all_columns,
                             const struct mneme_definitions *definitions,
                             const struct mneme_verify_options *options, struct mneme_error *error);

/* Makes the missing indexes and constraints, and passes each statement to `on_made`. Writers of a table wait
 * while one of its indexes is made. What was made before a failure stays. */
int mneme_definitions_repair(const struct mneme_definitions *definitions, const struct mneme_config *config,
                             void (*on_made)(void *context, const char *statement), void *context,
                             struct mneme_error *error);

#endif
