/*
 * Checks of text: UTF-8, control characters, blankness.
 */
#include "common/base/text_check.h"

#include <criterion/criterion.h>

#include "common/base/buffer.h"

Test(utf8_check, counts_the_characters_of_good_text) {
    static const struct {
        const char *text;
        size_t characters;
    } good[] = {{"", 0},
                {"a", 1},
                {"0123456789abcdef!", 17},
                {"h\xc3\xa9", 2},
                {"\xe2\x82\xac", 1},
                {"\xf0\x9f\x98\x80", 1},
                {"\xef\xbf\xbf", 1},
                {"\xf4\x8f\xbf\xbf", 1},
                {"\xed\x9f\xbf", 1},
                {"\xee\x80\x80", 1},
                {"\xc2\x80", 1},
                {"\x7f\x01", 2},
                {"ascii then \xf0\x9f\x98\x80 and so on, longer than a word", 42}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t characters = 99;
        const char *reason;
        size_t at;
        cr_assert(mneme_utf8_check(mneme_str_from(good[i].text), &characters, &reason, &at), "%zu", i);
        cr_assert_eq(characters, good[i].characters, "%zu: %zu", i, characters);
        cr_assert(mneme_utf8_check(mneme_str_from(good[i].text), NULL, &reason, &at));
    }
}

Test(utf8_check, tells_the_byte_of_bad_text_wherever_it_stands) {
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {{"\x80", 1},
               {"\xbf", 1},
               {"\xc0\x80", 2},
               {"\xc1\xbf", 2},
               {"\xc3", 1},
               {"\xc3\x28", 2},
               {"\xe0\x9f\xbf", 3},
               {"\xe2\x82", 2},
               {"\xe2\x28\xa1", 3},
               {"\xe2\x82\x28", 3},
               {"\xed\xa0\x80", 3},
               {"\xed\xbf\xbf", 3},
               {"\xf0\x8f\xbf\xbf", 4},
               {"\xf0\x9f\x98", 3},
               {"\xf4\x90\x80\x80", 4},
               {"\xf5\x80\x80\x80", 4},
               {"\xf0\x28\x8c\xbc", 4},
               {"\xf0\x90\x28\xbc", 4},
               {"\xf0\x90\x8c\x28", 4},
               {"\xff", 1},
               {"\xfe", 1},
               {"\0", 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t before = 0; before < 20; before++) {
            for (size_t after = 0; after < 10; after += 9) {
                char text[64];
                memset(text, 'x', sizeof text);
                memcpy(text + before, bad[i].bytes, bad[i].len);
                const char *reason = NULL;
                size_t at = 99;
                struct mneme_str whole = {text, before + bad[i].len + after};
                cr_assert_not(mneme_utf8_check(whole, NULL, &reason, &at), "%zu", i);
                cr_assert_eq(at, before);
                cr_assert_str_eq(reason, bad[i].bytes[0] == '\0' ? "a NUL character" : "invalid UTF-8");
            }
        }
    }
}

/* What RFC 3629 says of two bytes, three and so on, written down once more in the plainest way. */
static size_t code_point_bytes(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(marks[len] | code);
    return len;
}

Test(utf8_check, takes_every_code_point_but_surrogates_and_nul) {
    for (uint32_t code = 0; code < 0x120000; code++) {
        char bytes[4];
        size_t len = code_point_bytes(code, bytes);
        const char *reason;
        size_t at;
        bool is_wanted = code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        cr_assert_eq(mneme_utf8_check((struct mneme_str){bytes, len}, NULL, &reason, &at), is_wanted, "U+%X",
                     code);
    }
}

Test(utf8_repair, replaces_bad_bytes_and_leaves_the_rest) {
    char text[] = "a\xff"
                  "b\xc3\xa9\xe2\x82";
    mneme_utf8_repair(text, sizeof text - 1);
    cr_assert_str_eq(text, "a?b\xc3\xa9??");
}

Test(has_control, finds_control_characters) {
    cr_assert_not(mneme_has_control(MNEME_STR_LIT("plain \xc3\xa9 text")));
    cr_assert_not(mneme_has_control(MNEME_STR_LIT("")));
    cr_assert(mneme_has_control(MNEME_STR_LIT("a\nb")));
    cr_assert(mneme_has_control(MNEME_STR_LIT("a\0b")));
    cr_assert(mneme_has_control(MNEME_STR_LIT("a\x7f")));
}

Test(is_blank, knows_white_space_beyond_ascii) {
    cr_assert(mneme_is_blank(MNEME_STR_LIT("")));
    cr_assert(mneme_is_blank(MNEME_STR_NULL));
    cr_assert(
        mneme_is_blank(MNEME_STR_LIT(" \t\r\n\v\f\xc2\xa0\xe2\x80\x80\xe2\x80\x8b\xe3\x80\x80\xef\xbb\xbf")));
    cr_assert_not(mneme_is_blank(MNEME_STR_LIT("  x ")));
    cr_assert_not(mneme_is_blank(MNEME_STR_LIT("\xe2\x80\x8c")));
    cr_assert_not(mneme_is_blank(MNEME_STR_LIT("\xc2")));
    cr_assert_not(mneme_is_blank(MNEME_STR_LIT("\xc2\xa1")));
}
