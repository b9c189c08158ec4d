/*
 * The single way to split text into words, for both indexed texts and queries. Indexes store its results, so
 * every change of these rules requires a new version.
 *
 * - Letters are compared without case and accents, regardless of their Unicode form
 *   (common/analysis/letters.h).
 * - Adjacent letters and digits are a word, stemmed in the language of the text search configuration unless
 *   it has digits. Words with - _ . or @ between them (, or : between digits) are also one whole word without
 *   the signs: "wi-fi" is "wi", "fi" and, at the place of the first, "wifi". The pieces of a camelCase word
 *   are at the place of that word.
 * - Characters of scripts without spaces between words, and Hangul, are words in overlapping pairs; the last
 *   character of a run is also a word by itself, so that a prefix search for a single character finds it.
 * - An emoji is a word.
 *
 * No words are left out as too common.
 */
#ifndef MNEME_COMMON_ANALYSIS_ANALYSIS_H
#define MNEME_COMMON_ANALYSIS_ANALYSIS_H

#include "common/base/buffer.h"
#include "common/base/error.h"

/* Version of the rules above: stored with an index, and changed whenever a text may yield other words. */
#define MNEME_ANALYSIS_VERSION 2

/* Longer words are cut. */
#define MNEME_TERM_MAX_BYTES 256

enum mneme_term_kind {
    MNEME_TERM_WORD,   /* letters and digits */
    MNEME_TERM_DENSE,  /* one or two characters of a script without spaces */
    MNEME_TERM_SYMBOL, /* an emoji */
    MNEME_TERM_WHOLE,  /* words with signs between them, at the place of the first word */
    MNEME_TERM_PIECE,  /* of a word in camelCase, at its place */
};

/* How a text is read. */
enum mneme_analysis_form {
    MNEME_ANALYSIS_TEXT, /* a text to index: "喜欢喝茶" gives "喜欢", "欢喝", "喝茶", "茶" */
    MNEME_ANALYSIS_PART, /* part of a text to find, which may continue: "喝茶" gives "喝茶" */
};

struct mneme_term {
    size_t at;         /* of its lexeme in the bytes */
    uint32_t len;      /* of the lexeme, 1 to MNEME_TERM_MAX_BYTES */
    uint32_t position; /* from 1; WORD, DENSE and SYMBOL have one each, without gaps */
    enum mneme_term_kind kind;
    bool is_prefix;  /* of a PART: matches all terms that begin with it */
    uint32_t joined; /* of a WHOLE: the number of words it is made of */
};

/* The terms of one or several texts, one after the other. Zero-initialise before use. */
struct mneme_terms {
    struct mneme_buffer items; /* struct mneme_term each */
    struct mneme_buffer bytes; /* of the lexemes */
    uint32_t positions;        /* assigned so far: the length of the text in words */
};

void mneme_terms_clean_up(struct mneme_terms *terms);
void mneme_terms_clear(struct mneme_terms *terms);

static inline size_t mneme_term_count(const struct mneme_terms *terms) {
    return terms->items.len / sizeof(struct mneme_term);
}

static inline const struct mneme_term *mneme_term_at(const struct mneme_terms *terms, size_t index) {
    return (const struct mneme_term *)(const void *)terms->items.data + index;
}

static inline struct mneme_str mneme_term_lexeme(const struct mneme_terms *terms,
                                                 const struct mneme_term *term) {
    return (struct mneme_str){terms->bytes.data + term->at, term->len};
}

/* One language, and reusable memory. Belongs to one thread at a time. */
struct mneme_analysis;

/* `text_search_config`: the name of a text search configuration of Postgres, with or without a schema, for
 * whose language a stemmer exists; "simple" does not stem. Otherwise MNEME_E_USAGE; MNEME_E_NO_MEMORY.
 */
int mneme_analysis_open(struct mneme_analysis **out, struct mneme_str text_search_config,
                        struct mneme_error *error);
void mneme_analysis_close(struct mneme_analysis *analysis); /* may be NULL */

/* Appends the terms of the text, which may be any bytes, in the order of their positions, which continue from
 * the existing ones. False when memory is exhausted. */
bool mneme_analyse(struct mneme_analysis *analysis, struct mneme_terms *out, struct mneme_str text,
                   enum mneme_analysis_form form);

/* Replaces the terms with those of a document: the day of `created_at`, as in "8 May 2023", then the text. */
bool mneme_analyse_document(struct mneme_analysis *analysis, struct mneme_terms *out, int64_t created_at,
                            struct mneme_str text);

#endif
