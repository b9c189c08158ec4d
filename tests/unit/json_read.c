/*
 * Reading checked JSON in place.
 */
#include <criterion/criterion.h>

#include "common/json/read.h"

static struct mneme_arena arena;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(json_read, .init = set_up, .fini = tear_down);

static struct mneme_str checked(const char *text) {
    const char *reason;
    size_t at;
    struct mneme_str json = mneme_str_from(text);
    cr_assert(mneme_json_check(json, NULL, &reason, &at), "%s: %s", text, reason);
    return mneme_json_trim(json);
}

static void assert_str(struct mneme_str got, const char *wanted) {
    cr_assert(mneme_str_equal(got, mneme_str_from(wanted)), "%.*s instead of %s", MNEME_STR_ARG(got), wanted);
}

Test(json_read, members_come_in_order_with_their_exact_text) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader =
        mneme_json_enter(checked(" { \"a\" : 1.50 ,\"b\":{\"}\":\"]\\\"}\"},\n\"c\":[1,[2]] , \"d\":null}"));
    static const char *const expected[][2] = {
        {"\"a\"", "1.50"}, {"\"b\"", "{\"}\":\"]\\\"}\"}"}, {"\"c\"", "[1,[2]]"}, {"\"d\"", "null"}};
    for (size_t i = 0; i < 4; i++) {
        cr_assert(mneme_json_next(&reader, &key, &value));
        assert_str(key, expected[i][0]);
        assert_str(value, expected[i][1]);
    }
    cr_assert_not(mneme_json_next(&reader, &key, &value));
}

Test(json_read, empty_containers_have_no_members) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader object = mneme_json_enter(checked("{ }"));
    cr_assert_not(mneme_json_next(&object, &key, &value));
    struct mneme_json_reader array = mneme_json_enter(checked("[\n]"));
    cr_assert_not(mneme_json_next(&array, &key, &value));
}

Test(json_read, array_items_have_no_key) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(checked("[true, \"x,]\"]"));
    cr_assert(mneme_json_next(&reader, &key, &value));
    cr_assert_null(key.data);
    assert_str(value, "true");
    cr_assert(mneme_json_next(&reader, &key, &value));
    assert_str(value, "\"x,]\"");
}

Test(json_read, kinds_are_told_apart) {
    static const struct {
        const char *text;
        enum mneme_json_kind kind;
    } cases[] = {
        {"{}", MNEME_JSON_OBJECT}, {"[]", MNEME_JSON_ARRAY},     {"\"\"", MNEME_JSON_STRING},
        {"true", MNEME_JSON_BOOL}, {"false", MNEME_JSON_BOOL},   {"null", MNEME_JSON_NULL},
        {"-1", MNEME_JSON_NUMBER}, {"0.5e3", MNEME_JSON_NUMBER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(mneme_json_kind_of(checked(cases[i].text)), cases[i].kind, "%s", cases[i].text);
    }
}

Test(json_read, strings_are_unescaped) {
    static const struct {
        const char *quoted;
        const char *text;
        size_t characters;
    } cases[] = {
        {"\"\"", "", 0},
        {"\"plain é\"", "plain é", 7},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"\\u0041\\u00e9\\u65E5\\uD83D\\ude00!\"", "Aé日😀!", 5},
        {"\"日\\u65e5日\"", "日日日", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mneme_str quoted = checked(cases[i].quoted);
        struct mneme_str text;
        size_t characters;
        bool is_blank;
        cr_assert(mneme_json_unquote(&text, &arena, quoted));
        assert_str(text, cases[i].text);
        cr_assert(mneme_json_unquotes_to(quoted, text));
        mneme_json_measure(quoted, &characters, &is_blank);
        cr_assert_eq(characters, cases[i].characters, "%s: %zu", cases[i].quoted, characters);
        cr_assert_eq(is_blank, i == 0, "%s", cases[i].quoted);
    }
}

Test(json_read, a_string_stands_for_no_other_text) {
    cr_assert_not(mneme_json_unquotes_to(checked("\"text\""), MNEME_STR_LIT("texts")));
    cr_assert_not(mneme_json_unquotes_to(checked("\"te\\u0078t\""), MNEME_STR_LIT("texts")));
    cr_assert_not(mneme_json_unquotes_to(checked("\"te\\u0078ts\""), MNEME_STR_LIT("text")));
    cr_assert(mneme_json_unquotes_to(checked("\"te\\u0078t\""), MNEME_STR_LIT("text")));
}

Test(json_read, escaped_white_space_is_blank) {
    size_t characters;
    bool is_blank;
    mneme_json_measure(checked("\"\\u00a0\\n \\u3000\""), &characters, &is_blank);
    cr_assert(is_blank);
    cr_assert_eq(characters, 4);
    mneme_json_measure(checked("\"\\n.\""), &characters, &is_blank);
    cr_assert_not(is_blank);
}

Test(json_read, whole_numbers_keep_all_64_bits) {
    static const struct {
        const char *text;
        bool fits;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value;
        cr_assert_eq(mneme_json_to_long(&value, checked(cases[i].text)), cases[i].fits, "%s", cases[i].text);
        cr_assert(!cases[i].fits || value == cases[i].value, "%s", cases[i].text);
    }
}

Test(json_read, doubles_of_any_length_are_read) {
    double value;
    cr_assert(mneme_json_to_double(&value, checked("0.1")));
    cr_assert_eq(value, 0.1);
    cr_assert(mneme_json_to_double(&value, checked("-12e-1")));
    cr_assert_eq(value, -1.2);
    cr_assert(mneme_json_to_double(
        &value,
        checked("0.50000000000000000000000000000000000000000000000000000000000000000000000000000000")));
    cr_assert_eq(value, 0.5);
}

Test(json_read, compacting_leaves_strings_alone) {
    struct mneme_str out;
    cr_assert(mneme_json_compact(&out, &arena, checked("{ \"a b\" :\n[ 1 , \"x  \\\" y\" ] }")));
    assert_str(out, "{\"a b\":[1,\"x  \\\" y\"]}");
    struct mneme_str tight = checked("{\"a b\":1}");
    cr_assert(mneme_json_compact(&out, &arena, tight));
    cr_assert_eq(out.data, tight.data);
}
