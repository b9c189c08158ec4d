/*
 * What people write to a search engine, whatever it is: as text of a tsquery, and held against texts.
 */
#include "queries/search/search_query.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct mneme_search_query query;
static struct mneme_analysis *analysis;
static struct mneme_buffer written;
static struct mneme_terms document;

static const struct mneme_str common_words[] = {{"the", 3}, {"who", 3}, {"to", 2}, {"be", 2}, {"or", 2},
                                                {"not", 3}, {"of", 2},  {"s", 1},  {"a", 1}};
static const struct mneme_str_array common = {common_words, sizeof common_words / sizeof *common_words, true};

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_analysis_open(&analysis, MNEME_STR_LIT("english"), &error), MNEME_OK);
}

static void tear_down(void) {
    mneme_search_query_clean_up(&query);
    mneme_analysis_close(analysis);
    mneme_buffer_clean_up(&written);
    mneme_terms_clean_up(&document);
}

TestSuite(search_query, .init = set_up, .fini = tear_down);

static const char *write_query(bool is_loose) {
    mneme_buffer_clear(&written);
    mneme_search_query_write(&written, &query, is_loose);
    mneme_buffer_append_byte(&written, 0);
    return written.data;
}

static void read_query(const char *text, enum mneme_query_form form) {
    cr_assert(mneme_search_query_read(&query, analysis, mneme_str_from(text), form, common));
}

static void check(const char *text, const char *tsquery) {
    read_query(text, MNEME_QUERY_WEB);
    cr_assert_str_eq(write_query(false), tsquery, "%s: %s", text, written.data);
}

Test(search_query, all_words_must_occur) {
    check("green tea", "('green') & ('tea')");
    check("  Green\tteas\n", "('green') & ('tea')");
}

Test(search_query, a_phrase_stands_in_quotes) {
    check("\"green tea\" cup", "('green' <1> 'tea') & ('cup')");
    check("cup\"green tea\"", "('cup') & ('green' <1> 'tea')");
    cr_assert(query.has_phrase);
    check("cup tea", "('cup') & ('tea')");
    cr_assert_not(query.has_phrase);
}

Test(search_query, or_takes_either_side) {
    check("tea or coffee", "('tea') | ('coffe')");
    check("green tea OR coffee milk", "('green') & ('tea') | ('coffe') & ('milk')");
    check("order oR \"or\"", "('order') | ('or')");
    check("tea or the milk", "('tea') | ('milk')");
}

Test(search_query, a_minus_excludes) {
    check("tea -milk", "('tea') & !('milk')");
    check("-\"green tea\" tea", "!('green' <1> 'tea') & ('tea')");
    check("tea or -milk", "('tea') | !('milk')");
}

Test(search_query, tokens_are_phrases_of_their_words_or_one_word) {
    check("well-known", "('well' <1> 'known' | 'wellknown')");
    check("CVE-2026-2332", "('cve' <1> '2026' <1> '2332' | 'cve20262332')");
    check("www.canlii.org/en", "('www' <1> 'canlii' <1> 'org' <1> 'en')");
    check("Ada's", "('ada')");
    check("state-of-the-art", "('state' <3> 'art' | 'stateoftheart')");
    check("to-be", "('tobe')");
    check("getUserName", "('getusernam')");
}

Test(search_query, common_words_are_kept_where_they_are_all_or_quoted) {
    check("the tea", "('tea')");
    check("the who", "('the') & ('who')");
    check("\"the who\" tea", "('the' <1> 'who') & ('tea')");
    check("to be or not to be", "('to') & ('be') | ('not') & ('to') & ('be')");
    check("\"to be or not to be\"", "('to' <1> 'be' <1> 'or' <1> 'not' <1> 'to' <1> 'be')");
    check("the -tea", "('the') & !('tea')");
}

Test(search_query, operators_without_operands_are_ignored) {
    check("", "");
    check(" \t ", "");
    check("or", "");
    check("or tea or", "('tea')");
    check("tea or or milk", "('tea') | ('milk')");
    check("\"\" tea \"  \"", "('tea')");
    check("-\"\" tea", "('tea')");
    check("\"green tea", "('green' <1> 'tea')");
    check("- ?! &", "");
}

Test(search_query, nothing_in_a_word_has_a_meaning) {
    check("b&c|d !e (f) <-> g:*", "('b' <1> 'c' <1> 'd') & ('e') & ('f') & ('g')");
    check("it's \\ '''", "('it')");
}

Test(search_query, scripts_without_blanks_are_looked_for_in_parts) {
    check("喝绿茶", "('喝绿' <1> '绿茶')");
    check("喝绿茶 -カフェ", "('喝绿' <1> '绿茶') & !('カフ' <1> 'フェ')");
    check("茶 tea", "('茶':*) & ('tea')");
    check("\"喝茶 tea\"", "('喝茶' <2> 'tea')");
    check("한국어", "('한국' <1> '국어')");
    check("🍵", "('🍵')");
}

