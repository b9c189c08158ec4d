/*
 * The definitions of a projection's live tables, against what this program's migrations make of an empty
 * schema. That schema lives within a transaction which is rolled back: nothing is left, whatever happens.
 */
#ifndef MNEME_CONSUMERS_STORE_DEFINITIONS_H
#define MNEME_CONSUMERS_STORE_DEFINITIONS_H

#include "common/postgres/schema.h"
#include "consumers/runtime/rebuild.h"
#include "sql/embedded.h"

struct mneme_definitions {
    enum mneme_projection schema;
    const struct mneme_migration_set *migrations;
    /* NULL, or makes what the projection makes beside its migrations, in the connection's schema. */
    int (*add)(void *context, const struct mneme_config *config, struct mneme_postgres *postgres,
               struct mneme_error *error);
    void *context;
};

/* Shows options->visit the comparison and adds what is missing or different to outcome->differences.
 * *has_all_columns: rows can be compared. Needs no lock: any number may run beside each other and a rebuild.
 */
int mneme_definitions_verify(struct mneme_verify_outcome *outcome, bool *has_all_columns,
                             const struct mneme_definitions *definitions,
                             const struct mneme_verify_options *options, struct mneme_error *error);

/* Makes the indexes and constraints that are missing, and tells each statement. Writers of a table wait while
 * one of its indexes is made. What was made before a failure stays. */
int mneme_definitions_repair(const struct mneme_definitions *definitions, const struct mneme_config *config,
                             void (*on_made)(void *context, const char *statement), void *context,
                             struct mneme_error *error);

#endif
