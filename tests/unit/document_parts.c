/*
 * Long texts in parts: nothing is lost, no character is cut, sentences and words stay whole where they can.
 */
#include "consumers/documents/parts.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/base/buffer.h"
#include "common/base/utf8.h"

static void check_part(const char *text, size_t max_bytes, const char *part, const char *left) {
    struct mneme_str rest = mneme_str_from(text);
    struct mneme_str got = mneme_document_take_part(&rest, max_bytes);
    cr_assert(mneme_str_equal(got, mneme_str_from(part)), "of \"%s\": \"%.*s\"", text, MNEME_STR_ARG(got));
    cr_assert(mneme_str_equal(rest, mneme_str_from(left)), "of \"%s\": \"%.*s\" is left", text,
              MNEME_STR_ARG(rest));
}

Test(document_parts, a_part_ends_behind_a_sentence_a_line_or_a_word) {
    check_part("short", 5, "short", "");
    check_part("One is. Two are more", 12, "One is.", " Two are more");
    check_part("One is! Two are more", 12, "One is!", " Two are more");
    check_part("a line\nand another one", 12, "a line", "and another one");
    check_part("version 1.2.3 of it all", 14, "version 1.2.3", "of it all");
    check_part("some words in a row", 12, "some words", "in a row");
    check_part("oneverylongwordwithoutend", 10, "oneverylon", "gwordwithoutend");
    check_part("A. and a word that is long", 20, "A. and a word that", "is long"); /* no short parts */
    check_part("日本語です。次の文は長い", 21, "日本語です。", "次の文は長い");
}

Test(document_parts, blanks_are_no_part) {
    struct mneme_str rest = MNEME_STR_LIT(" \n\t ");
    cr_assert_null(mneme_document_take_part(&rest, 2).data);
    cr_assert_eq(rest.len, 0);
    check_part("  a  ", 100, "a", "");
}

Test(document_parts, a_character_is_never_cut) {
    check_part("ééé", 3, "é", "éé");
    check_part("😀😀", 1, "😀", "😀"); /* no less than one, however little room there is */
    check_part("😀", 1, "😀", "");
    check_part("日本", 5, "日", "本");
}

/* A text of 90,000 bytes of all lengths of characters, sentences and blanks, the same each time. */
static void write_long_text(struct mneme_buffer *out) {
    static const char *const pieces[] = {"a", "word", "é", "日本", "😀", " ", ". ", "\n", "verylongwordindeed",
                                         "。"};
    unsigned seed = 7;
    while (out->len < 90000) {
        seed = seed * 1103515245U + 12345U;
        const char *piece = pieces[(seed >> 16) % (sizeof pieces / sizeof *pieces)];
        mneme_buffer_append(out, piece, strlen(piece));
    }
}

static void append_without_blanks(struct mneme_buffer *out, struct mneme_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ' ' && text.data[i] != '\n') {
            mneme_buffer_append(out, &text.data[i], 1);
        }
    }
}

Test(document_parts, the_parts_of_a_long_text_are_all_of_it_in_order) {
    struct mneme_buffer text = {0};
    write_long_text(&text);
    static const size_t sizes[] = {1, 2, 3, 5, 64, 750, 1500, 6000, 89999, 90000, 1000000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct mneme_buffer whole = {0};
        struct mneme_buffer joined = {0};
        struct mneme_str rest = mneme_buffer_str(&text);
        append_without_blanks(&whole, rest);
        while (rest.len > 0) {
            struct mneme_str part = mneme_document_take_part(&rest, sizes[k]);
            cr_assert(part.len <= sizes[k] || part.len <= 4);
            cr_assert(part.data == NULL || mneme_utf8_is_continuation((uint8_t)part.data[0]) == 0);
            cr_assert(rest.len == 0 || mneme_utf8_is_continuation((uint8_t)rest.data[0]) == 0);
            append_without_blanks(&joined, part);
        }
        cr_assert(mneme_str_equal(mneme_buffer_str(&whole), mneme_buffer_str(&joined)), "by %zu", sizes[k]);
        mneme_buffer_clean_up(&whole);
        mneme_buffer_clean_up(&joined);
    }
    mneme_buffer_clean_up(&text);
}
