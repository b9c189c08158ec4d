/*
 * Words of a question, one after the other, against names and months.
 */
#include "queries/ranking/names.h"

#include <stdio.h>

#include "common/clock.h"

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

/* The next word from *at on, which then lies behind it; null at the end. */
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

/* Bytes of the name that begins at a word of the text, with a possessive ending; 0 when none does. */
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

bool mneme_lexeme_is_name(struct mneme_str lexeme, struct mneme_str author) {
    struct mneme_str word;
    for (size_t at = 0; (word = next_word(author, &at)).data != NULL;) {
        size_t same = 0;
        while (same < lexeme.len && same < word.len && lexeme.data[same] == lower(word.data[same])) {
            same++;
        }
        /* Stemming takes some letters from a word's end, and makes its y an i. */
        bool is_y = same + 1 == lexeme.len && same < word.len && lexeme.data[same] == 'i' &&
                    lower(word.data[same]) == 'y';
        bool is_stem = lexeme.len <= word.len && lexeme.len + 3 >= word.len;
        if (lexeme.len > 1 && is_stem && (same == lexeme.len || is_y)) {
            return true;
        }
    }
    return false;
}

/* --- days --- */

static int month_of(struct mneme_str word) {
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    for (int i = 0; i < 12; i++) {
        struct mneme_str name = mneme_str_from(months[i]);
        if (equal_ignoring_case(word, name) || equal_ignoring_case(word, (struct mneme_str){name.data, 3})) {
            return i + 1;
        }
    }
    return 0;
}

/* A number of at most four digits, with an ordinal's ending or without; -1 when it is none. */
static int number_of(struct mneme_str word) {
    int value = 0;
    size_t digits = 0;
    while (digits < word.len && digits < 4 && word.data[digits] >= '0' && word.data[digits] <= '9') {
        value = value * 10 + (word.data[digits++] - '0');
    }
    bool has_ending = word.len == digits + 2 && digits <= 2 && word.data[digits] >= 'a';
    return digits > 0 && (word.len == digits || has_ending) ? value : -1;
}

static bool is_year(int number) {
    return number >= 1000;
}

static bool is_day(int number) {
    return number >= 1 && number <= 31;
}

static struct mneme_opt_long noon(int year, int month, int day) {
    char text[MNEME_RFC3339_BYTES];
    struct mneme_opt_long date = {0};
    snprintf(text, sizeof text, "%04d-%02d-%02dT12:00:00Z", year % 10000, month % 100, day % 100);
    date.is_set = mneme_clock_parse_rfc3339(&date.value, mneme_str_from(text));
    return date;
}

/* A date of the words before, at and behind a month, "of" left out. */
static struct mneme_opt_long date_around(int month, int before, int behind, int last) {
    if (is_day(before) && is_year(behind)) {
        return noon(behind, month, before);
    }
    if (is_day(behind) && is_year(last)) {
        return noon(last, month, behind);
    }
    return is_year(behind) ? noon(behind, month, 15) : (struct mneme_opt_long){0};
}

struct mneme_opt_long mneme_question_date(struct mneme_str question) {
    struct mneme_opt_long date = {0};
    struct mneme_str words[4] = {{0}}; /* the last four */
    bool is_over = false;
    for (size_t at = 0; !is_over && !date.is_set;) {
        struct mneme_str word = next_word(question, &at);
        if (word.data != NULL && equal_ignoring_case(word, MNEME_STR_LIT("of"))) {
            continue;
        }
        is_over = word.data == NULL && words[2].data == NULL && words[3].data == NULL;
        memmove(words, words + 1, sizeof *words * 3);
        words[3] = word;
        int numbers[4];
        for (size_t i = 0; i < 4; i++) {
            numbers[i] = number_of(words[i]);
        }
        int month = month_of(words[1]);
        bool is_iso = words[1].len == 4 && words[2].len == 2 && words[3].len == 2 && is_year(numbers[1]) &&
                      words[3].data + 2 == words[1].data + 10;
        if (month > 0) {
            date = date_around(month, numbers[0], numbers[2], numbers[3]);
        } else if (is_iso && is_day(numbers[2]) && is_day(numbers[3])) {
            date = noon(numbers[1], numbers[2], numbers[3]);
        }
    }
    return date;
}
