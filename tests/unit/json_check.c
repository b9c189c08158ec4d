/*
 * The check of JSON, by examples and against jansson where the two must agree.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>

#include "common/base/buffer.h"
#include "common/json/check.h"

static bool is_json(struct mneme_str text, const char **reason) {
    size_t at;
    bool is_valid = mneme_json_check(text, NULL, reason, &at);
    cr_assert(is_valid || at <= text.len);
    return is_valid;
}

static void check_refused(struct mneme_str text, const char *wanted) {
    const char *reason = "nothing";
    cr_assert_not(is_json(text, &reason), "%.*s", MNEME_STR_ARG(text));
    cr_assert_str_eq(reason, wanted, "%.*s: %s", MNEME_STR_ARG(text), reason);
}

Test(json_check, tells_the_kind_of_the_value) {
    static const struct {
        const char *text;
        enum mneme_json_kind kind;
    } values[] = {{"null", MNEME_JSON_NULL},
                  {" true ", MNEME_JSON_BOOL},
                  {"false", MNEME_JSON_BOOL},
                  {"-0.5e+10", MNEME_JSON_NUMBER},
                  {"0", MNEME_JSON_NUMBER},
                  {"\"x\"", MNEME_JSON_STRING},
                  {"[1,{\"a\":[]}]", MNEME_JSON_ARRAY},
                  {"\t{\r\n}", MNEME_JSON_OBJECT},
                  {"{\"a\":null}", MNEME_JSON_OBJECT}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        enum mneme_json_kind kind = MNEME_JSON_NULL;
        const char *reason = "";
        size_t at;
        cr_assert(mneme_json_check(mneme_str_from(values[i].text), &kind, &reason, &at), "%s: %s",
                  values[i].text, reason);
        cr_assert_eq(kind, values[i].kind, "%s", values[i].text);
    }
}

Test(json_check, tells_what_is_wrong) {
    static const struct {
        const char *text;
        const char *reason;
    } wrong[] = {
        {"", "JSON that ends too early"},
        {"  ", "JSON that ends too early"},
        {"[", "JSON that ends too early"},
        {"[1", "JSON that ends too early"},
        {"{\"a\":", "JSON that ends too early"},
        {"{", "an object member without a name"},
        {"{\"a\":1,}", "an object member without a name"},
        {"{1:2}", "an object member without a name"},
        {"{\"a\" 1}", "a name without a colon"},
        {"{\"a\":1 \"b\":2}", "neither a comma nor the end of an object"},
        {"{\"a\":1]", "neither a comma nor the end of an object"},
        {"[1 2]", "neither a comma nor the end of an array"},
        {"[1}", "neither a comma nor the end of an array"},
        {"[1,]", "a character that cannot begin a value"},
        {"[,1]", "a character that cannot begin a value"},
        {"'a'", "a character that cannot begin a value"},
        {"+1", "a character that cannot begin a value"},
        {".5", "a character that cannot begin a value"},
        {"NaN", "a character that cannot begin a value"},
        {"nul", "an unknown literal"},
        {"truE", "an unknown literal"},
        {"1 2", "extra text after the JSON value"},
        {"{} x", "extra text after the JSON value"},
        {"nullx", "extra text after the JSON value"},
        {"01", "a malformed number"},
        {"-", "a malformed number"},
        {"1.", "a malformed number"},
        {"1e", "a malformed number"},
        {"1e+", "a malformed number"},
        {"\"abc", "an unterminated string"},
        {"\"abc\\", "an unterminated string"},
        {"\"\\x\"", "an unknown escape"},
        {"\"\\u12g4\"", "an incomplete \\u escape"},
        {"\"\\u12", "an incomplete \\u escape"},
        {"\"a\nb\"", "a control character in a string"},
        {"\"\x1f\"", "a control character in a string"},
        {"\"\xff\"", "invalid UTF-8"},
        {"\"\xed\xa0\x80\"", "invalid UTF-8"},
        {"{\"\xc3\":1}", "invalid UTF-8"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        check_refused(mneme_str_from(wrong[i].text), wrong[i].reason);
    }
}

Test(json_check, refuses_a_nul_in_every_form) {
    check_refused(MNEME_STR_LIT("\"a\\u0000b\""), "a NUL character");
    check_refused(MNEME_STR_LIT("{\"\\u0000\":1}"), "a NUL character");
    check_refused(MNEME_STR_LIT("\"a\0b\""), "a NUL character");
}

Test(json_check, refuses_a_lone_surrogate) {
    check_refused(MNEME_STR_LIT("\"\\ud800\""), "a lone surrogate");
    check_refused(MNEME_STR_LIT("\"\\udc00\""), "a lone surrogate");
    check_refused(MNEME_STR_LIT("\"\\ud800\\ud800\""), "a lone surrogate");
    check_refused(MNEME_STR_LIT("\"\\ud800x\\udc00\""), "a lone surrogate");
    const char *reason = "";
    cr_assert(is_json(MNEME_STR_LIT("\"\\ud83d\\uDE00 \\uD7FF \\uE000\""), &reason), "%s", reason);
}

/* `depth` levels, arrays and objects in turn. */
static void append_nested(struct mneme_buffer *out, int depth) {
    for (int i = 0; i < depth; i++) {
        mneme_buffer_append_str(out, mneme_str_from(i % 2 == 0 ? "[" : "{\"a\":"));
    }
    mneme_buffer_append_byte(out, '1');
    for (int i = depth - 1; i >= 0; i--) {
        mneme_buffer_append_byte(out, i % 2 == 0 ? ']' : '}');
    }
}

