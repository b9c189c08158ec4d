/*
 * Text of others as a terminal gets it.
 */
#include "common/base/printable.h"

#include <criterion/criterion.h>

static void check(const char *text, bool keep_lines, const char *wanted) {
    struct mneme_buffer out = {0};
    mneme_printable(&out, mneme_str_from(text), keep_lines);
    mneme_buffer_append_byte(&out, '\0');
    cr_assert_str_eq(out.data, wanted);
    mneme_buffer_clean_up(&out);
}

Test(printable, text_stays_as_it_is) {
    check("", false, "");
    check("green tea, \xe8\x8c\xb6 \xf0\x9f\x8d\xb5 \xc2\xa0 caf\xc3\xa9", false,
          "green tea, \xe8\x8c\xb6 \xf0\x9f\x8d\xb5 \xc2\xa0 caf\xc3\xa9");
}

Test(printable, what_a_terminal_would_obey_is_escaped) {
    check("a\nb\tc\rd", false, "a\\nb\\tc\\rd");
    check("\x1b[31mred\x07\x7f", false, "\\x1b[31mred\\x07\\x7f");
    check("\xc2\x9b"
          "31m",
          false, "\\x9b31m");
}

Test(printable, what_turns_the_direction_of_writing_is_escaped) {
    /* Byte by byte, so that no reader of this file is misled. */
    static const char turned[] = {'a',    'b',    'c',    '\xe2', '\x80', '\xae', 'd',
                                  'e',    'f',    '\xe2', '\x81', '\xa6', '\xe2', '\x80',
                                  '\x8f', '\xd8', '\x9c', '\xe2', '\x80', '\xa8', '\0'};
    check(turned, false, "abc\\u202edef\\u2066\\u200f\\u061c\\u2028");
}

Test(printable, what_hides_between_other_characters_is_escaped) {
    check("a\xe2\x80\x8b"
          "b\xef\xbb\xbf"
          "c\xe2\x81\xa0"
          "d\xf3\xa0\x81\x81",
          false, "a\\u200bb\\ufeffc\\u2060d\\ue0041");
}

Test(printable, all_writing_stays) {
    static const char *const texts[] = {"Zürich", "日本語", "שלום", "مرحبا", "हिन्दी", "👩\xe2\x80\x8d🔬"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check(texts[i], false, texts[i]);
    }
}

Test(printable, lines_may_be_kept) {
    check("a\n\tb\r", true, "a\n\tb\\r");
}

Test(printable, bytes_that_are_no_utf8_are_shown_as_numbers) {
    check("\xff\xc3(\xe2\x80", false, "\\xff\\xc3(\\xe2\\x80");
}
