/*
 * Text on a terminal: widths and lines.
 */
#include "cli/frame/text.h"

#include <criterion/criterion.h>
#include <stdio.h>

static int width(const char *text) {
    return mneme_text_width(mneme_str_from(text));
}

Test(text, widths_are_those_of_a_terminal) {
    cr_assert_eq(width(""), 0);
    cr_assert_eq(width("tea"), 3);
    cr_assert_eq(width("Zürich…"), 7);
    cr_assert_eq(width("日本語"), 6);
    cr_assert_eq(width("e\xcc\x81"), 1);
    cr_assert_eq(width("\xff\xfe"), 2, "what is no UTF-8 counts its bytes");
}

/* All lines of the text, each in brackets. */
static const char *lines(const char *text, int columns) {
    static char out[512];
    struct mneme_str rest = mneme_str_from(text);
    size_t len = 0;
    out[0] = '\0';
    while (rest.len > 0) {
        struct mneme_str line = mneme_text_next_line(&rest, columns);
        len += (size_t)snprintf(out + len, sizeof out - len, "[%.*s]", MNEME_STR_ARG(line));
    }
    return out;
}

Test(text, a_line_ends_at_a_space) {
    cr_assert_str_eq(lines("green tea at four", 9), "[green tea][at four]");
    cr_assert_str_eq(lines("green tea at four", 8), "[green][tea at][four]");
    cr_assert_str_eq(lines("green   tea", 6), "[green][tea]");
    cr_assert_str_eq(lines("green tea ", 9), "[green tea]");
}

Test(text, a_line_feed_ends_a_line) {
    cr_assert_str_eq(lines("green\n\ntea\n", 20), "[green][][tea]");
}

Test(text, a_word_that_is_too_long_ends_behind_a_comma_or_anywhere) {
    cr_assert_str_eq(lines("{\"a\":1,\"b\":2}", 9), "[{\"a\":1,][\"b\":2}]");
    cr_assert_str_eq(lines("abcdefghij", 4), "[abcd][efgh][ij]");
    cr_assert_str_eq(lines("日本語", 3), "[日][本][語]");
    cr_assert_str_eq(lines("日本語", 1), "[日][本][語]", "one character is taken at least");
}
