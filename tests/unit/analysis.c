/*
 * Texts and the terms that they give: each class of word, each way of typing it.
 */
#include "common/analysis/analysis.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct mneme_analysis *analysis;
static struct mneme_terms terms;
static struct mneme_buffer told;

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_analysis_open(&analysis, MNEME_STR_LIT("english"), &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_analysis_close(analysis);
    mneme_terms_clean_up(&terms);
    mneme_buffer_clean_up(&told);
}

TestSuite(analysis, .init = set_up, .fini = tear_down);

/* "lexeme lexeme/lexeme": terms of one place by slashes, a gap between places as "_", a prefix as "x*". */
static const char *tell(struct mneme_str text, enum mneme_analysis_form form) {
    uint32_t place = 0;
    mneme_terms_clear(&terms);
    mneme_buffer_clear(&told);
    cr_assert(mneme_analyse(analysis, &terms, text, form));
    for (size_t i = 0; i < mneme_term_count(&terms); i++) {
        const struct mneme_term *term = mneme_term_at(&terms, i);
        cr_assert(term->position >= place);
        for (; place > 0 && term->position > place + 1; place++) {
            mneme_buffer_append_str(&told, MNEME_STR_LIT(" _"));
        }
        mneme_buffer_append_str(&told, i == 0                    ? MNEME_STR_LIT("")
                                       : term->position == place ? MNEME_STR_LIT("/")
                                                                 : MNEME_STR_LIT(" "));
        mneme_buffer_append_str(&told, mneme_term_lexeme(&terms, term));
        mneme_buffer_append_str(&told, term->is_prefix ? MNEME_STR_LIT("*") : MNEME_STR_LIT(""));
        place = term->position;
    }
    mneme_buffer_append_byte(&told, 0);
    return told.data;
}

struct text {
    const char *text, *terms;
};

static void check(const struct text *texts, size_t count, enum mneme_analysis_form form) {
    for (size_t i = 0; i < count; i++) {
        const char *found = tell(mneme_str_from(texts[i].text), form);
        cr_expect_str_eq(found, texts[i].terms, "%s: \"%s\", not \"%s\"", texts[i].text, found,
                         texts[i].terms);
    }
}

#define CHECK(texts, form) check((texts), sizeof(texts) / sizeof *(texts), (form))

Test(analysis, words_are_stemmed_and_none_is_left_out) {
    static const struct text texts[] = {
        {"The cats were RUNNING", "the cat were run"},
        {"to be or not to be", "to be or not to be"},
        {"Ada's don’t", "ada s don t"},
        {"mp3 B12 2nd", "mp3 b12 2nd"},
        {"  ... !? ", ""},
        {"", ""},
    };
    CHECK(texts, MNEME_ANALYSIS_TEXT);
}

Test(analysis, accents_and_forms_are_folded) {
    static const struct text texts[] = {
        {"crème brûlée", "creme brule"},
        {"creme brulee", "creme brule"},
        {"bru\xCC\x82le\xCC\x81"
         "e",
         "brule"}, /* combining accents */
        {"Café Zoë in Besançon", "cafe zoe in besancon"},
        {"Widziałam Łódź i Kraków", "widzialam lodz i krakow"},
        {"Øre Đorđe œuvre Æsir þorn Straße STRASSE", "ore dord oeuvr aesir thorn strass strass"},
        {"İstanbul ISTANBUL ısı", "istanbul istanbul isi"},
        {"Tiếng Việt", "tieng viet"},
        {"Άλφα ΑΛΦΑ", "αλφα αλφα"},
        {"Ёлка елка мой мои́", "елка елка мой мои"},
        {"Київ", "київ"},
        {"ﬁle ＡＢＣ１２ ²", "file abc12 2"},
        {"co\xC2\xADoperate", "cooper"}, /* a soft hyphen */
        {"كِتَاب كتاب", "كتاب كتاب"},
        {"हिन्दी", "हिन्दी"},
    };
    CHECK(texts, MNEME_ANALYSIS_TEXT);
}