Test(json_check, takes_nesting_up_to_its_bound) {
    struct mneme_buffer text = {0};
    const char *reason = "";
    append_nested(&text, MNEME_JSON_MAX_DEPTH);
    cr_assert(is_json(mneme_buffer_str(&text), &reason), "%s", reason);
    mneme_buffer_clear(&text);
    append_nested(&text, MNEME_JSON_MAX_DEPTH + 1);
    check_refused(mneme_buffer_str(&text), "JSON that is nested too deeply");
    mneme_buffer_clear(&text);
    for (int i = 0; i < 100000; i++) {
        mneme_buffer_append_byte(&text, '[');
    }
    check_refused(mneme_buffer_str(&text), "JSON that is nested too deeply");
    mneme_buffer_clean_up(&text);
}

/* All digits but the last of 2^1024 - 2^970, from where on a number rounds to more than a double holds. */
#define BOUNDARY_HEAD                                                                                        \
    "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664901797"           \
    "75872070963302864166928879109465555478519404026306574886715058206819089020007083836762738548"           \
    "45817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711"           \
    "55969950809304288017790417449779"

Test(json_check, refuses_numbers_that_a_double_cannot_hold) {
    static const char *const out[] = {
        "1e309", "-1e309", "1.8e308", "0.18e309", "1e999999999999999999999", "10e308", BOUNDARY_HEAD "2"};
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        check_refused(mneme_str_from(out[i]), "a number out of range");
    }
    static const char *const within[] = {"1.7976931348623157e308",
                                         "-1.7976931348623157e308",
                                         "1.7976931348623158e308",
                                         "0.17976931348623157e309",
                                         "123456789012345678901234567890",
                                         "1e-400",
                                         "0e400",
                                         "0.0000e0000001",
                                         BOUNDARY_HEAD "1"};
    for (size_t i = 0; i < sizeof within / sizeof within[0]; i++) {
        const char *reason = "";
        cr_assert(is_json(mneme_str_from(within[i]), &reason), "%s: %s", within[i], reason);
    }
}

Test(json_check, refuses_more_decimals_than_postgres_keeps) {
    const char *reason = "";
    cr_assert(is_json(MNEME_STR_LIT("1e-16383"), &reason), "%s", reason);
    check_refused(MNEME_STR_LIT("1e-16384"), "a number with too many decimals");
    check_refused(MNEME_STR_LIT("1.5e-16383"), "a number with too many decimals");
    check_refused(MNEME_STR_LIT("0e-999999999999999999999"), "a number with too many decimals");
}

