/*
 * The columns of a memory, shared by the questions that answer with whole memories.
 */
#ifndef MNEME_QUERIES_MEMORY_COLUMNS_H
#define MNEME_QUERIES_MEMORY_COLUMNS_H

#include "queries/row.h"

#define MNEME_MEMORY_COLUMN_COUNT 26

/* In the order of the table. */
extern const struct mneme_row_column mneme_memory_columns[MNEME_MEMORY_COLUMN_COUNT];

#endif
