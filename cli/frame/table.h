/*
 * Tables. On a terminal a row is one line that fits: ids are shortened to what tells them apart, times to the
 * minute, and texts share the room that is left. Where output is piped, all values are whole.
 */
#ifndef MNEME_CLI_TABLE_H
#define MNEME_CLI_TABLE_H

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/error.h"

/* How a cell is shown. */
enum mneme_table_kind {
    MNEME_TABLE_TEXT,   /* cut where there is no room for it, or wrapped */
    MNEME_TABLE_WORD,   /* whole as long as it can be */
    MNEME_TABLE_NUMBER, /* the same, at the right end of its column */
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
    bool is_wide;       /* on a terminal too all values are whole; the last text is wrapped */
    const char *chosen; /* headings, separated by commas, in any case; NULL: all */
    int64_t now_micros; /* times of this day are shown without it */
};

void mneme_table_init(struct mneme_table *table, const char *const *headings);
void mneme_table_clean_up(struct mneme_table *table);

/* Cells are added row by row, left to right; the text is copied, control characters are shown escaped. */
void mneme_table_cell(struct mneme_table *table, struct mneme_str text);
void mneme_table_cell_of(struct mneme_table *table, enum mneme_table_kind kind, struct mneme_str text);
void mneme_table_cell_long(struct mneme_table *table, int64_t value);

/* MNEME_E_USAGE, with the near one, when `chosen` names a column that the headings do not have. */
int mneme_table_check_columns(const char *const *headings, const char *chosen, struct mneme_error *error);

/* Prints headings and rows. MNEME_E_NO_MEMORY when the table is not complete. `chosen` was checked. */
int mneme_table_print(const struct mneme_table *table, FILE *out, const struct mneme_table_view *view,
                      struct mneme_error *error);

#endif
