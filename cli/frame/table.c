/*
 * Lays out a table: decides what each cell shows and how wide each column is, then prints the rows.
 */
#include "cli/frame/table.h"

#include <ctype.h>
#include <stdlib.h>

#include "cli/frame/text.h"
#include "cli/frame/values.h"
#include "common/base/choice.h"
#include "common/base/clock.h"
#include "common/base/printable.h"

#define GAP 2
#define MIN_CUT_COLUMN 8   /* a text is not cut shorter */
#define MIN_WRAP_COLUMN 20 /* nor wrapped narrower */
#define MAX_COLUMNS 32
#define ELLIPSIS "…"

/* At least this many characters of a UUID are shown. The first eight digits of version 7 name a span of 65
 * seconds, so its ids are shown with their full millisecond. */
#define ID_CHARACTERS 8
#define TIMED_ID_CHARACTERS 13

#define DATE_CHARACTERS 10   /* 2026-01-02 */
#define MINUTE_CHARACTERS 16 /* 2026-01-02 03:04 */
#define CLOCK_AT 11          /* where the time of day begins */

void mneme_table_init(struct mneme_table *table, const char *const *headings) {
    *table = (struct mneme_table){.headings = headings};
    while (headings[table->columns] != NULL) {
        table->columns++;
    }
    mneme_arena_init(&table->arena, 0);
}

void mneme_table_clean_up(struct mneme_table *table) {
    free(table->cells);
    mneme_arena_clean_up(&table->arena);
    *table = (struct mneme_table){0};
}

void mneme_table_cell_of(struct mneme_table *table, enum mneme_table_kind kind, struct mneme_str text) {
    if (table->cell_count == table->cell_capacity) {
        size_t capacity = table->cell_capacity == 0 ? 256 : table->cell_capacity * 2;
        struct mneme_table_cell *cells = realloc(table->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            table->failed = true;
            return;
        }
        table->cells = cells;
        table->cell_capacity = capacity;
    }
    struct mneme_buffer escaped = {0};
    mneme_printable(&escaped, text, false);
    struct mneme_str copy =
        escaped.failed ? MNEME_STR_NULL : mneme_arena_copy(&table->arena, mneme_buffer_str(&escaped));
    mneme_buffer_clean_up(&escaped);
    table->failed = table->failed || copy.data == NULL;
    table->cells[table->cell_count++] =
        (struct mneme_table_cell){copy.data == NULL ? MNEME_STR_LIT("") : copy, kind};
}

void mneme_table_cell(struct mneme_table *table, struct mneme_str text) {
    mneme_table_cell_of(table, MNEME_TABLE_TEXT, text);
}

void mneme_table_cell_long(struct mneme_table *table, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    mneme_table_cell_of(table, MNEME_TABLE_NUMBER, mneme_str_from(text));
}

/* --- which columns --- */

/* The index of the column of that name, -1 when there is none. */
static int column_by_name(const char *const *headings, struct mneme_str name) {
    for (int i = 0; headings[i] != NULL; i++) {
        size_t at = 0;
        while (at < name.len && headings[i][at] != '\0' &&
               toupper((unsigned char)name.data[at]) == toupper((unsigned char)headings[i][at])) {
            at++;
        }
        if (at == name.len && headings[i][at] == '\0') {
            return i;
        }
    }
    return -1;
}

int mneme_table_check_columns(const char *const *headings, const char *chosen, struct mneme_error *error) {
    struct mneme_str rest = mneme_str_from(chosen);
    size_t count = 0;
    while (rest.len > 0) {
        struct mneme_str name = mneme_cli_next_item(&rest);
        if (++count > MAX_COLUMNS) {
            return mneme_error_set(error, MNEME_E_USAGE,
                                   "--columns was not taken: it names more than %d columns; leave some out",
                                   MAX_COLUMNS);
        }
        if (column_by_name(headings, name) < 0) {
            char upper[64];
            size_t len = 0;
            for (; len < name.len && len + 1 < sizeof upper; len++) {
                upper[len] = (char)toupper((unsigned char)name.data[len]);
            }
            return mneme_choice_check((struct mneme_str){upper, len}, headings, "--columns", "column", error);
        }
    }
    return count > 0 ? MNEME_OK
                     : mneme_error_set(error, MNEME_E_USAGE,
                                       "--columns was not taken: it is empty; name one, or leave it out");
}

/* --- layout --- */

struct column {
    size_t from; /* its place in the table */
    struct mneme_str heading;
    enum mneme_table_kind kind; /* of its cells; text if they differ */
    int width;
    size_t id_len;    /* how many characters of its ids are shown */
    bool is_of_today; /* all its times are of today */
    bool is_right;    /* numbers */
};

