/*
 * A tsvector as Postgres takes it and as it sends it, whole and cut at every byte.
 */
#include "common/analysis/tsvector.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* 'ada':1 'tea':2,5, and 'x' without positions. */
static const char sent[] = "\0\0\0\3"
                           "ada\0\0\1\0\1"
                           "tea\0\0\2\0\2\0\5"
                           "x\0\0\0";
#define SENT_BYTES (sizeof sent - 1)

Test(tsvector, lexemes_come_with_their_counts) {
    struct mneme_tsvector_reader reader = mneme_tsvector_enter((struct mneme_str){sent, SENT_BYTES});
    struct mneme_str lexeme;
    uint32_t count;
    cr_assert(mneme_tsvector_next(&reader, &lexeme, &count));
    cr_assert(mneme_str_equal(lexeme, MNEME_STR_LIT("ada")) && count == 1);
    cr_assert(mneme_tsvector_next(&reader, &lexeme, &count));
    cr_assert(mneme_str_equal(lexeme, MNEME_STR_LIT("tea")) && count == 2);
    cr_assert(mneme_tsvector_next(&reader, &lexeme, &count));
    cr_assert(mneme_str_equal(lexeme, MNEME_STR_LIT("x")) && count == 1);
    cr_assert_not(mneme_tsvector_next(&reader, &lexeme, &count));
}

Test(tsvector, a_cut_value_ends_early) {
    static const size_t ends[] = {12, 22, SENT_BYTES}; /* of the lexemes */
    for (size_t len = 0; len <= SENT_BYTES; len++) {
        char value[SENT_BYTES];
        memcpy(value, sent, SENT_BYTES);
        struct mneme_tsvector_reader reader = mneme_tsvector_enter((struct mneme_str){value, len});
        struct mneme_str lexeme;
        uint32_t count;
        size_t whole = 0;
        size_t read = 0;
        while (whole < 3 && ends[whole] <= len) {
            whole++;
        }
        while (mneme_tsvector_next(&reader, &lexeme, &count)) {
            read++;
        }
        cr_assert_eq(read, whole, "%zu of %zu bytes: %zu", len, SENT_BYTES, read);
    }
}

static struct mneme_terms terms;
static struct mneme_buffer written, scratch;

static void add(const char *lexeme, uint32_t position) {
    struct mneme_term term = {.at = terms.bytes.len, .len = (uint32_t)strlen(lexeme), .position = position};
    mneme_buffer_append(&terms.bytes, lexeme, term.len);
    mneme_buffer_append(&terms.items, &term, sizeof term);
    terms.positions = position > terms.positions ? position : terms.positions;
}

static void clean_up(void) {
    mneme_terms_clean_up(&terms);
    mneme_buffer_clean_up(&written);
    mneme_buffer_clean_up(&scratch);
}

Test(tsvector, what_is_written_is_sorted_and_each_lexeme_once, .fini = clean_up) {
    static const char expected[] = "\0\0\0\4"
                                   "ada\0\0\1\0\1"
                                   "te\0\0\1\0\7"
                                   "tea\0\0\2\0\2\0\5"
                                   "\xC3\xA9\0\0\1\0\3";
    add("tea", 5);
    add("\xC3\xA9", 3);
    add("ada", 1);
    add("tea", 2);
    add("tea", 2);
    add("te", 7);
    cr_assert(mneme_tsvector_write(&written, &scratch, &terms));
    cr_assert_eq(written.len, sizeof expected - 1);
    cr_assert_arr_eq(written.data, expected, sizeof expected - 1);
}

Test(tsvector, an_empty_text_has_no_lexeme, .fini = clean_up) {
    cr_assert(mneme_tsvector_write(&written, &scratch, &terms));
    cr_assert_eq(written.len, 4);
    cr_assert_arr_eq(written.data, "\0\0\0\0", 4);
}

Test(tsvector, places_have_the_bounds_of_postgres, .fini = clean_up) {
    struct mneme_str lexeme;
    uint32_t count;
    for (uint32_t i = 1; i <= 300; i++) {
        add("a", i);
    }
    add("b", 16382);
    add("b", 16383);
    add("b", 20000);
    cr_assert(mneme_tsvector_write(&written, &scratch, &terms));
    struct mneme_tsvector_reader reader = mneme_tsvector_enter(mneme_buffer_str(&written));
    cr_assert(mneme_tsvector_next(&reader, &lexeme, &count));
    cr_assert_eq(count, 255);
    cr_assert(mneme_tsvector_next(&reader, &lexeme, &count));
    cr_assert_eq(count, 2);
    cr_assert_not(mneme_tsvector_next(&reader, &lexeme, &count));
}

/* How many lexemes are written of so many different ones of that length, and whether they have places. */
static size_t write_different(size_t count, int length, bool *has_places) {
    char text[64];
    struct mneme_str lexeme;
    uint32_t places;
    size_t read = 0;
    mneme_terms_clear(&terms);
    mneme_buffer_clear(&written);
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%0*zu", length, i);
        add(text, (uint32_t)i + 1);
    }
    cr_assert(mneme_tsvector_write(&written, &scratch, &terms));
    struct mneme_tsvector_reader reader = mneme_tsvector_enter(mneme_buffer_str(&written));
    while (mneme_tsvector_next(&reader, &lexeme, &places)) {
        read++;
    }
    *has_places = written.data[4 + (size_t)length + 2] != 0;
    cr_assert_lt(read * (size_t)length, 1 << 20);
    return read;
}

Test(tsvector, more_than_a_megabyte_loses_places_and_then_words, .fini = clean_up) {
    bool has_places;
    cr_assert_eq(write_different(50000, 8, &has_places), 50000);
    cr_assert(has_places);
    cr_assert_eq(write_different(100000, 8, &has_places), 100000);
    cr_assert_not(has_places);
    size_t left = write_different(100000, 20, &has_places);
    cr_assert(left > 40000 && left < 100000, "%zu", left);
    cr_assert_not(has_places);
}
