/*
 * Splits letters into terms: runs of one class, tokens joined by signs, and the stems of their words.
 */
#include "common/analysis/analysis.h"

#include <libstemmer.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/analysis/letters.h"
#include "common/base/clock.h"

#define MAX_STEMMED_BYTES 64
#define MAX_LANGUAGE_BYTES 64
#define MAX_DATE_BYTES 64
#define IN_WORD (MNEME_LETTER_ALPHA | MNEME_LETTER_DIGIT)
#define FIRST_FLAG_LETTER 0x1F1E6
#define LAST_FLAG_LETTER 0x1F1FF

struct mneme_analysis {
    struct sb_stemmer *stemmer; /* NULL: words stay as they are */
    struct mneme_buffer letters, scratch, word;
};

void mneme_terms_clean_up(struct mneme_terms *terms) {
    mneme_buffer_clean_up(&terms->items);
    mneme_buffer_clean_up(&terms->bytes);
}

void mneme_terms_clear(struct mneme_terms *terms) {
    mneme_buffer_clear(&terms->items);
    mneme_buffer_clear(&terms->bytes);
    terms->positions = 0;
}

/* --- languages --- */

int mneme_analysis_open(struct mneme_analysis **out, struct mneme_str text_search_config,
                        struct mneme_error *error) {
    char language[MAX_LANGUAGE_BYTES] = "";
    const char *dot = memrchr(text_search_config.data, '.', text_search_config.len);
    const char *end = text_search_config.data + text_search_config.len;
    const char *name = dot == NULL ? text_search_config.data : dot + 1;
    struct mneme_analysis *analysis = calloc(1, sizeof *analysis);
    *out = NULL;
    if (analysis == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot split text into words: out of memory; free some memory");
    }
    if ((size_t)(end - name) < sizeof language) {
        memcpy(language, name, (size_t)(end - name));
    }
    bool is_simple = strcmp(language, "simple") == 0;
    analysis->stemmer = is_simple ? NULL : sb_stemmer_new(language, "UTF_8");
    if (analysis->stemmer == NULL && !is_simple) {
        mneme_analysis_close(analysis);
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot split text into words: there is no stemmer for the text search configuration \"%.*s\"; "
            "set MNEME_TEXT_SEARCH_CONFIG to the English name of a language, or to simple",
            MNEME_STR_ARG(text_search_config));
    }
    *out = analysis;
    return MNEME_OK;
}

void mneme_analysis_close(struct mneme_analysis *analysis) {
    if (analysis == NULL) {
        return;
    }
    if (analysis->stemmer != NULL) {
        sb_stemmer_delete(analysis->stemmer);
    }
    mneme_buffer_clean_up(&analysis->letters);
    mneme_buffer_clean_up(&analysis->scratch);
    mneme_buffer_clean_up(&analysis->word);
    free(analysis);
}

/* --- terms --- */

/* What is being read. */
struct reading {
    struct mneme_analysis *analysis;
    struct mneme_terms *out;
    enum mneme_analysis_form form;
    const mneme_letter *letters;
    size_t count;
};

static bool is_class(const struct reading *reading, size_t at, uint32_t classes) {
    return at < reading->count && (reading->letters[at] & classes) != 0;
}

static int32_t point_at(const struct reading *reading, size_t at) {
    return at < reading->count ? (int32_t)(reading->letters[at] & MNEME_LETTER_POINT) : -1;
}

/* The lexeme of the word that was written; one that is too long is cut. */
static struct mneme_str stem(struct mneme_analysis *analysis, bool has_digit) {
    struct mneme_str word = mneme_buffer_str(&analysis->word);
    if (word.len > MNEME_TERM_MAX_BYTES) {
        word.len = MNEME_TERM_MAX_BYTES;
        while (word.len > 0 && ((unsigned char)word.data[word.len] & 0xC0U) == 0x80U) {
            word.len--;
        }
    }
    if (analysis->stemmer != NULL && !has_digit && word.len <= MAX_STEMMED_BYTES) {
        const sb_symbol *stemmed =
            sb_stemmer_stem(analysis->stemmer, (const sb_symbol *)word.data, (int)word.len);
        int len = stemmed == NULL ? 0 : sb_stemmer_length(analysis->stemmer);
        word = len > 0 ? (struct mneme_str){(const char *)stemmed, (size_t)len} : word;
    }
    return word;
}