struct layout {
    const struct mneme_table *table;
    const struct mneme_table_view *view;
    struct column columns[MAX_COLUMNS];
    size_t count, rows;
    bool is_short; /* ids and times are shortened, texts cut */
    int wrapped;   /* the column that is wrapped, or -1 */
    char today[MNEME_RFC3339_BYTES];
};

static const struct mneme_table_cell *cell_of(const struct layout *layout, const struct column *column,
                                              size_t row) {
    return &layout->table->cells[row * layout->table->columns + column->from];
}

static int compare_texts(const void *a, const void *b) {
    const struct mneme_str *left = a;
    const struct mneme_str *right = b;
    size_t len = left->len < right->len ? left->len : right->len;
    int order = memcmp(left->data, right->data, len);
    return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

/* The shortest length at which the ids of the column differ. Without memory to find it, the full length. */
static size_t id_length(const struct layout *layout, const struct column *column) {
    struct mneme_str *ids = malloc((layout->rows + 1) * sizeof *ids);
    size_t len = ID_CHARACTERS;
    if (ids == NULL) {
        return SIZE_MAX;
    }
    size_t count = 0;
    for (size_t row = 0; row < layout->rows; row++) {
        const struct mneme_table_cell *cell = cell_of(layout, column, row);
        if (cell->kind != MNEME_TABLE_ID) {
            continue;
        }
        ids[count++] = cell->text;
        bool is_timed = cell->text.len > 14 && cell->text.data[14] == '7'; /* the digit of the version */
        len = is_timed && len < TIMED_ID_CHARACTERS ? TIMED_ID_CHARACTERS : len;
    }
    qsort(ids, count, sizeof *ids, compare_texts);
    for (size_t i = 1; i < count; i++) {
        size_t common = 0;
        while (common < ids[i].len && common < ids[i - 1].len &&
               ids[i].data[common] == ids[i - 1].data[common]) {
            common++;
        }
        bool is_same = common == ids[i].len && common == ids[i - 1].len;
        len = !is_same && common + 1 > len ? common + 1 : len;
    }
    free(ids);
    bool is_before_dash = len == 9 || len == 14 || len == 19 || len == 24; /* it would end with a dash */
    return is_before_dash ? len + 1 : len;
}

/* The part of a cell that is shown, before it is cut to fit. */
static struct mneme_str shown(const struct layout *layout, const struct column *column,
                              const struct mneme_table_cell *cell) {
    struct mneme_str text = cell->text;
    if (!layout->is_short) {
        return text;
    }
    if (cell->kind == MNEME_TABLE_ID && text.len > column->id_len) {
        text.len = column->id_len;
    } else if (cell->kind == MNEME_TABLE_TIME && text.len > MINUTE_CHARACTERS && column->is_of_today) {
        text.data += CLOCK_AT;
        text.len -= CLOCK_AT;
    } else if (cell->kind == MNEME_TABLE_TIME && text.len > MINUTE_CHARACTERS) {
        text.len = MINUTE_CHARACTERS;
    }
    return text;
}

/* Finds the column's kind, and what its ids and times have in common. */
static void inspect_cells(struct layout *layout, struct column *column) {
    bool has_cells = false;
    column->is_of_today = true;
    for (size_t row = 0; row < layout->rows; row++) {
        const struct mneme_table_cell *cell = cell_of(layout, column, row);
        if (cell->text.len == 0) {
            continue;
        }
        column->kind = has_cells && cell->kind != column->kind ? MNEME_TABLE_TEXT : cell->kind;
        has_cells = true;
        column->is_of_today = column->is_of_today && cell->text.len >= DATE_CHARACTERS &&
                              memcmp(cell->text.data, layout->today, DATE_CHARACTERS) == 0;
    }
    column->is_right = column->kind == MNEME_TABLE_NUMBER;
    column->id_len = id_length(layout, column);
    column->width = mneme_text_width(column->heading);
    for (size_t row = 0; row < layout->rows; row++) {
        int width = mneme_text_width(shown(layout, column, cell_of(layout, column, row)));
        column->width = width > column->width ? width : column->width;
    }
}

static int total_width(const struct layout *layout) {
    int total = 0;
    for (size_t i = 0; i < layout->count; i++) {
        total += layout->columns[i].width + (i > 0 ? GAP : 0);
    }
    return total;
}

/* Narrows the widest columns first, by one character at a time, until the row fits or no column can shrink
 * further. `only_texts`: other columns keep their width. */
static void shrink(struct layout *layout, bool only_texts) {
    int excess = total_width(layout) - layout->view->columns;
    while (excess > 0) {
        struct column *widest = NULL;
        for (size_t i = 0; i < layout->count; i++) {
            struct column *column = &layout->columns[i];
            bool may_give =
                column->width > MIN_CUT_COLUMN && (!only_texts || column->kind == MNEME_TABLE_TEXT);
            widest = may_give && (widest == NULL || column->width >= widest->width) ? column : widest;
        }
        if (widest == NULL) {
            return;
        }
        widest->width--;
        excess--;
    }
}

/* The last text column gets the room that the others leave; if that is too little, nothing is wrapped. */
static void choose_wrapped(struct layout *layout) {
    layout->wrapped = -1;
    if (layout->view->columns == 0 || !layout->view->is_wide) {
        return;
    }
    for (size_t i = layout->count; i-- > 0 && layout->wrapped < 0;) {
        struct column *column = &layout->columns[i];
        int room = layout->view->columns - (total_width(layout) - column->width);
        if (column->kind == MNEME_TABLE_TEXT && column->width > room && room >= MIN_WRAP_COLUMN) {
            column->width = room;
            layout->wrapped = (int)i;
        }
    }
}

static void lay_out(struct layout *layout) {
    struct mneme_str rest = mneme_str_from(layout->view->chosen);
    mneme_clock_format_rfc3339(layout->view->now_micros, layout->today);
    while (layout->count < MAX_COLUMNS &&
           (rest.data == NULL ? layout->count < layout->table->columns : rest.len > 0)) {
        int from = rest.data == NULL ? (int)layout->count
                                     : column_by_name(layout->table->headings, mneme_cli_next_item(&rest));
        if (from >= 0) {
            struct column *column = &layout->columns[layout->count++];
            *column = (struct column){.from = (size_t)from,
                                      .heading = mneme_str_from(layout->table->headings[from])};
            inspect_cells(layout, column);
        }
    }
    if (layout->is_short) {
        shrink(layout, true);
        shrink(layout, false);
    }
    choose_wrapped(layout);
}

/* --- printing --- */

/* Cuts the part of a cell that goes on this line off the rest. A shortened id needs no ellipsis: commands
 * accept it as it is. */
static struct mneme_str line_of_cell(const struct layout *layout, const struct column *column,
                                     struct mneme_str *rest, bool is_wrapped, bool *is_cut) {
    struct mneme_str text = *rest;
    int width;
    *is_cut = false;
    if (is_wrapped && text.len > 0) {
        return mneme_text_next_line(rest, column->width);
    }
    *rest = MNEME_STR_LIT("");
    if (!layout->is_short || mneme_text_width(text) <= column->width) {
        return text;
    }
    *is_cut = true;
    text.len = mneme_text_fit(text, column->width - 1, &width);
    return text;
}

static void print_cells(FILE *out, const struct layout *layout, struct mneme_str texts[MAX_COLUMNS],
                        bool is_heading) {
    bool has_more = true;
    while (has_more) {
        int owed = 0; /* spaces before the next cell, printed late so that no line ends with spaces */
        has_more = false;
        for (size_t i = 0; i < layout->count; i++) {
            const struct column *column = &layout->columns[i];
            bool is_cut;
            struct mneme_str text =
                line_of_cell(layout, column, &texts[i], !is_heading && layout->wrapped == (int)i, &is_cut);
            int width = mneme_text_width(text) + is_cut;
            int before = column->is_right && column->width > width ? column->width - width : 0;
            if (text.len > 0) {
                fprintf(out, "%*s%.*s%s", owed + before, "", MNEME_STR_ARG(text), is_cut ? ELLIPSIS : "");
                owed = 0;
                before += width;
            } else {
                before = 0;
            }
            owed += (column->width > before ? column->width - before : 0) + GAP;
            has_more = has_more || texts[i].len > 0;
        }
        fputc('\n', out);
    }
}

int mneme_table_print(const struct mneme_table *table, FILE *out, const struct mneme_table_view *view,
                      struct mneme_error *error) {
    struct layout layout = {.table = table,
                            .view = view,
                            .rows = table->cell_count / table->columns,
                            .is_short = view->columns > 0 && !view->is_wide};
    struct mneme_str texts[MAX_COLUMNS];
    lay_out(&layout);
    for (size_t i = 0; i < layout.count; i++) {
        texts[i] = layout.columns[i].heading;
    }
    print_cells(out, &layout, texts, true);
    for (size_t row = 0; row < layout.rows; row++) {
        for (size_t i = 0; i < layout.count; i++) {
            const struct column *column = &layout.columns[i];
            texts[i] = shown(&layout, column, cell_of(&layout, column, row));
        }
        print_cells(out, &layout, texts, false);
    }
    return table->failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                           "not all rows were shown: memory is exhausted; ask for fewer")
                         : MNEME_OK;
}
