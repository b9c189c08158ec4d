/*
 * Compares the live tables with those of a scratch schema, row by row: both sides are read in the order of
 * their keys, as key and hash, and merged, in memory that does not grow with the tables.
 */
#ifndef MNEME_CONSUMERS_STORE_COMPARE_TABLES_H
#define MNEME_CONSUMERS_STORE_COMPARE_TABLES_H

#include "consumers/runtime/rebuild.h"
#include "consumers/store/rebuild/scratch.h"

/* Compares every table of the scratch schema with its live counterpart, both as the two connections see them,
 * and passes each to `visit`. `differences` counts the rows that differ. Blocks. */
int mneme_store_compare_tables(int64_t *differences, struct mneme_scratch *scratch,
                               struct mneme_postgres *live,
                               void (*visit)(void *context,
                                             const struct mneme_rebuild_table_difference *table),
                               void *context, struct mneme_error *error);

#endif