static void add_term(struct reading *reading, struct mneme_term term, bool has_digit) {
    struct mneme_analysis *analysis = reading->analysis;
    struct mneme_str lexeme = term.kind == MNEME_TERM_DENSE || term.kind == MNEME_TERM_SYMBOL
                                  ? mneme_buffer_str(&analysis->word)
                                  : stem(analysis, has_digit);
    term.at = reading->out->bytes.len;
    term.len = (uint32_t)lexeme.len;
    if (lexeme.len > 0) {
        mneme_buffer_append_str(&reading->out->bytes, lexeme);
        mneme_buffer_append(&reading->out->items, &term, sizeof term);
    }
}

/* The letters from `from` to `to` as a term. */
static void add_letters(struct reading *reading, size_t from, size_t to, struct mneme_term term) {
    struct mneme_buffer *word = &reading->analysis->word;
    uint32_t classes = 0;
    mneme_buffer_clear(word);
    for (size_t at = from; at < to && word->len <= MNEME_TERM_MAX_BYTES; at++) {
        mneme_letter_append(word, reading->letters[at]);
        classes |= reading->letters[at];
    }
    reading->out->bytes.failed |= word->failed;
    add_term(reading, term, (classes & MNEME_LETTER_DIGIT) != 0);
}

/* --- words and tokens --- */

static size_t word_end(const struct reading *reading, size_t at) {
    while (is_class(reading, at, IN_WORD)) {
        at++;
    }
    return at;
}

/* A piece of a camelCase word begins with a capital after a small letter or digit, or with the last of
 * several capitals. */
static bool begins_piece(const struct reading *reading, size_t at, size_t end) {
    return is_class(reading, at, MNEME_LETTER_UPPER) &&
           (!is_class(reading, at - 1, MNEME_LETTER_UPPER) ||
            (at + 1 < end && is_class(reading, at + 1, MNEME_LETTER_ALPHA) &&
             !is_class(reading, at + 1, MNEME_LETTER_UPPER)));
}

static void add_word(struct reading *reading, size_t from, size_t to) {
    uint32_t position = ++reading->out->positions;
    add_letters(reading, from, to, (struct mneme_term){.kind = MNEME_TERM_WORD, .position = position});
    size_t begin = from;
    for (size_t at = from + 1; at <= to; at++) {
        if ((at < to && begins_piece(reading, at, to)) || (at == to && begin > from)) {
            add_letters(reading, begin, at,
                        (struct mneme_term){.kind = MNEME_TERM_PIECE, .position = position});
            begin = at;
        }
    }
}

/* Whether the sign at `at` joins what is before and after it into one token. */
static bool joins(const struct reading *reading, size_t at) {
    bool is_between_digits =
        is_class(reading, at - 1, MNEME_LETTER_DIGIT) && is_class(reading, at + 1, MNEME_LETTER_DIGIT);
    return (is_class(reading, at, MNEME_LETTER_JOINER) && is_class(reading, at + 1, IN_WORD)) ||
           (is_class(reading, at, MNEME_LETTER_BETWEEN) && is_between_digits);
}

/* A sign that is significant in numbers: 3.14 is not 314. */
static bool is_kept(const struct reading *reading, size_t at) {
    int32_t point = point_at(reading, at);
    return (point == '.' || point == ':') && is_class(reading, at - 1, MNEME_LETTER_DIGIT) &&
           is_class(reading, at + 1, MNEME_LETTER_DIGIT);
}

static void add_whole(struct reading *reading, size_t from, size_t to) {
    struct mneme_term term = {.kind = MNEME_TERM_WHOLE, .position = reading->out->positions + 1};
    struct mneme_buffer *word = &reading->analysis->word;
    bool has_digit = false;
    mneme_buffer_clear(word);
    for (size_t at = from; at < to; at++) {
        bool is_in_word = is_class(reading, at, IN_WORD);
        term.joined += is_in_word && !is_class(reading, at + 1, IN_WORD) ? 1 : 0;
        if ((is_in_word || is_kept(reading, at)) && word->len <= MNEME_TERM_MAX_BYTES) {
            mneme_letter_append(word, reading->letters[at]);
        }
        has_digit |= is_class(reading, at, MNEME_LETTER_DIGIT);
    }
    reading->out->bytes.failed |= word->failed;
    if (word->len <= MNEME_TERM_MAX_BYTES) {
        add_term(reading, term, has_digit);
    }
}

