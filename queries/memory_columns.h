/*
 * The columns of a memory, shared by the queries that return whole memories.
 */
#ifndef MNEME_QUERIES_MEMORY_COLUMNS_H
#define MNEME_QUERIES_MEMORY_COLUMNS_H

#include "queries/compose.h"
#include "queries/memory.h"

/* Runs a query that returns whole memories; `params` has all parameters except the filter's. */
int mneme_memory_ask(struct mneme_postgres *postgres, const char *what, const struct mneme_composed *composed,
                     struct mneme_pg_params *params, mneme_row_visitor *visit, void *context, size_t *count,
                     struct mneme_error *error);

#endif
