/*
 * One pass over the bytes. A backslash is taken to begin an escape, since outside strings it would not be
 * JSON anyway.
 */
#include "common/json/repair.h"

#include "common/base/utf8.h"

#define ESCAPE_BYTES 6 /* of \uXXXX */

static const char escaped_replacement[ESCAPE_BYTES] = {'\\', 'u', 'f', 'f', 'f', 'd'};
static const char replacement[3] = {'\xEF', '\xBF', '\xBD'};

/* The code of \uXXXX; -1 when it is not such an escape. */
static int32_t read_unit(const char *at, const char *end) {
    int32_t unit = 0;
    if (end - at < ESCAPE_BYTES || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (int i = 2; i < ESCAPE_BYTES; i++) {
        char digit = at[i];
        char lower = (char)(digit | 0x20);
        if (digit >= '0' && digit <= '9') {
            unit = unit * 16 + (digit - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            unit = unit * 16 + (lower - 'a' + 10);
        } else {
            return -1;
        }
    }
    return unit;
}

static bool is_high_half(int32_t unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low_half(int32_t unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

/* The length of the escape at `at`, which is repaired if necessary. */
static size_t mend_escape(bool *is_mended, char *at, const char *end) {
    int32_t unit = read_unit(at, end);
    if (unit < 0) {
        return end - at < 2 ? 1 : 2;
    }
    if (is_high_half(unit) && is_low_half(read_unit(at + ESCAPE_BYTES, end))) {
        return (size_t)2 * ESCAPE_BYTES;
    }
    if (unit == 0 || is_high_half(unit) || is_low_half(unit)) {
        memcpy(at, escaped_replacement, sizeof escaped_replacement);
        *is_mended = true;
    }
    return ESCAPE_BYTES;
}

/* Whether half a character is encoded there in three bytes, which UTF-8 does not allow. */
static bool is_half_in_bytes(const char *at, const char *end) {
    return end - at >= 3 && (uint8_t)at[0] == 0xED && (uint8_t)at[1] >= 0xA0 && (uint8_t)at[1] < 0xC0 &&
           mneme_utf8_is_continuation((uint8_t)at[2]);
}

size_t mneme_json_repair(char *json, size_t len, mneme_json_repaired *on_mended, void *context) {
    if (len == 0) {
        return 0; /* `json` may be NULL */
    }
    const char *end = json + len;
    size_t count = 0;
    for (char *at = json; at < end;) {
        size_t step = 1;
        bool is_mended = false;
        if (*at == '\\') {
            step = mend_escape(&is_mended, at, end);
        } else if (is_half_in_bytes(at, end)) {
            memcpy(at, replacement, sizeof replacement);
            step = sizeof replacement;
            is_mended = true;
        }
        if (is_mended) {
            count++;
            if (on_mended != NULL) {
                on_mended(context, (size_t)(at - json));
            }
        }
        at += step;
    }
    return count;
}
