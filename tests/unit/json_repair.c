/*
 * Half characters in JSON: what is mended, and what only looks like it.
 */
#include "common/json/repair.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/json/check.h"

static const struct {
    const char *json, *mended;
    size_t count;
} cases[] = {
    {"\"cut \\ud83d\"", "\"cut \\ufffd\"", 1},
    {"\"\\udc4d cut\"", "\"\\ufffd cut\"", 1},
    {"\"\\uD83D\\uDC4D\"", "\"\\uD83D\\uDC4D\"", 0},
    {"\"\\ud83d\\ud83d\\udc4d\"", "\"\\ufffd\\ud83d\\udc4d\"", 1},
    {"\"\\udc4d\\ud83d\"", "\"\\ufffd\\ufffd\"", 2},
    {"\"\\ud83d\\n\"", "\"\\ufffd\\n\"", 1},
    {"\"\\\\ud83d\"", "\"\\\\ud83d\"", 0}, /* a backslash, and letters behind it */
    {"\"\\\\\\ud83d\"", "\"\\\\\\ufffd\"", 1},
    {"\"a\\u0000b\"", "\"a\\ufffdb\"", 1},
    {"\"\xED\xA0\xBD!\"", "\"\xEF\xBF\xBD!\"", 1},
    {"\"\xED\x9F\xBF\"", "\"\xED\x9F\xBF\"", 0}, /* the last character before the halves */
    {"{\"\\ud800\":[\"\\udfff\",1]}", "{\"\\ufffd\":[\"\\ufffd\",1]}", 2},
    {"\"\\u00e9 \xF0\x9F\x91\x8D\"", "\"\\u00e9 \xF0\x9F\x91\x8D\"", 0},
};

Test(json_repair, puts_a_replacement_for_each_half_and_nothing_else) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        const char *reason;
        size_t at;
        size_t len = (size_t)snprintf(text, sizeof text, "%s", cases[i].json);
        cr_assert_eq(mneme_json_repair(text, len, NULL, NULL), cases[i].count, "%s", cases[i].json);
        cr_assert_str_eq(text, cases[i].mended);
        cr_assert(mneme_json_check(mneme_str_from(text), NULL, &reason, &at), "%s: %s", text, reason);
        cr_assert_eq(mneme_json_repair(text, len, NULL, NULL), 0);
    }
}

static void note(void *context, size_t at) {
    size_t *places = context;
    places[++places[0]] = at;
}

Test(json_repair, tells_each_place) {
    char text[] = "[\"\\ud83d\",\"\\ud83d\\udc4d\",\"\\udc4d\"]";
    size_t places[4] = {0};
    cr_assert_eq(mneme_json_repair(text, sizeof text - 1, note, places), 2);
    cr_assert_eq(places[1], 2);
    cr_assert_eq(places[2], 26);
}

Test(json_repair, stays_within_what_is_cut_off) {
    static const char *const texts[] = {"\\",       "\\u", "\\ud83", "\\ud83d", "\\ud83d\\udc4",
                                        "\xED\xA0", "\xED"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t len = strlen(texts[i]);
        char *exact = malloc(len); /* so that a sanitizer sees a byte too far */
        cr_assert_not_null(exact);
        memcpy(exact, texts[i], len);
        cr_assert_leq(mneme_json_repair(exact, len, NULL, NULL), 1);
        free(exact);
    }
    cr_assert_eq(mneme_json_repair(NULL, 0, NULL, NULL), 0);
}
