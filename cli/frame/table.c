/*
 * Layout of a table. Widths are those that a terminal shows (wide characters take two columns, combining ones
 * none), measured in a UTF-8 locale of this file's own, so that the caller's locale does not matter.
 */
#include "cli/frame/table.h"

#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

#include "cli/frame/show.h"
#include "common/base/buffer.h"

#define GAP 2
#define MIN_CUT_COLUMN 8
#define ELLIPSIS "…"

struct glyph {
    size_t bytes;
    int width;
};

/* The character at the beginning of `text`, which is not empty. A byte that is no UTF-8 counts as one column.
 */
static struct glyph next_glyph(struct mneme_str text) {
    mbstate_t state = {0};
    wchar_t wide;
    size_t bytes = mbrtowc(&wide, text.data, text.len, &state);
    if (bytes == 0 || bytes > text.len) {
        return (struct glyph){1, 1};
    }
    int width = wcwidth(wide);
    return (struct glyph){bytes, width < 0 ? 1 : width};
}

static int width_of(struct mneme_str text) {
    int width = 0;
    while (text.len > 0) {
        struct glyph glyph = next_glyph(text);
        width += glyph.width;
        text.data += glyph.bytes;
        text.len -= glyph.bytes;
    }
    return width;
}

/* How many bytes fit `columns`, and how wide those are. Combining characters stay with the one before them.
 */
static size_t fit(struct mneme_str text, int columns, int *width) {
    size_t bytes = 0;
    *width = 0;
    while (bytes < text.len) {
        struct glyph glyph = next_glyph((struct mneme_str){text.data + bytes, text.len - bytes});
        if (*width + glyph.width > columns) {
            break;
        }
        *width += glyph.width;
        bytes += glyph.bytes;
    }
    return bytes;
}

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

void mneme_table_cell(struct mneme_table *table, struct mneme_str text) {
    if (table->cell_count == table->cell_capacity) {
        size_t capacity = table->cell_capacity == 0 ? 256 : table->cell_capacity * 2;
        struct mneme_str *cells = realloc(table->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            return; /* memory is exhausted: the table ends here */
        }
        table->cells = cells;
        table->cell_capacity = capacity;
    }
    struct mneme_buffer escaped = {0};
    mneme_show_escape(&escaped, text, false);
    struct mneme_str copy = mneme_arena_copy(&table->arena, mneme_buffer_str(&escaped));
    mneme_buffer_clean_up(&escaped);
    table->cells[table->cell_count++] = copy.data == NULL ? MNEME_STR_LIT("") : copy;
}

void mneme_table_cell_long(struct mneme_table *table, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    mneme_table_cell(table, mneme_str_from(text));
}

/* Makes the last columns narrower until the row fits; none gets narrower than a few characters. */
static void shrink(int *widths, size_t columns, int available) {
    int total = 0;
    for (size_t i = 0; i < columns; i++) {
        total += widths[i] + (i > 0 ? GAP : 0);
    }
    for (size_t i = columns; i-- > 0 && total > available;) {
        int spare = widths[i] > MIN_CUT_COLUMN ? widths[i] - MIN_CUT_COLUMN : 0;
        int cut = total - available < spare ? total - available : spare;
        widths[i] -= cut;
        total -= cut;
    }
}

static void print_row(FILE *out, const struct mneme_str *cells, const int *widths, size_t columns) {
    int owed = 0; /* spaces before the next cell: none are left at a line's end */
    for (size_t i = 0; i < columns; i++) {
        int width;
        size_t bytes = fit(cells[i], widths[i], &width);
        bool is_cut = bytes < cells[i].len;
        if (is_cut) {
            bytes = fit(cells[i], widths[i] - 1, &width);
        }
        if (cells[i].len > 0) {
            fprintf(out, "%*s%.*s%s", owed, "", (int)bytes, cells[i].data, is_cut ? ELLIPSIS : "");
            owed = 0;
            width += is_cut;
        }
        owed += widths[i] - width + GAP;
    }
    fputc('\n', out);
}

void mneme_table_print(const struct mneme_table *table, FILE *out, int columns) {
    int widths[table->columns];
    struct mneme_str headings[table->columns];
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 == (locale_t)0 ? (locale_t)0 : uselocale(utf8);
    for (size_t i = 0; i < table->columns; i++) {
        headings[i] = mneme_str_from(table->headings[i]);
        widths[i] = width_of(headings[i]);
    }
    size_t rows = table->cell_count / table->columns;
    for (size_t i = 0; i < rows * table->columns; i++) {
        int width = width_of(table->cells[i]);
        int *widest = &widths[i % table->columns];
        *widest = width > *widest ? width : *widest;
    }
    if (columns > 0) {
        shrink(widths, table->columns, columns);
    }
    print_row(out, headings, widths, table->columns);
    for (size_t i = 0; i < rows; i++) {
        print_row(out, table->cells + i * table->columns, widths, table->columns);
    }
    if (utf8 != (locale_t)0) {
        uselocale(before);
        freelocale(utf8);
    }
}
