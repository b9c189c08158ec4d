/*
 * Tables on a terminal: columns as wide as their cells, the last ones cut so that a row fits the terminal.
 */
#ifndef MNEME_CLI_TABLE_H
#define MNEME_CLI_TABLE_H

#include <stdio.h>

#include "common/base/arena.h"

struct mneme_table {
    const char *const *headings; /* NULL-terminated */
    size_t columns;
    struct mneme_arena arena;
    struct mneme_str *cells;
    size_t cell_count, cell_capacity;
};

void mneme_table_init(struct mneme_table *table, const char *const *headings);
void mneme_table_clean_up(struct mneme_table *table);

/* Cells are added row by row, left to right; the text is copied, control characters are shown escaped. */
void mneme_table_cell(struct mneme_table *table, struct mneme_str text);
void mneme_table_cell_long(struct mneme_table *table, int64_t value);

/* Prints headings and rows. `columns` is the terminal's width; 0 means never cut (output is piped). */
void mneme_table_print(const struct mneme_table *table, FILE *out, int columns);

#endif
