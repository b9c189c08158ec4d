/*
 * Compares the words of a question with names.
 */
#include "queries/ranking/names.h"

/* --- words --- */

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           ((unsigned char)c & 0x80U) != 0;
}

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool equal_ignoring_case(struct mneme_str a, struct mneme_str b) {
    size_t i = 0;
    while (i < a.len && i < b.len && lower(a.data[i]) == lower(b.data[i])) {
        i++;
    }
    return a.len == b.len && i == a.len;
}

/* The next word from *at on, which is moved past it; null at the end. */
static struct mneme_str next_word(struct mneme_str text, size_t *at) {
    size_t from = *at;
    while (from < text.len && !is_word_byte(text.data[from])) {
        from++;
    }
    size_t to = from;
    while (to < text.len && is_word_byte(text.data[to])) {
        to++;
    }
    *at = to;
    return from == to ? MNEME_STR_NULL : (struct mneme_str){text.data + from, to - from};
}

/* --- names --- */

static bool is_word_end(struct mneme_str text, size_t at) {
    static const char apostrophe[] = "\xE2\x80\x99";
    return at >= text.len || !is_word_byte(text.data[at]) ||
           (text.len - at >= 3 && memcmp(text.data + at, apostrophe, 3) == 0);
}

static bool begins_with(struct mneme_str text, size_t at, struct mneme_str name) {
    size_t end = at + name.len;
    return name.len > 0 && end <= text.len &&
           equal_ignoring_case((struct mneme_str){text.data + at, name.len}, name) && is_word_end(text, end);
}

/* The length in bytes of the name that begins at this word of the text, with a possessive ending; 0 when none
 * does. */
static size_t name_len(struct mneme_str text, size_t at, struct mneme_str author) {
    size_t behind = 0;
    struct mneme_str first = next_word(author, &behind);
    struct mneme_str name = begins_with(text, at, author) ? author : first;
    static const char *const possessives[] = {"'s", "\xE2\x80\x99s"};
    if (name.data == NULL || !begins_with(text, at, name)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof possessives / sizeof *possessives; i++) {
        struct mneme_str ending = mneme_str_from(possessives[i]);
        if (begins_with(text, at + name.len, ending)) {
            return name.len + ending.len;
        }
    }
    return name.len;
}

bool mneme_question_names(struct mneme_str question, struct mneme_str author) {
    struct mneme_str word;
    for (size_t at = 0; (word = next_word(question, &at)).data != NULL;) {
        if (name_len(question, (size_t)(word.data - question.data), author) > 0) {
            return true;
        }
    }
    return false;
}

void mneme_question_without(struct mneme_buffer *out, struct mneme_str question,
                            const struct mneme_str *authors, size_t count) {
    size_t start = out->len;
    for (size_t at = 0; at < question.len;) {
        bool is_start = is_word_byte(question.data[at]) && (at == 0 || !is_word_byte(question.data[at - 1]));
        size_t skipped = 0;
        for (size_t i = 0; is_start && i < count && skipped == 0; i++) {
            skipped = name_len(question, at, authors[i]);
        }
        char c = question.data[at];
        bool is_second_blank = c == ' ' && (out->len == start || out->data[out->len - 1] == ' ');
        if (skipped == 0 && !is_second_blank) {
            mneme_buffer_append_byte(out, (uint8_t)c);
        }
        at += skipped > 0 ? skipped : 1;
    }
}
