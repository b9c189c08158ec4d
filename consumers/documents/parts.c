/*
 * From the end of the room backwards: the last end of a sentence, else the last blank.
 */
#include "consumers/documents/parts.h"

#include "common/base/utf8.h"

/* Characters that end a sentence without a blank after them. */
static const char *const full_stops[] = {"\u3002", "\uFF01", "\uFF1F", "\u0964"};

static bool is_blank(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct mneme_str trim(struct mneme_str text) {
    while (text.len > 0 && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool ends_with(struct mneme_str text, const char *end) {
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

/* Whether a sentence or a line ends before `at`, which is within the text. */
static bool is_sentence_end(struct mneme_str text, size_t at) {
    char last = text.data[at - 1];
    if (last == '\n') {
        return true;
    }
    if (is_blank(text.data[at])) {
        return last == '.' || last == '!' || last == '?';
    }
    for (size_t i = 0; i < sizeof full_stops / sizeof *full_stops; i++) {
        if (ends_with((struct mneme_str){text.data, at}, full_stops[i])) {
            return true;
        }
    }
    return false;
}

/* Where a character begins, at or before `at`; behind the first one where that is longer. */
static size_t character_boundary(struct mneme_str text, size_t at) {
    while (at > 0 && mneme_utf8_is_continuation((uint8_t)text.data[at])) {
        at--;
    }
    if (at == 0) {
        at = 1;
        while (at < text.len && mneme_utf8_is_continuation((uint8_t)text.data[at])) {
            at++;
        }
    }
    return at;
}

/* Where to cut a text that is longer than max_bytes. */
static size_t find_cut(struct mneme_str text, size_t max_bytes) {
    size_t end = character_boundary(text, max_bytes);
    size_t last_blank = 0;
    for (size_t at = end; at > end / 2 && end < text.len; at--) {
        if (is_sentence_end(text, at)) {
            return at;
        }
        if (last_blank == 0 && (is_blank(text.data[at]) || is_blank(text.data[at - 1]))) {
            last_blank = at;
        }
    }
    return last_blank > 0 ? last_blank : end;
}

struct mneme_str mneme_document_take_part(struct mneme_str *rest, size_t max_bytes) {
    struct mneme_str text = trim(*rest);
    size_t cut = text.len <= max_bytes ? text.len : find_cut(text, max_bytes);
    *rest = (struct mneme_str){text.data + cut, text.len - cut};
    return text.len == 0 ? MNEME_STR_NULL : trim((struct mneme_str){text.data, cut});
}