Test(analysis, numbers_behind_hyphens) {
    static const struct text texts[] = {
        {"CVE-2026-2332", "cve20262332/cve 2026 2332"},
        {"ORD-7741-00123,", "ord774100123/ord 7741 00123"},
        {"555-123-4567", "5551234567/555 123 4567"},
        {"3.14 and 1,000 at 12:30", "3.14/3 14 and 1000/1 000 at 12:30/12 30"},
        {"a, b: c", "a b c"},
        {"-5 5- --", "5 5"},
        {"5‑6", "56/5 6"}, /* a hyphen that does not break */
    };
    CHECK(texts, MNEME_ANALYSIS_TEXT);
}

Test(analysis, links_files_and_addresses) {
    static const struct text texts[] = {
        {"https://www.canlii.org/en/on/laws/statute-42.html",
         "https wwwcanliiorg/www canlii org en on law statute42html/statut 42 html"},
        {"quarterly_report.final.pdf", "quarterlyreportfinalpdf/quarter report final pdf"},
        {"ada.lovelace@example.com", "adalovelaceexamplecom/ada lovelac exampl com"},
        {"Deployed node.js.", "deploy nodej/node js"},
        {"wi-fi e-mails", "wifi/wi fi email/e mail"},
        {"end...start", "end start"},
        {"?q=tea&n=1#top", "q tea n 1 top"},
        {"C:\\temp\\x", "c temp x"},
    };
    CHECK(texts, MNEME_ANALYSIS_TEXT);
}

Test(analysis, camel_case) {
    static const struct text texts[] = {
        {"getUserName", "getusernam/get/user/name"},
        {"HTTPServer XMLHttpRequest2", "httpserver/http/server xmlhttprequest2/xml/http/request2"},
        {"iPhone McDonald's", "iphon/i/phone mcdonald/mc/donald s"},
        {"ABC Abc aB1 DoIt", "abc abc ab1/a/b1 doit/do/it"},
        {"my_fooBar", "myfoobar/my foobar/foo/bar"},
        {"naïveBayes", "naivebay/naiv/bay"},
        {"BRÛLÉE ŁódźKraków aÉtude", "brule lodzkrakow/lodz/krakow aetud/a/etud"},
    };
    CHECK(texts, MNEME_ANALYSIS_TEXT);
}

Test(analysis, scripts_without_blanks_and_hangul) {
    static const struct text texts[] = {
        {"喜欢喝茶", "喜欢 欢喝 喝茶 茶"},
        {"茶", "茶"},
        {"お茶です。カフェ", "お茶 茶で です す カフ フェ ェ"},
        {"ｶﾞｲﾄﾞ", "ガイ イド ド"},       /* of half width, with marks of their own */
        {"か\xE3\x82\x99く", "がく く"}, /* a mark typed by itself */
        {"한국어를 배워요", "한국 국어 어를 를 배워 워요 요"},
        {"ภาษาไทย", "ภา าษ ษา าไ ไท ทย ย"},
        {"iPhone充電器v2", "iphon/i/phone 充電 電器 器 v2"},
    };
    CHECK(texts, MNEME_ANALYSIS_TEXT);
    static const struct text parts[] = {
        {"喜欢喝茶", "喜欢 欢喝 喝茶"}, {"茶", "茶*"}, {"喝茶 tea", "喝茶 _ tea"},
        {"한국어", "한국 국어"},        {"한", "한*"},
    };
    CHECK(parts, MNEME_ANALYSIS_PART);
    /* Hangul in letters that are composed. */
    cr_assert_str_eq(tell(MNEME_STR_LIT("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"), MNEME_ANALYSIS_PART), "한*");
}

Test(analysis, emoji_are_words) {
    static const struct text texts[] = {
        {"tea 🍵🎉!", "tea 🍵 🎉"},
        {"👍🏽 ❤️", "👍 ❤"},
        {"👩‍💻", "👩 💻"},
        {"🇵🇱🇩🇪 1️⃣", "🇵🇱 🇩🇪 1"},
        {"☕", "☕"},
        {"100€ © →", "100"},
    };
    CHECK(texts, MNEME_ANALYSIS_TEXT);
}