static size_t token_end(const struct reading *reading, size_t at) {
    at = word_end(reading, at);
    while (at < reading->count && joins(reading, at)) {
        at = word_end(reading, at + 1);
    }
    return at;
}

/* The token that begins at `at`; returns its end. */
static size_t add_token(struct reading *reading, size_t at) {
    size_t end = token_end(reading, at);
    if (word_end(reading, at) < end) {
        add_whole(reading, at, end);
    }
    for (size_t from = at; from < end; from++) { /* one sign follows each word */
        size_t to = word_end(reading, from);
        add_word(reading, from, to);
        from = to;
    }
    return end;
}

/* --- scripts without spaces, emoji --- */

static size_t add_dense(struct reading *reading, size_t at) {
    size_t begin = at;
    while (is_class(reading, at, MNEME_LETTER_DENSE)) {
        bool is_last = !is_class(reading, at + 1, MNEME_LETTER_DENSE);
        bool is_single = is_last && at == begin;
        /* The end of a part need not be the end of the whole. */
        uint32_t position = ++reading->out->positions;
        if (!is_last || is_single || reading->form == MNEME_ANALYSIS_TEXT) {
            struct mneme_term term = {.kind = MNEME_TERM_DENSE,
                                      .position = position,
                                      .is_prefix = is_single && reading->form == MNEME_ANALYSIS_PART};
            add_letters(reading, at, at + (is_last ? 1 : 2), term);
        }
        at++;
    }
    return at;
}

static bool is_flag_letter(const struct reading *reading, size_t at) {
    int32_t point = point_at(reading, at);
    return point >= FIRST_FLAG_LETTER && point <= LAST_FLAG_LETTER;
}

static size_t add_symbol(struct reading *reading, size_t at) {
    size_t end = at + (is_flag_letter(reading, at) && is_flag_letter(reading, at + 1) ? 2 : 1);
    add_letters(reading, at, end,
                (struct mneme_term){.kind = MNEME_TERM_SYMBOL, .position = ++reading->out->positions});
    return end;
}

/* --- texts --- */

bool mneme_analyse(struct mneme_analysis *analysis, struct mneme_terms *out, struct mneme_str text,
                   enum mneme_analysis_form form) {
    bool is_read = mneme_letters_read(&analysis->letters, &analysis->scratch, text);
    struct reading reading = {.analysis = analysis,
                              .out = out,
                              .form = form,
                              .letters = mneme_letters(&analysis->letters),
                              .count = mneme_letter_count(&analysis->letters)};
    for (size_t at = 0; is_read && at < reading.count;) {
        uint32_t class = reading.letters[at];
        if ((class & IN_WORD) != 0) {
            at = add_token(&reading, at);
        } else if ((class & MNEME_LETTER_DENSE) != 0) {
            at = add_dense(&reading, at);
        } else if ((class & MNEME_LETTER_SYMBOL) != 0) {
            at = add_symbol(&reading, at);
        } else {
            at++;
        }
    }
    return is_read && !out->items.failed && !out->bytes.failed;
}

bool mneme_analyse_document(struct mneme_analysis *analysis, struct mneme_terms *out, int64_t created_at,
                            struct mneme_str text) {
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    char time[MNEME_RFC3339_BYTES];
    char date[MAX_DATE_BYTES];
    mneme_clock_format_rfc3339(created_at, time); /* "YYYY-MM-DD…" */
    long month = strtol(time + 5, NULL, 10);
    int len = snprintf(date, sizeof date, "%ld %s %ld", strtol(time + 8, NULL, 10), months[(month - 1) % 12],
                       strtol(time, NULL, 10));
    mneme_terms_clear(out);
    return mneme_analyse(analysis, out, (struct mneme_str){date, (size_t)len}, MNEME_ANALYSIS_TEXT) &&
           mneme_analyse(analysis, out, text, MNEME_ANALYSIS_TEXT);
}