Test(json_check, does_not_read_behind_the_end) {
    cr_assert(mneme_json_check((struct mneme_str){"12345", 2}, NULL, &(const char *){NULL}, &(size_t){0}));
    check_refused((struct mneme_str){"true", 3}, "an unknown literal");
    check_refused((struct mneme_str){"\"0123456789\"", 11}, "an unterminated string");
    check_refused(MNEME_STR_NULL, "JSON that ends too early");
}

Test(json_check, finds_the_end_of_strings_of_every_length) {
    char text[80];
    for (size_t len = 0; len < 40; len++) {
        for (size_t special = 0; special < len; special++) {
            memset(text, 'x', sizeof text);
            text[0] = '"';
            text[special + 1] = '\x01';
            text[len + 1] = '"';
            check_refused((struct mneme_str){text, len + 2}, "a control character in a string");
            text[special + 1] = '~';
            const char *reason = "";
            cr_assert(is_json((struct mneme_str){text, len + 2}, &reason), "%s", reason);
        }
    }
}

/* Whether a difference is one that is meant: jansson's integers are of 64 bits and it nests deeper. */
static bool is_meant(const char *our_reason, const json_error_t *their_error) {
    return strcmp(our_reason, "JSON that is nested too deeply") == 0 ||
           strcmp(our_reason, "a number with too many decimals") == 0 ||
           strstr(their_error->text, "too big") != NULL;
}

static void compare_with_jansson(const char *text, size_t len) {
    const char *reason = "";
    bool is_ours = is_json((struct mneme_str){text, len}, &reason);
    json_error_t error = {.text = ""};
    json_t *value = json_loadb(text, len, JSON_DECODE_ANY, &error);
    bool is_theirs = value != NULL;
    json_decref(value);
    if (is_ours != is_theirs && !is_meant(reason, &error)) {
        cr_assert_fail("\"%.*s\": ours %s, jansson %s", (int)len, text, is_ours ? "takes it" : reason,
                       is_theirs ? "takes it" : error.text);
    }
}

Test(json_check, agrees_with_jansson_on_damaged_documents) {
    static const char *const documents[] = {
        ("{\"a\":[1,2.5e-3,-0,true,false,null],\"b\":{\"c\":\"d\\n\\u00e9\\ud83d\\ude00\"},\"e\":"
         "\"h\xc3\xa9\xe2\x82\xac\"}"),
        " [ { \"text\" : \"I said \\\"hello\\\" to Anna\" , \"n\" : 1e10 } , [ ] , { } , \"\" ] ",
        "{\"long\":\"0123456789abcdefghijklmnopqrstuvwxyz\\\\\",\"x\":[[[[1]]]]}",
        "[0.1E+2,12345678901234567,\"\\/\\b\\f\\r\\t\",\"\xf0\x9f\x98\x80\"]",
    };
    static const char alphabet[] = "{}[]\",:\\u0019eE.+-tfnrl \n\x01\x7f\xc3\xa9\xf0\x80\xffxd8";
    uint64_t state = 88172645463325252U;
    for (int round = 0; round < 300000; round++) {
        char text[256];
        const char *document = documents[round % 4];
        size_t len = strlen(document);
        memcpy(text, document, len + 1);
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        uint64_t dice = state;
        for (uint64_t change = 0; change <= dice % 3; change++) {
            size_t at = (size_t)(dice >> (8 + 16 * change)) % len;
            char byte = alphabet[(dice >> (12 + 16 * change)) % (sizeof alphabet - 1)];
            switch ((dice >> (4 + change)) % 3) {
            case 0:
                text[at] = byte;
                break;
            case 1:
                memmove(text + at, text + at + 1, len - at - 1);
                len--;
                break;
            default:
                memmove(text + at + 1, text + at, len - at);
                text[at] = byte;
                len++;
                break;
            }
        }
        compare_with_jansson(text, len);
    }
}
