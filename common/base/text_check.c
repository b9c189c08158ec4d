/*
 * Checks of plain text: UTF-8, control characters, blankness. ASCII is checked eight bytes at a time, since
 * most text is ASCII.
 */
#include "common/base/text_check.h"

#include "common/base/utf8.h"

static uint64_t load_word(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* How many leading bytes are ASCII other than NUL. */
static size_t ascii_run(const uint8_t *bytes, size_t len) {
    size_t at = 0;
    while (len - at >= sizeof(uint64_t)) {
        uint64_t word = load_word(bytes + at);
        /* A zero byte borrows from its top bit; a byte over 127 has the top bit set. */
        if (((word - MNEME_EACH_BYTE(1)) | word) & MNEME_EACH_BYTE(0x80)) {
            break;
        }
        at += sizeof word;
    }
    while (at < len && bytes[at] != 0 && bytes[at] < 0x80) {
        at++;
    }
    return at;
}

bool mneme_utf8_check(struct mneme_str text, size_t *characters, const char **reason, size_t *at) {
    const uint8_t *bytes = (const uint8_t *)text.data;
    size_t count = 0;
    for (size_t i = 0; i < text.len;) {
        if (bytes[i] < 0x80) {
            size_t run = ascii_run(bytes + i, text.len - i);
            if (run == 0) {
                *reason = "a NUL character";
                *at = i;
                return false;
            }
            count += run;
            i += run;
        } else {
            size_t length = mneme_utf8_length(bytes + i, text.len - i);
            if (length == 0) {
                *reason = "invalid UTF-8";
                *at = i;
                return false;
            }
            count++;
            i += length;
        }
    }
    if (characters != NULL) {
        *characters = count;
    }
    return true;
}

void mneme_utf8_repair(char *data, size_t len) {
    size_t from = 0;
    size_t at;
    const char *reason;
    while (!mneme_utf8_check((struct mneme_str){data + from, len - from}, NULL, &reason, &at)) {
        data[from + at] = '?';
        from += at + 1;
    }
}

bool mneme_has_control(struct mneme_str text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte < 0x20 || byte == 0x7F) {
            return true;
        }
    }
    return false;
}

/* The length of the white space character at the start of `text`, 0 when it is something else. */
static size_t blank_length(const uint8_t *at, size_t left) {
    if (at[0] == ' ' || (at[0] >= '\t' && at[0] <= '\r')) {
        return 1;
    }
    if (left >= 2 && at[0] == 0xC2 && at[1] == 0xA0) {
        return 2;
    }
    if (left < 3) {
        return 0;
    }
    uint32_t three = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
    bool is_blank = (three >= 0xE28080 && three <= 0xE2808B) || /* U+2000..U+200B */
                    three == 0xE38080 ||                        /* U+3000 */
                    three == 0xEFBBBF;                          /* U+FEFF */
    return is_blank ? 3 : 0;
}

bool mneme_is_blank(struct mneme_str text) {
    const uint8_t *bytes = (const uint8_t *)text.data;
    for (size_t i = 0; i < text.len;) {
        size_t length = blank_length(bytes + i, text.len - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

struct mneme_str mneme_without_mark(struct mneme_str text) {
    static const char mark[] = "\xEF\xBB\xBF";
    bool has_mark = text.len >= sizeof mark - 1 && memcmp(text.data, mark, sizeof mark - 1) == 0;
    return has_mark ? (struct mneme_str){text.data + sizeof mark - 1, text.len - (sizeof mark - 1)} : text;
}
