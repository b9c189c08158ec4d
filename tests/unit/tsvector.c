/*
 * A tsvector as Postgres sends it, whole and cut at every byte.
 */
#include "queries/search/tsvector.h"

#include <criterion/criterion.h>

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
