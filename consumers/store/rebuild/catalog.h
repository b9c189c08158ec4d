/*
 * What a schema consists of: tables, columns, indexes, constraints, functions and types, against what the
 * migrations make. A rebuild must not switch to tables that lack an index, and a verification says so.
 */
#ifndef MNEME_CONSUMERS_STORE_CATALOG_H
#define MNEME_CONSUMERS_STORE_CATALOG_H

#include "consumers/runtime/rebuild.h"
#include "consumers/store/rebuild/scratch.h"

/* What a comparison is called among the tables. */
#define MNEME_CATALOG_TABLE "definitions"

/* The objects of the schema that `postgres` looks into, against those that were kept in the scratch
 * schema (mneme_scratch_prepare, or mneme_scratch_keep_catalog). Objects that are missing or different are
 * named "table/kind/name" in found->keys, which the caller cleans up; what somebody added is not looked at.
 * *has_all_columns: every table and column that is expected is as expected, so that rows can be compared. */
int mneme_catalog_compare(struct mneme_rebuild_table_difference *found, bool *has_all_columns,
                          struct mneme_scratch *scratch, struct mneme_postgres *postgres,
                          struct mneme_error *error);

/* MNEME_E_INTERNAL when the scratch schema itself lacks something of what it was migrated to. */
int mneme_catalog_require(struct mneme_scratch *scratch, const char *projection, struct mneme_error *error);

#endif
