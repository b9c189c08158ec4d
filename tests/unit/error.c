/*
 * Errors: codes, cutting, one line of UTF-8.
 */
#include "common/base/error.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(error, returns_the_code_and_keeps_code_and_sentence) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_error_set(&error, MNEME_E_CONFLICT, "cannot %s: %d", "do it", 7), MNEME_E_CONFLICT);
    cr_assert_eq(error.code, MNEME_E_CONFLICT);
    cr_assert_str_eq(error.message, "cannot do it: 7");
}

Test(error, may_be_null) {
    cr_assert_eq(mneme_error_set(NULL, MNEME_E_FULL, "unheard"), MNEME_E_FULL);
}

Test(error, takes_its_earlier_message_as_an_argument) {
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_INVALID, "inner");
    mneme_error_set(&error, MNEME_E_INTERNAL, "outer: %s", error.message);
    cr_assert_str_eq(error.message, "outer: inner");
}

Test(error, is_cut_between_characters) {
    char text[3 * MNEME_ERROR_MESSAGE_BYTES + 1];
    static const char *const characters[] = {"a", "é", "€", "😀"};
    for (size_t kind = 0; kind < 4; kind++) {
        for (int shift = 0; shift < 4; shift++) {
            size_t width = strlen(characters[kind]);
            size_t len = 0;
            while (len + width < sizeof text) {
                memcpy(text + len, characters[kind], width);
                len += width;
            }
            text[len] = '\0';
            struct mneme_error error = {0};
            mneme_error_set(&error, MNEME_E_INVALID, "%.*s%s", shift, "xxx", text);
            size_t kept = strlen(error.message);
            size_t room = MNEME_ERROR_MESSAGE_BYTES - 1;
            cr_assert_eq(kept, (size_t)shift + (room - (size_t)shift) / width * width);
            cr_assert_null(strchr(error.message, '?'));
        }
    }
}

Test(error, never_holds_a_line_or_a_control_character_of_its_arguments) {
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_INVALID, "got \"%s\"", "a\nb\rc\x1b[31m\x7f\xc2\x9b!");
    cr_assert_str_eq(error.message, "got \"a b c [31m   !\"");
}

Test(error, replaces_bytes_that_are_no_utf8) {
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_INVALID, "got %s",
                    "\xff"
                    "a\xc3"
                    "b\xed\xa0\x80");
    cr_assert_str_eq(error.message, "got ?a?b???");
}

Test(error, names_every_code) {
    for (int code = MNEME_E_INTERNAL; code <= MNEME_OK; code++) {
        const char *name = mneme_status_name((enum mneme_status)code);
        cr_assert_str_neq(name, "unknown", "code %d", code);
        for (int other = code + 1; other <= MNEME_OK; other++) {
            cr_assert_str_neq(name, mneme_status_name((enum mneme_status)other));
        }
    }
    cr_assert_str_eq(mneme_status_name((enum mneme_status) - 99), "unknown");
    cr_assert_str_eq(mneme_status_name((enum mneme_status)1), "unknown");
}
