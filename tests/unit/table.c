/*
 * Tables on a terminal: widths as shown, cuts between characters.
 */
#include "cli/frame/table.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const char *const headings[] = {"ID", "TEXT", NULL};
static struct mneme_table table;
static char *printed;

static void set_up(void) {
    mneme_table_init(&table, headings);
}

static void tear_down(void) {
    mneme_table_clean_up(&table);
    free(printed);
}

TestSuite(table, .init = set_up, .fini = tear_down);

static void add(const char *id, const char *text) {
    mneme_table_cell(&table, mneme_str_from(id));
    mneme_table_cell(&table, mneme_str_from(text));
}

static const char *print(int columns) {
    size_t bytes;
    free(printed);
    FILE *out = open_memstream(&printed, &bytes);
    cr_assert_not_null(out);
    mneme_table_print(&table, out, columns);
    cr_assert_eq(fclose(out), 0);
    return printed;
}

Test(table, columns_are_as_wide_as_their_cells) {
    add("1", "tea");
    add("1234", "coffee");
    cr_assert_str_eq(print(80), "ID    TEXT\n"
                                "1     tea\n"
                                "1234  coffee\n");
}

Test(table, the_last_column_is_cut_so_that_a_row_fits) {
    add("1234", "a text that is too long for the line");
    cr_assert_str_eq(print(20), "ID    TEXT\n"
                                "1234  a text that i…\n");
}

Test(table, nothing_is_cut_where_there_is_no_terminal) {
    add("1", "a text that is too long for the line");
    cr_assert_str_eq(print(0), "ID  TEXT\n"
                               "1   a text that is too long for the line\n");
}

Test(table, a_wide_character_takes_two_columns_and_is_never_halved) {
    add("1", "日本語日本語");
    /* Twelve columns do not fit beside the first; eight hold three characters and the mark. */
    cr_assert_str_eq(print(12), "ID  TEXT\n"
                                "1   日本語…\n");
    add("日本", "x");
    cr_assert_str_eq(print(80), "ID    TEXT\n"
                                "1     日本語日本語\n"
                                "日本  x\n");
}

Test(table, combining_characters_take_no_column) {
    add("e\xcc\x81", "x"); /* e and an accent */
    cr_assert_str_eq(print(80), "ID  TEXT\n"
                                "e\xcc\x81   x\n");
}

Test(table, content_cannot_move_the_cursor) {
    add("a\nb", "\033[2J\r\t\x7f\xc2\x9b");
    cr_assert_str_eq(print(80), "ID    TEXT\n"
                                "a\\nb  \\x1b[2J\\r\\t\\x7f\\x9b\n");
}

Test(table, an_empty_cell_leaves_no_space_at_the_end_of_a_line) {
    add("1", "");
    add("2", "x");
    cr_assert_str_eq(print(80), "ID  TEXT\n"
                                "1\n"
                                "2   x\n");
}

Test(table, a_very_narrow_terminal_still_shows_something) {
    add("1", "a text that is too long");
    cr_assert_str_eq(print(3), "ID  TEXT\n"
                               "1   a text …\n");
}

Test(table, text_that_is_no_utf8_is_shown_as_numbers_and_cut_like_other_text) {
    add("1", "\xff\xfe\xe2\x82");
    cr_assert_str_eq(print(40), "ID  TEXT\n1   \\xff\\xfe\\xe2\\x82\n");
}
