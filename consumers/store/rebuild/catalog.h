/*
 * What a schema consists of: tables, columns, indexes, constraints, functions and types, compared with what
 * the migrations make. A rebuild must not switch to tables that lack an index; a verification reports it.
 */
#ifndef MNEME_CONSUMERS_STORE_CATALOG_H
#define MNEME_CONSUMERS_STORE_CATALOG_H

#include "consumers/runtime/rebuild.h"
#include "consumers/store/rebuild/scratch.h"

/* The name of this comparison among the tables. */
#define MNEME_CATALOG_TABLE "definitions"

/* Compares the objects of `postgres`'s schema with those kept in the scratch schema (mneme_scratch_prepare,
 * or mneme_scratch_keep_catalog). Missing or different objects are named "table/kind/name" in found->keys,
 * which the caller cleans up; added objects are ignored. *has_all_columns: all expected tables and columns
 * are as expected, so that rows can be compared. */
int mneme_catalog_compare(struct mneme_rebuild_table_difference *found, bool *has_all_columns,
                          struct mneme_scratch *scratch, struct mneme_postgres *postgres,
                          struct mneme_error *error);

/* MNEME_E_INTERNAL when the scratch schema itself lacks something that its migrations make. */
int mneme_catalog_require(struct mneme_scratch *scratch, const char *projection, struct mneme_error *error);

#endif
