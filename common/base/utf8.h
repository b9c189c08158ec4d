/*
 * One step of UTF-8, shared by the checks of text and of JSON.
 */
#ifndef MNEME_COMMON_BASE_UTF8_H
#define MNEME_COMMON_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The same byte eight times, to examine eight bytes of text at once. */
#define MNEME_EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

static inline int mneme_utf8_is_continuation(uint8_t byte) {
    return (byte & 0xC0U) == 0x80U;
}

/* The length of the character of two to four bytes at `at`, with `left` > 0 bytes available; 0 when it is not
 * well-formed: cut off, overlong, a surrogate, above U+10FFFF, or without a lead byte. Not for ASCII.
 */
static inline size_t mneme_utf8_length(const uint8_t *at, size_t left) {
    uint8_t lead = at[0];
    if (lead < 0xE0) {
        return lead >= 0xC2 && left >= 2 && mneme_utf8_is_continuation(at[1]) ? 2 : 0;
    }
    if (lead < 0xF0) {
        if (left < 3 || !mneme_utf8_is_continuation(at[1]) || !mneme_utf8_is_continuation(at[2])) {
            return 0;
        }
        return (lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] >= 0xA0) ? 0 : 3;
    }
    if (lead > 0xF4 || left < 4 || !mneme_utf8_is_continuation(at[1]) || !mneme_utf8_is_continuation(at[2]) ||
        !mneme_utf8_is_continuation(at[3])) {
        return 0;
    }
    return (lead == 0xF0 && at[1] < 0x90) || (lead == 0xF4 && at[1] >= 0x90) ? 0 : 4;
}

#endif
