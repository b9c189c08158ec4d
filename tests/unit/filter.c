/*
 * Filters: what is taken, what it compiles to, and what a refusal says.
 */
#include "queries/filter/filter.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/clock.h"

static struct mneme_arena arena;
static struct mneme_buffer sql;
static struct mneme_pg_params params;
static struct mneme_error error;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&sql);
    mneme_pg_params_clean_up(&params);
}

TestSuite(filter, .init = set_up, .fini = tear_down);

static const char *compile(const char *text) {
    const struct mneme_filter_node *filter;
    mneme_buffer_clear(&sql);
    mneme_pg_params_clear(&params);
    int status = mneme_filter_parse(&filter, mneme_str_from(text), &arena, &error);
    cr_assert_eq(status, MNEME_OK, "%s: %s", text, error.message);
    mneme_filter_sql(&sql, &params, filter);
    mneme_buffer_append_byte(&sql, '\0');
    return sql.data;
}

static const char *param(int number) {
    return params.bytes.data + params.offset[number - 1];
}

static const char *refused(const char *text) {
    const struct mneme_filter_node *filter;
    error.message[0] = '\0';
    int status = mneme_filter_parse(&filter, mneme_str_from(text), &arena, &error);
    cr_assert_eq(status, MNEME_E_USAGE, "'%s' was taken", text);
    cr_assert_null(filter);
    return error.message;
}

Test(filter, no_filter_is_true) {
    cr_assert_str_eq(compile(NULL), "true");
    cr_assert_str_eq(compile("{}"), "true");
}

Test(filter, values_are_parameters) {
    cr_assert_str_eq(compile("user_id eq \"ada' OR 'x'='x\""), "(m.user_id = $1::text)");
    cr_assert_str_eq(param(1), "ada' OR 'x'='x");
    cr_assert_str_eq(compile("metadata.\"'; DROP\" eq 'it''s'"), "((m.metadata #> $1::text[]) = $2::jsonb)");
    cr_assert_str_eq(param(2), "\"it's\"");
    cr_assert_str_eq(compile("confidence gte 0.70"), "(m.confidence >= $1::double precision)");
    cr_assert_str_eq(param(1), "0.7");
    cr_assert_str_eq(compile("created_at lt '2026-01-01 01:00:00+01:00'"),
                     "(m.created_at < $1::timestamptz)");
    cr_assert_str_eq(param(1), "2026-01-01T00:00:00.000000Z");
}

