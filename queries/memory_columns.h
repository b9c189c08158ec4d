/*
 * The columns of a memory, shared by the questions that answer with whole memories.
 */
#ifndef MNEME_QUERIES_MEMORY_COLUMNS_H
#define MNEME_QUERIES_MEMORY_COLUMNS_H

#include "queries/memory.h"

#define MNEME_MEMORY_COLUMN_COUNT 26

/* In the order of the table. */
extern const struct mneme_row_column mneme_memory_columns[MNEME_MEMORY_COLUMN_COUNT];

/* A question that is answered with whole memories. */
struct mneme_memory_asking {
    const char *what, *sql; /* the statement with its parts as for mneme_sql_compose_memories */
    const struct mneme_as_of *as_of;
    const struct mneme_filter_node *filter; /* may be NULL */
};

/* Asks it; `params` has all parameters but the filter's. */
int mneme_memory_ask(struct mneme_postgres *postgres, const struct mneme_memory_asking *asking,
                     struct mneme_pg_params *params, mneme_row_visitor *visit, void *context, size_t *count,
                     struct mneme_error *error);

#endif
