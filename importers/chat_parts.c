/*
 * A part ends after the last line feed in its last tenth, else after the last space there.
 */
#include "importers/chat_parts.h"

#include "common/base/utf8.h"

/* The bytes of as many whole characters as fit. */
static size_t fitting_length(struct mneme_str text, const struct mneme_chat_limit *limit) {
    size_t characters = 0;
    size_t len = 0;
    while (len < text.len && characters < limit->characters) {
        size_t next = len + 1;
        while (next < text.len && mneme_utf8_is_continuation((uint8_t)text.data[next])) {
            next++;
        }
        if (next > limit->bytes && len > 0) {
            break;
        }
        len = next;
        characters++;
    }
    return len;
}

/* The position after the last of these bytes in [from, to); 0: not found. */
static size_t after_last(struct mneme_str text, size_t from, size_t to, char byte) {
    const char *found = memrchr(text.data + from, byte, to - from);
    return found == NULL ? 0 : (size_t)(found - text.data) + 1;
}

struct mneme_str mneme_chat_next_part(struct mneme_str *rest, const struct mneme_chat_limit *limit) {
    struct mneme_str part = *rest;
    part.len = fitting_length(part, limit);
    if (part.len < rest->len) {
        size_t from = part.len - part.len / 10;
        size_t end = after_last(part, from, part.len, '\n');
        end = end == 0 ? after_last(part, from, part.len, ' ') : end;
        part.len = end == 0 ? part.len : end;
    }
    rest->data += part.len;
    rest->len -= part.len;
    return part;
}

int64_t mneme_chat_count_parts(struct mneme_str text, const struct mneme_chat_limit *limit) {
    int64_t count = 0;
    while (text.len > 0) {
        (void)mneme_chat_next_part(&text, limit);
        count++;
    }
    return count;
}