Test(filter, operators_have_symbols) {
    static const char *const same[][2] = {
        {"confidence gte 0.5", "confidence >= 0.5"},
        {"confidence gte 0.5", "confidence>=0.5"},
        {"confidence gte 0.5", "confidence >=0.5"},
        {"confidence gte 0.5", "confidence>= 0.5"},
        {"confidence lte 0.5", "confidence <= 0.5"},
        {"confidence gt 0.5 AND priority lt 3", "confidence>0.5 AND priority<3"},
        {"user_id eq ada OR user_id ne bob", "user_id = ada OR user_id != bob"},
        {"user_id eq ada OR user_id ne bob", "user_id == ada OR user_id<>bob"},
        {"NOT metadata.\"a=b\".c eq \"x\"", "NOT metadata.\"a=b\".c=\"x\""},
        {"metadata.a eq 'b>c'", "metadata.a = b>c"},
        {"(confidence gt 0.5)", "(confidence>0.5)"},
        {"confidence gte 0.5", "{\"confidence\":{\">=\":0.5}}"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char words[1024];
        snprintf(words, sizeof words, "%s", compile(same[i][0]));
        struct mneme_buffer bytes = {0};
        mneme_buffer_append_str(&bytes, mneme_buffer_str(&params.bytes));
        cr_assert_str_eq(compile(same[i][1]), words);
        cr_assert(mneme_str_equal(mneme_buffer_str(&bytes), mneme_buffer_str(&params.bytes)), "%s",
                  same[i][1]);
        mneme_buffer_clean_up(&bytes);
    }
}

Test(filter, times_are_taken_as_people_write_them) {
    int64_t micros, now = mneme_clock_now_micros();
    compile("created_at >= 7d");
    cr_assert(mneme_clock_parse_rfc3339(&micros, mneme_str_from(param(1))));
    cr_assert_lt(now - INT64_C(7) * 86400000000 - micros, INT64_C(600000000));
    cr_assert_leq(now - INT64_C(7) * 86400000000, micros);
    compile("expires_at < 7d");
    cr_assert(mneme_clock_parse_rfc3339(&micros, mneme_str_from(param(1))));
    cr_assert_gt(micros, now, "what expires lies ahead");
    compile("created_at >= 2026-01-31T12:00");
    cr_assert_str_eq(param(1), "2026-01-31T12:00:00.000000Z");
}

Test(filter, and_binds_tighter_than_or_and_not_tightest) {
    cr_assert_str_eq(compile("term eq a OR tier eq b and NOT run_id eq c"),
                     "((m.term = $1::text) OR ((m.tier = $2::text) AND (m.run_id = $3::text) IS NOT TRUE))");
    cr_assert_str_eq(compile("(term eq a OR tier eq b) AND run_id eq c"),
                     "(((m.term = $1::text) OR (m.tier = $2::text)) AND (m.run_id = $3::text))");
}

Test(filter, not_goes_down_to_comparisons_and_holds_for_missing_values) {
    cr_assert_str_eq(compile("NOT (term eq a AND NOT tier ne b)"),
                     "((m.term = $1::text) IS NOT TRUE OR (m.tier = $2::text) IS NOT TRUE)");
    cr_assert_str_eq(compile("NOT NOT priority nin (1, 2)"),
                     "(m.priority = ANY ($1::text[]::double precision[])) IS NOT TRUE");
    cr_assert_str_eq(compile("expires_at eq null"), "(m.expires_at IS NULL)");
    cr_assert_str_eq(compile("expires_at ne null"), "(m.expires_at IS NULL) IS NOT TRUE");
}

Test(filter, both_forms_mean_the_same) {
    static const struct {
        const char *text, *json;
    } same[] = {
        {"user_id eq ada", "{\"user_id\":\"ada\"}"},
        {"confidence gte 0.5 AND confidence lt 0.9", "{\"confidence\":{\"gte\":0.5,\"lt\":0.9}}"},
        {"NOT tier in (hot, warm)", "{\"not\":{\"tier\":{\"in\":[\"hot\",\"warm\"]}}}"},
        {"tags contains tea OR tags in (a, b)",
         "{\"OR\":[{\"tags\":{\"contains\":\"tea\"}},{\"tags\":{\"in\":[\"a\",\"b\"]}}]}"},
        {"metadata.a.b gt 5", "{\"metadata.a.b\":{\"gt\":5}}"},
        {"metadata.a eq null", "{\"metadata.a\":null}"},
        {"metadata contains {\"a\":1}", "{\"metadata\":{\"contains\":{\"a\":1}}}"},
        {"content contains tea", "{\"content\":{\"contains\":\"tea\"}}"},
        {"is_archived eq true", "{\"is_archived\":true}"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char from_text[1024];
        snprintf(from_text, sizeof from_text, "%s", compile(same[i].text));
        struct mneme_buffer bytes = {0};
        mneme_buffer_append_str(&bytes, mneme_buffer_str(&params.bytes));
        const char *from_json = compile(same[i].json);
        cr_assert_str_eq(from_json, from_text);
        cr_assert(mneme_str_equal(mneme_buffer_str(&bytes), mneme_buffer_str(&params.bytes)), "%s",
                  same[i].json);
        mneme_buffer_clean_up(&bytes);
    }
}

Test(filter, what_memory_access_knows_is_noticed) {
    const struct mneme_filter_node *filter;
    cr_assert_eq(
        mneme_filter_parse(&filter, MNEME_STR_LIT("NOT (tier eq a OR importance gt 0.5)"), &arena, &error),
        MNEME_OK);
    cr_assert(mneme_filter_needs_access(filter));
    cr_assert_eq(mneme_filter_parse(&filter, MNEME_STR_LIT("tier eq a"), &arena, &error), MNEME_OK);
    cr_assert_not(mneme_filter_needs_access(filter));
    cr_assert_not(mneme_filter_needs_access(NULL));
}

Test(filter, a_refusal_names_the_place_and_what_to_do) {
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"user_id eq ada AND confidnce gt 1", "the filter was not taken: there is no column 'confidnce' at "
                                              "character 20; did you mean 'confidence'?"},
        {"\xC3\xA4 eq 1",
         "there is no column '\xC3\xA4' at character 1; name a column of memories, or metadata.KEY"},
        {"metadata.\xC3\xA4 equals 1", "there is no operator 'equals' at character 12; choose one of eq, ne"},
        {"confidence gt high", "'high' cannot be compared with 'confidence' at character 15; give a number"},
        {"confidence gt \"0.7\"",
         "'0.7' cannot be compared with 'confidence' at character 15; give a number"},
        {"{\"user_id\":7}", "'7' cannot be compared with 'user_id' at character 12; give a text"},
        {"created_at gt soon", "give a time such as 7d, yesterday"},
        {"confidence => 0.7", "there is no operator '=>' at character 12; choose one of eq, ne"},
        {"confidence>=", "it ends too early at character 13; give a value there"},
        {"confidence>=high", "'high' cannot be compared with 'confidence' at character 13; give a number"},
        {"id eq 7", "give a UUID"},
        {"is_archived eq yes", "give true or false"},
        {"is_archived gt true", "'is_archived' does not take gt at character 1; use eq or ne"},
        {"tags eq tea", "'tags' does not take eq at character 1; use contains"},
        {"user_id in ada", "in needs a list at character 12"},
        {"user_id eq (ada)", "eq does not take a list at character 1"},
        {"user_id in (ada, null)", "null cannot be used as a value here at character 18"},
        {"user_id.name eq ada",
         "'user_id' has no members at character 1; only metadata and content have paths"},
        {"metadata eq 1", "'metadata' as a whole can only be tested with contains"},
        {"metadata..a eq 1", "has a malformed key at character 10"},
        {"metadata.a gt true", "only numbers and texts can be ordered at character 15"},
        {"", "it ends too early at character 1"},
        {"user_id", "it ends too early at character 8; give an operator there"},
        {"user_id eq", "it ends too early at character 11; give a value there"},
        {"user_id eq ada bob", "'bob' is not expected at character 16; continue with AND or OR"},
        {"(user_id eq ada", "it ends too early at character 16; continue with AND or OR, or close"},
        {"user_id in (a, )", "')' is not expected at character 16; give a value after the comma"},
        {"user_id eq 'ada", "is not closed"},
        {"user_id eq \"\\x\"", "the value is malformed"},
        {"{\"user_id\":", "it is not valid JSON"},
        {"{\"AND\":{}}", "the value of AND or OR is an object here at character 8; give an array of objects"},
        {"{\"OR\":[1]}", "a condition is a number here at character 8"},
        {"{\"user_id\":{}}", "there is no operator at character 12"},
        {"{\"user_id\":{\"in\":[[]]}}", "a list within a list is not a value at character 19"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *sentence = refused(cases[i].text);
        cr_assert_not_null(strstr(sentence, cases[i].sentence), "%s: %s", cases[i].text, sentence);
    }
}

static void repeat(struct mneme_buffer *text, const char *part, int times) {
    for (int i = 0; i < times; i++) {
        mneme_buffer_printf(text, "%s", part);
    }
}

Test(filter, depth_and_size_are_bounded) {
    struct mneme_buffer text = {0};
    repeat(&text, "(", 40);
    mneme_buffer_append_byte(&text, '\0');
    cr_assert_not_null(strstr(refused(text.data), "nested more than 32 deep"));
    mneme_buffer_clear(&text);
    repeat(&text, "NOT ", 100000 / 8);
    mneme_buffer_append_byte(&text, '\0');
    cr_assert_not_null(strstr(refused(text.data), "nested more than 32 deep"));
    mneme_buffer_clear(&text);
    repeat(&text, "{\"NOT\":", 40);
    repeat(&text, "{}", 1);
    repeat(&text, "}", 40);
    mneme_buffer_append_byte(&text, '\0');
    cr_assert_not_null(strstr(refused(text.data), "nested more than 32 deep"));
    mneme_buffer_clear(&text);
    repeat(&text, "tier eq a OR ", MNEME_FILTER_MAX_TESTS);
    repeat(&text, "tier eq a", 1);
    mneme_buffer_append_byte(&text, '\0');
    cr_assert_not_null(strstr(refused(text.data), "more than 32 comparisons"));
    mneme_buffer_clear(&text);
    repeat(&text, "tier in (a", 1);
    repeat(&text, ",a", MNEME_FILTER_MAX_ITEMS);
    repeat(&text, ")", 1);
    mneme_buffer_append_byte(&text, '\0');
    cr_assert_not_null(strstr(refused(text.data), "more than 1000 items"));
    mneme_buffer_clear(&text);
    repeat(&text, " ", MNEME_FILTER_MAX_BYTES + 1);
    mneme_buffer_append_byte(&text, '\0');
    cr_assert_not_null(strstr(refused(text.data), "more than 65536 bytes"));
    mneme_buffer_clean_up(&text);
}

Test(filter, the_most_comparisons_fit_the_parameters) {
    struct mneme_buffer text = {0};
    repeat(&text, "metadata.a contains x AND ", MNEME_FILTER_MAX_TESTS - 1);
    repeat(&text, "metadata.a contains x", 1);
    mneme_buffer_append_byte(&text, '\0');
    compile(text.data);
    cr_assert_eq(params.count, 3 * MNEME_FILTER_MAX_TESTS);
    mneme_buffer_clean_up(&text);
}