Test(analysis, another_language_and_none) {
    struct mneme_error error = {0};
    mneme_analysis_close(analysis);
    cr_assert_eq(mneme_analysis_open(&analysis, MNEME_STR_LIT("pg_catalog.simple"), &error), MNEME_OK);
    cr_assert_str_eq(tell(MNEME_STR_LIT("Running cats"), MNEME_ANALYSIS_TEXT), "running cats");
    mneme_analysis_close(analysis);
    cr_assert_eq(mneme_analysis_open(&analysis, MNEME_STR_LIT("german"), &error), MNEME_OK);
    cr_assert_str_eq(tell(MNEME_STR_LIT("Häuser Haus"), MNEME_ANALYSIS_TEXT), "haus haus");
    mneme_analysis_close(analysis);
    cr_assert_eq(mneme_analysis_open(&analysis, MNEME_STR_LIT("klingon"), &error), MNEME_E_USAGE);
    cr_assert_null(analysis);
    cr_assert(strstr(error.message, "\"klingon\"") != NULL && strstr(error.message, "simple") != NULL);
    cr_assert_eq(mneme_analysis_open(&analysis, MNEME_STR_LIT(""), &error), MNEME_E_USAGE);
}

Test(analysis, a_document_begins_with_its_day) {
    cr_assert(mneme_analyse_document(analysis, &terms, INT64_C(1683504000000000), MNEME_STR_LIT("tea")));
    cr_assert_eq(mneme_term_count(&terms), 4);
    cr_assert_eq(terms.positions, 4);
    static const char *const lexemes[] = {"8", "may", "2023", "tea"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert(
            mneme_str_equal(mneme_term_lexeme(&terms, mneme_term_at(&terms, i)), mneme_str_from(lexemes[i])));
    }
    cr_assert(mneme_analyse_document(analysis, &terms, INT64_C(-62135596800000000), MNEME_STR_LIT("")));
    cr_assert_eq(terms.positions, 3); /* 1 January 1 */
}

Test(analysis, a_word_is_kept_to_its_bound) {
    char text[20000];
    memset(text, 'x', sizeof text);
    tell((struct mneme_str){text, sizeof text}, MNEME_ANALYSIS_TEXT);
    cr_assert_eq(mneme_term_count(&terms), 1);
    cr_assert_eq(mneme_term_at(&terms, 0)->len, MNEME_TERM_MAX_BYTES);
    for (size_t i = 1; i < sizeof text; i += 2) {
        text[i] = '-';
    }
    tell((struct mneme_str){text, sizeof text}, MNEME_ANALYSIS_TEXT);
    cr_assert_eq(mneme_term_count(&terms), sizeof text / 2, "a whole of that length is not kept");
    for (size_t i = 0; i + 1 < sizeof text; i += 2) {
        text[i] = "я"[0];
        text[i + 1] = "я"[1];
    }
    tell((struct mneme_str){text + 1, sizeof text - 1}, MNEME_ANALYSIS_TEXT); /* half a letter before */
    cr_assert_eq(mneme_term_count(&terms), 1);
    cr_assert_eq(mneme_term_at(&terms, 0)->len, MNEME_TERM_MAX_BYTES);
}

Test(analysis, any_bytes_are_a_text) {
    char text[64];
    srand(11);
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)(rand() % 64);
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)(rand() % 4 == 0 ? rand()
                                             : "aB1-_.@ \xCC\x81\xE8\x8C\xB6\xF0\x9F\x8D\xB5"[rand() % 17]);
        }
        tell((struct mneme_str){text, len}, rand() % 2 == 0 ? MNEME_ANALYSIS_TEXT : MNEME_ANALYSIS_PART);
        cr_assert_leq(terms.positions, len);
    }
}
