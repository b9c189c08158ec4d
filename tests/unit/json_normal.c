/*
 * The normal form of JSON, against what Postgres 15 prints for the same text as jsonb.
 */
#include "common/json/normal.h"

#include <criterion/criterion.h>

#include "common/json/check.h"

static struct mneme_buffer out;
static struct mneme_json_normal normal;

static void clean_up(void) {
    mneme_buffer_clean_up(&out);
    mneme_json_normal_clean_up(&normal);
}

TestSuite(json_normal, .fini = clean_up);

static void check_text(struct mneme_str text, const char *wanted) {
    const char *reason;
    size_t at;
    cr_assert(mneme_json_check(text, NULL, &reason, &at), "%.*s", MNEME_STR_ARG(text));
    mneme_buffer_clear(&out);
    mneme_json_normalise(&out, &normal, text);
    cr_assert_not(out.failed);
    mneme_buffer_append_byte(&out, '\0');
    cr_assert_str_eq(out.data, wanted, "%.*s is %s, not %s", MNEME_STR_ARG(text), out.data, wanted);
}

static void check(const char *text, const char *wanted) {
    check_text(mneme_str_from(text), wanted);
}

Test(json_normal, puts_spaces_where_postgres_puts_them) {
    check(" {\"a\":[1 ,2,\t{}] ,\"b\" : [ ]}\n", "{\"a\": [1, 2, {}], \"b\": []}");
    check("\"text\"", "\"text\"");
    check("null", "null");
    check(" [ true,false , null ] ", "[true, false, null]");
}

Test(json_normal, orders_keys_by_length_and_then_by_bytes) {
    check("{\"bb\":1,\"a\":2,\"ab\":3,\"\":4}", "{\"\": 4, \"a\": 2, \"ab\": 3, \"bb\": 1}");
    check("{\"\xc3\xa9\":1,\"zz\":2,\"z\":3}", "{\"z\": 3, \"zz\": 2, \"\xc3\xa9\": 1}");
    check("{\"b\":{\"y\":1,\"x\":[{\"d\":1,\"c\":2}]},\"a\":0}",
          "{\"a\": 0, \"b\": {\"x\": [{\"c\": 2, \"d\": 1}], \"y\": 1}}");
}

Test(json_normal, keeps_the_last_of_equal_keys) {
    check("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\": 3, \"b\": 2}");
    check("{\"a\":1,\"\\u0061\":{\"b\":1,\"b\":2}}", "{\"a\": {\"b\": 2}}");
    check("{\"k\\n\":1,\"c\":{\"q\\\"\":1,\"a\\u0041\":2},\"k\\u000a\":3}",
          "{\"c\": {\"aA\": 2, \"q\\\"\": 1}, \"k\\n\": 3}");
}

Test(json_normal, escapes_only_what_must_be) {
    check("\"\\/\\u0041\\u00e9\\ud83d\\ude00\"", "\"/A\xc3\xa9\xf0\x9f\x98\x80\"");
    check("\"\\u0022\\u005c\\u000a\\u0008\\u000C\\u000d\\u0009\\u001F\\u007f\"",
          "\"\\\"\\\\\\n\\b\\f\\r\\t\\u001f\x7f\"");
    check("\"a\\\\\\\"b\"", "\"a\\\\\\\"b\"");
}

Test(json_normal, prints_numbers_as_numeric_does) {
    static const char *const pairs[][2] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.00", "0.00"},
        {"-0e1", "0"},
        {"-1.50", "-1.50"},
        {"1e2", "100"},
        {"1E+2", "100"},
        {"1.5e1", "15"},
        {"1.50e1", "15.0"},
        {"1e-3", "0.001"},
        {"-12.5e-4", "-0.00125"},
        {"0e-5", "0.00000"},
        {"0.00e1", "0.0"},
        {"0e999999999", "0"},
        {"1e0", "1"},
        {"0.0001e3", "0.1"},
        {"0.0001e5", "10"},
        {"100e-2", "1.00"},
        {"123456789012345678901234567890.0120", "123456789012345678901234567890.0120"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        check(pairs[i][0], pairs[i][1]);
    }
}

Test(json_normal, writes_behind_what_the_buffer_holds) {
    mneme_buffer_append(&out, "before ", 7);
    mneme_json_normalise(&out, &normal, MNEME_STR_LIT("{\"b\":1,\"a\":2}"));
    mneme_json_normalise(&out, &normal, MNEME_STR_LIT("{\"b\\n\":1,\"a\\n\":2}"));
    mneme_buffer_append_byte(&out, '\0');
    cr_assert_str_eq(out.data, "before {\"a\": 2, \"b\": 1}{\"a\\n\": 2, \"b\\n\": 1}");
}

Test(json_normal, takes_the_deepest_value_that_is_checked) {
    char text[2 * MNEME_JSON_MAX_DEPTH + 2];
    memset(text, '[', MNEME_JSON_MAX_DEPTH);
    memset(text + MNEME_JSON_MAX_DEPTH, ']', MNEME_JSON_MAX_DEPTH);
    text[sizeof text - 2] = '\0';
    check_text((struct mneme_str){text, sizeof text - 2}, text);
}

Test(json_normal, sorts_more_members_than_fit_at_first) {
    struct mneme_buffer text = {0};
    struct mneme_buffer wanted = {0};
    for (int i = 0; i < 1000; i++) {
        mneme_buffer_printf(&text, "%s\"%03d\":%d", i == 0 ? "{" : ",", 999 - i, i);
        mneme_buffer_printf(&wanted, "%s\"%03d\": %d", i == 0 ? "{" : ", ", i, 999 - i);
    }
    mneme_buffer_append(&text, "}", 1);
    mneme_buffer_append(&wanted, "}", 2);
    check_text(mneme_buffer_str(&text), wanted.data);
    mneme_buffer_clean_up(&text);
    mneme_buffer_clean_up(&wanted);
}

Test(json_normal, makes_no_json_of_what_is_none) {
    static const char *const texts[] = {"{\"a\":\"open", "\"", "]",   "[1,}",     "{\"a\":tru",
                                        "[x]",           "-",  "1,2", "{\"a\":-}"};
    const char *reason;
    size_t at;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        mneme_buffer_clear(&out);
        mneme_json_normalise(&out, &normal, mneme_str_from(texts[i]));
        cr_assert_not(mneme_json_check(mneme_buffer_str(&out), NULL, &reason, &at), "%s", texts[i]);
    }
}