Test(search_query, a_loose_query_needs_no_places) {
    read_query("\"green tea\" cup -\"hot milk\" -sugar", MNEME_QUERY_WEB);
    cr_assert_str_eq(write_query(true), "('green' & 'tea') & ('cup') & !('sugar')", "%s", written.data);
    read_query("wi-fi or -\"hot milk\"", MNEME_QUERY_WEB);
    cr_assert_str_eq(write_query(true), "", "%s", written.data);
    read_query("-\"hot milk\" tea", MNEME_QUERY_WEB);
    cr_assert_str_eq(write_query(true), "('tea')", "%s", written.data);
}

static void check_holds(const char *text, const char *asked, bool holds) {
    cr_assert(mneme_analyse_document(analysis, &document, 0, mneme_str_from(text)));
    read_query(asked, MNEME_QUERY_WEB);
    cr_assert_eq(mneme_search_query_holds(&query, &document), holds, "\"%s\" in \"%s\"", asked, text);
}

Test(search_query, it_is_held_against_a_text) {
    check_holds("Green tea, hot milk", "tea milk", true);
    check_holds("Green tea, hot milk", "tea coffee", false);
    check_holds("Green tea, hot milk", "coffee or tea", true);
    check_holds("Green tea, hot milk", "coffee or water", false);
    check_holds("Green tea, hot milk", "\"green tea\"", true);
    check_holds("Green tea, hot milk", "\"tea green\"", false);
    check_holds("tea green tea", "\"green tea\"", true);
    check_holds("Green tea, hot milk", "tea -\"tea hot\"", false);
    check_holds("Green tea, hot milk", "tea -\"hot tea\"", true);
    check_holds("Green tea, hot milk", "-tea coffee or milk", true);
    check_holds("wifi", "wi-fi", true);
    check_holds("the wi-fi is down", "wifi", true);
    check_holds("see www.canlii.org/en", "canlii.org", true);
    check_holds("see canlii at org", "canlii.org", false);
    check_holds("state of the art", "state-of-the-art", true);
    check_holds("state of art", "state-of-the-art", false);
    check_holds("我喜欢喝茶", "喜欢", true);
    check_holds("我喜欢喝茶", "茶", true);
    check_holds("我喜欢喝茶", "喜喝", false);
    check_holds("喝茶 tea", "\"喝茶 tea\"", true);
    check_holds("tea", "\"1 January 1970 tea\"", true);
    check_holds("The Who", "the who", true);
    check_holds("anything", "?", false);
}

Test(search_query, words_beyond_the_bound_are_ignored) {
    struct mneme_buffer text = {0};
    for (int i = 0; i < 5000; i++) {
        mneme_buffer_printf(&text, "word%d ", i);
    }
    for (int form = MNEME_QUERY_ANY; form <= MNEME_QUERY_WEB; form++) {
        cr_assert(mneme_search_query_read(&query, analysis, mneme_buffer_str(&text),
                                          (enum mneme_query_form)form, common));
        write_query(false);
        cr_assert_not_null(strstr(written.data, "'word255'"));
        cr_assert_null(strstr(written.data, "'word256'"));
    }
    mneme_buffer_clear(&text);
    for (int i = 0; i < 5000; i++) {
        mneme_buffer_append_str(&text, MNEME_STR_LIT("茶喝"));
    }
    cr_assert(mneme_search_query_read(&query, analysis, mneme_buffer_str(&text), MNEME_QUERY_WEB, common));
    cr_assert_eq(mneme_term_count(&query.terms), MNEME_SEARCH_MAX_TERMS);
    mneme_buffer_clean_up(&text);
}

Test(search_query, a_question_is_its_words) {
    read_query("Does \"The Who\" like -tea or 茶, a 5\" one?", MNEME_QUERY_ANY);
    cr_assert_str_eq(write_query(false),
                     "('doe') & ('the' <1> 'who') & ('like') & ('tea') & ('茶':*) & ('5') & ('one')", "%s",
                     written.data);
}

Test(search_query, any_bytes_give_balanced_quotes) {
    static const char characters[] = "a\"'-\\ or|&!()<>:*\xE8\x8C\xB6";
    char text[65];
    srand(7);
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)(rand() % 64);
        for (size_t i = 0; i < len; i++) {
            text[i] = characters[(size_t)rand() % (sizeof characters - 1)];
        }
        cr_assert(mneme_search_query_read(&query, analysis, (struct mneme_str){text, len},
                                          rand() % 2 == 0 ? MNEME_QUERY_ANY : MNEME_QUERY_WEB, common));
        for (int is_loose = 0; is_loose < 2; is_loose++) {
            size_t quotes = 0;
            for (const char *at = write_query(is_loose != 0); *at != '\0'; at++) {
                quotes += *at == '\'' ? 1 : 0;
            }
            cr_assert_eq(quotes % 2, 0, "%.*s: %s", (int)len, text, written.data);
        }
        cr_assert(mneme_analyse_document(analysis, &document, 0, (struct mneme_str){text, len}));
        mneme_search_query_holds(&query, &document);
    }
}
