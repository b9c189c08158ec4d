/*
 * Tables. On a terminal a row is one line that fits: ids are shortened as far as they stay distinct, times to
 * the minute, and texts share the room that is left. When output is piped, all values are complete.
 */
#ifndef MNEME_CLI_TABLE_H
#define MNEME_CLI_TABLE_H

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/error.h"

/* How a cell is shown. */
enum mneme_table_kind {
    MNEME_TABLE_TEXT,   /* cut or wrapped if there is too little room */
    MNEME_TABLE_WORD,   /* kept complete as long as possible */
    MNEME_TABLE_NUMBER, /* the same, right-aligned */
    MNEME_TABLE_TIME,   /* "2026-01-02 03:04:05" */
    MNEME_TABLE_ID,     /* 36 characters of a UUID */
};

struct mneme_table {
    const char *const *headings; /* NULL-terminated */
    size_t columns;
    struct mneme_arena arena;
    struct mneme_table_cell {
        struct mneme_str text;
        enum mneme_table_kind kind;
    } * cells;
    size_t cell_count, cell_capacity;
    bool failed; /* memory is exhausted: cells are missing at the end */
};

/* How to show it. */
struct mneme_table_view {
    int columns;        /* the terminal's width; 0: output is piped */
    bool is_wide;       /* show complete values on a terminal, too; wrap the last text */
    const char *chosen; /* headings, separated by commas, in any case; NULL: all */
    int64_t now_micros; /* times of today are shown without the date */
};

void mneme_table_init(struct mneme_table *table, const char *const *headings);
void mneme_table_clean_up(struct mneme_table *table);

/* Adds a cell, row by row, left to right. The text is copied; control characters are shown escaped. */
void mneme_table_cell(struct mneme_table *table, struct mneme_str text);
void mneme_table_cell_of(struct mneme_table *table, enum mneme_table_kind kind, struct mneme_str text);
void mneme_table_cell_long(struct mneme_table *table, int64_t value);

/* MNEME_E_USAGE, with the closest name, when `chosen` names a column that the headings do not have. */
int mneme_table_check_columns(const char *const *headings, const char *chosen, struct mneme_error *error);

/* Prints headings and rows. MNEME_E_NO_MEMORY when the table is incomplete. `chosen` must have been checked.
 */
int mneme_table_print(const struct mneme_table *table, FILE *out, const struct mneme_table_view *view,
                      struct mneme_error *error);

#endif
