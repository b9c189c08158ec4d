/*
 * Tables: widths as shown, what gives way where there is no room, short ids and times.
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

static const char *print_view(const struct mneme_table_view *view) {
    struct mneme_error error = {0};
    size_t bytes;
    free(printed);
    FILE *out = open_memstream(&printed, &bytes);
    cr_assert_not_null(out);
    cr_assert_eq(mneme_table_print(&table, out, view, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(fclose(out), 0);
    return printed;
}

static const char *print(int columns) {
    return print_view(&(struct mneme_table_view){.columns = columns});
}

/* Another table of these headings, in the place of the one that is there. */
static void use(const char *const *others) {
    mneme_table_clean_up(&table);
    mneme_table_init(&table, others);
}

Test(table, columns_are_as_wide_as_their_cells) {
    add("1", "tea");
    add("1234", "coffee");
    cr_assert_str_eq(print(80), "ID    TEXT\n"
                                "1     tea\n"
                                "1234  coffee\n");
}

Test(table, a_text_is_cut_so_that_a_row_fits) {
    add("1234", "a text that is too long for the line");
    cr_assert_str_eq(print(20), "ID    TEXT\n"
                                "1234  a text that i…\n");
}

Test(table, texts_share_the_room_and_short_ones_stay_whole) {
    static const char *const three[] = {"WHO", "A", "B", NULL};
    use(three);
    mneme_table_cell(&table, MNEME_STR_LIT("ada"));
    mneme_table_cell(&table, MNEME_STR_LIT("one text of some length"));
    mneme_table_cell(&table, MNEME_STR_LIT("another text of some length"));
    cr_assert_str_eq(print(27), "WHO  A           B\n"
                                "ada  one text …  another t…\n");
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

/* Characters that turn the direction of writing, around a word; byte by byte, so that no reader of this file
 * is misled. */
static const char turned[] = {'\xe2', '\x80', '\xae', 'e', 'v', 'i', 'l', '\xe2', '\x81', '\xa9', '\0'};

Test(table, content_cannot_move_the_cursor_or_turn_the_line) {
    add("a\nb", "\033[2J\r\t\x7f\xc2\x9b");
    add("c", turned);
    cr_assert_str_eq(print(80), "ID    TEXT\n"
                                "a\\nb  \\x1b[2J\\r\\t\\x7f\\x9b\n"
                                "c     \\u202eevil\\u2069\n");
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

Test(table, what_is_no_utf8_is_shown_by_its_bytes) {
    add("1", "\xff\xfe\xe2\x82");
    cr_assert_str_eq(print(80), "ID  TEXT\n"
                                "1   \\xff\\xfe\\xe2\\x82\n");
}

Test(table, numbers_stand_at_the_right) {
    static const char *const two[] = {"LAG", "EVENTS", NULL};
    use(two);
    mneme_table_cell_long(&table, 1234567);
    mneme_table_cell_long(&table, 5);
    mneme_table_cell_long(&table, 1);
    mneme_table_cell_long(&table, 12);
    cr_assert_str_eq(print(80), "    LAG  EVENTS\n"
                                "1234567       5\n"
                                "      1      12\n");
}

/* --- ids --- */

#define EARLIER "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e"
#define SAME_MILLISECOND "018f0f5e-7a5b-7cd2-8a1b-0c4d5e2f6a1b"
#define LATER "018f0f61-0001-7000-8000-000000000001"
#define RANDOM "c0ffee00-1234-4abc-8def-0123456789ab"

static void add_id(const char *id) {
    mneme_table_cell_of(&table, MNEME_TABLE_ID, mneme_str_from(id));
    mneme_table_cell(&table, MNEME_STR_LIT("x"));
}

Test(table, a_random_id_is_shown_by_eight_characters) {
    add_id(RANDOM);
    cr_assert_str_eq(print(80), "ID        TEXT\n"
                                "c0ffee00  x\n");
}

Test(table, an_id_that_holds_its_time_is_shown_with_its_millisecond) {
    add_id(EARLIER);
    add_id(LATER);
    cr_assert_str_eq(print(80), "ID             TEXT\n"
                                "018f0f5e-7a5b  x\n"
                                "018f0f61-0001  x\n");
}

Test(table, ids_get_longer_alike_until_they_differ) {
    add_id(EARLIER);
    add_id(SAME_MILLISECOND);
    add_id(LATER);
    add_id(LATER);
    cr_assert_str_eq(print(80), "ID                 TEXT\n"
                                "018f0f5e-7a5b-7cc  x\n"
                                "018f0f5e-7a5b-7cd  x\n"
                                "018f0f61-0001-700  x\n"
                                "018f0f61-0001-700  x\n");
}

Test(table, a_short_id_never_ends_with_a_dash) {
    add_id("c0ffee00-1234-4abc-8def-0123456789ab");
    add_id("c0ffee00-2234-4abc-8def-0123456789ab");
    add_id("c0ffee0a-2234-4abc-8def-0123456789ab");
    cr_assert_str_eq(print(80), "ID          TEXT\n"
                                "c0ffee00-1  x\n"
                                "c0ffee00-2  x\n"
                                "c0ffee0a-2  x\n");
}

Test(table, ids_are_whole_where_output_is_piped_or_wide) {
    add_id(EARLIER);
    cr_assert_not_null(strstr(print(0), EARLIER "  x"));
    cr_assert_not_null(
        strstr(print_view(&(struct mneme_table_view){.columns = 80, .is_wide = true}), EARLIER "  x"));
}

Test(table, among_other_texts_ids_are_short_too) {
    add("chat-1 17", "x");
    add_id(RANDOM);
    cr_assert_str_eq(print(80), "ID         TEXT\n"
                                "chat-1 17  x\n"
                                "c0ffee00   x\n");
}

/* --- times --- */

#define NOW INT64_C(1767323045000000) /* 2026-01-02T03:04:05Z */

static void add_time(const char *time) {
    mneme_table_cell_of(&table, MNEME_TABLE_TIME, mneme_str_from(time));
    mneme_table_cell(&table, MNEME_STR_LIT("x"));
}

Test(table, times_of_today_are_shown_without_the_day) {
    add_time("2026-01-02 00:00:07");
    add_time("2026-01-02 03:04:05");
    add_time("");
    const struct mneme_table_view view = {.columns = 80, .now_micros = NOW};
    cr_assert_str_eq(print_view(&view), "ID        TEXT\n"
                                        "00:00:07  x\n"
                                        "03:04:05  x\n"
                                        "          x\n");
    add_time("2026-01-01 23:59:59");
    cr_assert_str_eq(print_view(&view), "ID                TEXT\n"
                                        "2026-01-02 00:00  x\n"
                                        "2026-01-02 03:04  x\n"
                                        "                  x\n"
                                        "2026-01-01 23:59  x\n");
    cr_assert_not_null(strstr(print(0), "2026-01-01 23:59:59"));
}

/* --- chosen columns --- */

Test(table, columns_are_chosen_by_name_and_order) {
    add("1", "tea");
    cr_assert_str_eq(print_view(&(struct mneme_table_view){.columns = 80, .chosen = "text, id"}),
                     "TEXT  ID\n"
                     "tea   1\n");
    cr_assert_str_eq(print_view(&(struct mneme_table_view){.chosen = "Text"}), "TEXT\n"
                                                                               "tea\n");
}

Test(table, a_column_that_is_not_there_is_refused) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_table_check_columns(headings, "id,text", &error), MNEME_OK);
    cr_assert_eq(mneme_table_check_columns(headings, "id,txt", &error), MNEME_E_USAGE);
    cr_assert_str_eq(error.message,
                     "--columns was not taken: there is no column 'TXT'; did you mean 'TEXT'?");
    cr_assert_eq(mneme_table_check_columns(headings, "who", &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "choose one of ID or TEXT"), "%s", error.message);
    cr_assert_eq(mneme_table_check_columns(headings, "", &error), MNEME_E_USAGE);
    cr_assert_eq(mneme_table_check_columns(headings, "id,,text", &error), MNEME_E_USAGE);
}

/* --- wide --- */

Test(table, a_wide_table_wraps_its_last_text) {
    add("1", "a text that is too long for one line of it");
    add("2", "tea");
    cr_assert_str_eq(print_view(&(struct mneme_table_view){.columns = 28, .is_wide = true}),
                     "ID  TEXT\n"
                     "1   a text that is too long\n"
                     "    for one line of it\n"
                     "2   tea\n");
}

Test(table, a_wide_table_without_room_to_wrap_stays_whole) {
    add("1", "a text that is too long for the line");
    cr_assert_str_eq(print_view(&(struct mneme_table_view){.columns = 20, .is_wide = true}),
                     "ID  TEXT\n"
                     "1   a text that is too long for the line\n");
}
