/*
 * Cursors of lists: opaque words that come back as they went.
 */
#include "queries/cursor.h"

#include <criterion/criterion.h>

static struct mneme_arena arena;
static struct mneme_buffer word;
static struct mneme_error error;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&word);
}

TestSuite(cursor, .init = set_up, .fini = tear_down);

Test(cursor, comes_back_as_it_was_written) {
    static const struct {
        int64_t micros;
        struct mneme_str id, stream_id;
    } rows[] = {
        {0, MNEME_STR_LIT(""), MNEME_STR_LIT("")},
        {INT64_C(1769860800000001), MNEME_STR_LIT("018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e"),
         MNEME_STR_LIT("ada")},
        {INT64_C(-62135596800000000), MNEME_STR_LIT("chat:1/ä"), MNEME_STR_LIT("日本語 #access")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mneme_cursor cursor;
        mneme_buffer_clear(&word);
        mneme_cursor_write(&word, rows[i].micros, rows[i].id, rows[i].stream_id);
        for (size_t j = 0; j < word.len; j++) {
            cr_assert(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                             word.data[j]) != NULL);
        }
        cr_assert_eq(mneme_cursor_read(&cursor, mneme_buffer_str(&word), &arena, &error), MNEME_OK, "%zu: %s",
                     i, error.message);
        cr_assert(cursor.is_set);
        cr_assert_eq(cursor.micros, rows[i].micros);
        cr_assert(mneme_str_equal(cursor.id, rows[i].id));
        cr_assert(mneme_str_equal(cursor.stream_id, rows[i].stream_id));
    }
}

Test(cursor, none_is_no_cursor) {
    struct mneme_cursor cursor = {.is_set = true};
    cr_assert_eq(mneme_cursor_read(&cursor, MNEME_STR_NULL, &arena, &error), MNEME_OK);
    cr_assert_not(cursor.is_set);
}

Test(cursor, words_of_others_are_refused) {
    static const char *const bad[] = {"",     "x",       "!!!!", "MTIz",
                                      "AAAA", "eAB5AHo", "a b",  "OTk5OTk5OTk5OTk5OTk5OTk5OTk5AGEAYg"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mneme_cursor cursor;
        cr_assert_eq(mneme_cursor_read(&cursor, mneme_str_from(bad[i]), &arena, &error), MNEME_E_USAGE, "%s",
                     bad[i]);
        cr_assert_not(cursor.is_set);
        cr_assert_not_null(strstr(error.message, "is not a cursor"));
    }
}

Test(cursor, a_very_long_word_is_refused) {
    static char text[100000];
    struct mneme_cursor cursor;
    memset(text, 'A', sizeof text);
    cr_assert_eq(mneme_cursor_read(&cursor, (struct mneme_str){text, sizeof text}, &arena, &error),
                 MNEME_E_USAGE);
}
