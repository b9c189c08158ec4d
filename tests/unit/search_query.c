/*
 * What people write to a search engine, whatever it is.
 */
#include "queries/search/search_query.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct mneme_search_query query;

static void tear_down(void) {
    mneme_search_query_clean_up(&query);
}

TestSuite(search_query, .fini = tear_down);

static void check(const char *text, const char *tsquery, const char *words) {
    cr_assert(mneme_search_query_read(&query, mneme_str_from(text)));
    cr_assert_str_eq(query.tsquery.data, tsquery, "%s: %s", text, query.tsquery.data);
    cr_assert(mneme_str_equal(mneme_buffer_str(&query.words), mneme_str_from(words)), "%s: %.*s", text,
              MNEME_STR_ARG(mneme_buffer_str(&query.words)));
}

Test(search_query, all_words_must_occur) {
    check("green tea", "'green' & 'tea'", " green tea");
    check("  green\ttea\n", "'green' & 'tea'", " green tea");
}

Test(search_query, a_phrase_stands_in_quotes) {
    check("\"green tea\" cup", "'green tea' & 'cup'", " green tea cup");
    check("cup\"green tea\"", "'cup' & 'green tea'", " cup green tea");
}

Test(search_query, or_takes_either_side) {
    check("tea or coffee", "'tea' | 'coffee'", " tea coffee");
    check("green tea OR coffee milk", "'green' & 'tea' | 'coffee' & 'milk'", " green tea coffee milk");
    check("order oR \"or\"", "'order' | 'or'", " order or");
}

Test(search_query, a_minus_excludes) {
    check("tea -milk", "'tea' & !'milk'", " tea");
    check("-\"green tea\" tea", "!'green tea' & 'tea'", " tea");
    check("tea or -milk", "'tea' | !'milk'", " tea");
    check("well-known", "'well-known'", " well-known");
}

Test(search_query, operators_without_operands_are_ignored) {
    check("", "", "");
    check(" \t ", "", "");
    check("or", "", "");
    check("or tea or", "'tea'", " tea");
    check("tea or or milk", "'tea' | 'milk'", " tea milk");
    check("\"\" tea \"  \"", "'tea'", " tea");
    check("-\"\" tea", "'tea'", " tea");
    check("\"green tea", "'green tea'", " green tea");
    check("-", "'-'", " -");
}

Test(search_query, nothing_in_a_word_has_a_meaning) {
    check("a&b|c !d (e) <-> f:*", "'a&b|c' & '!d' & '(e)' & '<->' & 'f:*'", " a&b|c !d (e) <-> f:*");
    check("it's \\ '''", "'it''s' & '\\\\' & ''''''''", " it's \\ '''");
}

Test(search_query, scripts_without_spaces_are_looked_for_in_parts) {
    check("喝绿茶", "'喝绿 绿茶'", " 喝绿 绿茶");
    check("喝绿茶 -カフェ", "'喝绿 绿茶' & !'カフ フェ'", " 喝绿 绿茶");
    check("茶 tea", "'茶':* & 'tea'", " tea");
    cr_assert_eq(query.singles.len, sizeof "茶");
}

Test(search_query, words_beyond_the_bound_are_ignored) {
    struct mneme_buffer text = {0};
    for (int i = 0; i < 5000; i++) {
        mneme_buffer_printf(&text, "word%d ", i);
    }
    cr_assert(mneme_search_query_read(&query, mneme_buffer_str(&text)));
    cr_assert_not_null(strstr(query.tsquery.data, "'word255'"));
    cr_assert_null(strstr(query.tsquery.data, "'word256'"));
    cr_assert(mneme_search_query_read_any(&query, mneme_buffer_str(&text)));
    mneme_buffer_append_byte(&query.words, 0);
    cr_assert_not_null(strstr(query.words.data, "word255"));
    cr_assert_null(strstr(query.words.data, "word256"));
    mneme_buffer_clean_up(&text);
}

Test(search_query, a_question_is_its_words) {
    cr_assert(mneme_search_query_read_any(&query, MNEME_STR_LIT("Does \"Ada\" like -tea or 茶?")));
    cr_assert_str_eq(query.tsquery.data, "");
    cr_assert(
        mneme_str_equal(mneme_buffer_str(&query.words), MNEME_STR_LIT(" Does \"Ada\" like -tea or 茶 ?")),
        "%.*s", MNEME_STR_ARG(mneme_buffer_str(&query.words)));
}

Test(search_query, any_bytes_give_balanced_quotes) {
    static const char characters[] = "a\"'-\\ or|&!()<>:*";
    char text[65];
    srand(7);
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)(rand() % 64);
        for (size_t i = 0; i < len; i++) {
            text[i] = characters[(size_t)rand() % (sizeof characters - 1)];
        }
        cr_assert(mneme_search_query_read(&query, (struct mneme_str){text, len}));
        size_t quotes = 0;
        for (const char *at = query.tsquery.data; *at != '\0'; at++) {
            quotes += *at == '\'' ? 1 : 0;
        }
        cr_assert_eq(quotes % 2, 0, "%.*s: %s", (int)len, text, query.tsquery.data);
    }
}
