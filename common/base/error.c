/*
 * Fills in an error: one line of UTF-8 whatever the arguments contain, cut at a character boundary when too
 * long. The message is formatted in a separate buffer first, since the old message may be among the
 * arguments.
 */
#include "common/base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text_check.h"

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xC0U) == 0x80U;
}

/* Removes a partial character at the end of `text`. */
static size_t drop_split_character(const char *text, size_t len) {
    size_t lead = len;
    while (lead > 0 && len - lead < 4 && is_continuation(text[lead - 1])) {
        lead--;
    }
    if (lead == 0) {
        return len;
    }
    unsigned char first = (unsigned char)text[lead - 1];
    size_t needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    return len - (lead - 1) < needed ? lead - 1 : len;
}

/* One line of UTF-8: control characters become spaces, bytes that are not UTF-8 become question marks. */
static void make_printable(char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
            text[i] = ' ';
        } else if ((unsigned char)text[i] == 0xC2 && i + 1 < len && (unsigned char)text[i + 1] < 0xA0 &&
                   is_continuation(text[i + 1])) {
            text[i] = ' '; /* U+0080..U+009F, two bytes */
            text[i + 1] = ' ';
        }
    }
    mneme_utf8_repair(text, len);
}

enum mneme_status mneme_error_vset(struct mneme_error *error, enum mneme_status code, const char *format,
                                   va_list arguments) {
    if (error == NULL) {
        return code;
    }
    char message[MNEME_ERROR_MESSAGE_BYTES];
    int wanted = vsnprintf(message, sizeof message, format, arguments);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;
    if (len >= sizeof message) {
        len = drop_split_character(message, sizeof message - 1);
    }
    make_printable(message, len);
    memcpy(error->message, message, len);
    error->message[len] = '\0';
    error->code = code;
    return code;
}

#undef mneme_error_set
enum mneme_status mneme_error_set(struct mneme_error *error, enum mneme_status code, const char *format,
                                  ...) {
    va_list arguments;
    va_start(arguments, format);
    mneme_error_vset(error, code, format, arguments);
    va_end(arguments);
    return code;
}

const char *mneme_status_name(enum mneme_status code) {
    static const char *const names[] = {
        [-MNEME_OK] = "ok",
        [-MNEME_E_INVALID] = "invalid",
        [-MNEME_E_USAGE] = "usage",
        [-MNEME_E_UNAVAILABLE] = "unavailable",
        [-MNEME_E_CONFLICT] = "conflict",
        [-MNEME_E_NOT_FOUND] = "not_found",
        [-MNEME_E_UNSAFE] = "unsafe",
        [-MNEME_E_TIMEOUT] = "timeout",
        [-MNEME_E_FULL] = "full",
        [-MNEME_E_TOO_LARGE] = "too_large",
        [-MNEME_E_UNKNOWN_SCHEMA] = "unknown_schema",
        [-MNEME_E_DENIED] = "denied",
        [-MNEME_E_NO_MEMORY] = "no_memory",
        [-MNEME_E_INTERNAL] = "internal",
    };
    int index = -(int)code;
    return index >= 0 && index < (int)(sizeof names / sizeof names[0]) ? names[index] : "unknown";
}
