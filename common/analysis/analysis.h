/*
 * The one way of making words: of the texts that full text indexes, and of the questions that are asked of
 * them. What is told here is stored in every index, so that another way of it is another version.
 *
 * - Letters are compared without case and accents, in whatever form they were typed
 * (common/analysis/letters.h).
 * - Letters and digits that stand together are a word, stemmed in the language of the text search
 *   configuration unless it has digits. Words with - _ . or @ between them (, or : between digits) are beside
 *   that one word as a whole, without the signs: "wi-fi" is "wi", "fi" and, where the first of them stands,
 *   "wifi". A word in camelCase has its pieces where it stands itself.
 * - Characters of scripts without blanks between words, and Hangul, are words by twos, as they stand; the
 *   last of a run is one by itself, so that a single character is found by what begins with it.
 * - An emoji is a word.
 * No word is left out for being common.
 */
#ifndef MNEME_COMMON_ANALYSIS_ANALYSIS_H
#define MNEME_COMMON_ANALYSIS_ANALYSIS_H

#include "common/base/buffer.h"
#include "common/base/error.h"

/* Of the rules above: kept with an index, and another one whenever a text may give other words. */
#define MNEME_ANALYSIS_VERSION 2

/* Whatever a word is made of, no more of it is kept. */
#define MNEME_TERM_MAX_BYTES 256

enum mneme_term_kind {
    MNEME_TERM_WORD,   /* letters and digits */
    MNEME_TERM_DENSE,  /* one or two characters of a script without blanks */
    MNEME_TERM_SYMBOL, /* an emoji */
    MNEME_TERM_WHOLE,  /* words with signs between them, at the place of the first of them */
    MNEME_TERM_PIECE,  /* of a word in camelCase, at its place */
};

/* How a text is read. */
enum mneme_analysis_form {
    MNEME_ANALYSIS_TEXT, /* one that is indexed: "喜欢喝茶" gives "喜欢", "欢喝", "喝茶", "茶" */
    MNEME_ANALYSIS_PART, /* a part of one that is looked for, which may go on: "喝茶" gives "喝茶" */
};

struct mneme_term {
    size_t at;         /* of its lexeme in the bytes */
    uint32_t len;      /* of the lexeme, 1 to MNEME_TERM_MAX_BYTES */
    uint32_t position; /* from 1; WORD, DENSE and SYMBOL have one each, without gaps */
    enum mneme_term_kind kind;
    bool is_prefix;  /* of a PART: it stands for all that begin with it */
    uint32_t joined; /* of a WHOLE: the words that it is made of */
};

/* The terms of one text or of several, one behind the other. Zero-initialise to start with. */
struct mneme_terms {
    struct mneme_buffer items; /* struct mneme_term each */
    struct mneme_buffer bytes; /* of the lexemes */
    uint32_t positions;        /* that were given: the length of the text in words */
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

/* One language, and memory that is used again. Belongs to one thread at a time. */
struct mneme_analysis;

/* `text_search_config`: the name of a text search configuration of Postgres, with a schema or without, whose
 * language there is a stemmer for; "simple" stems nothing. MNEME_E_USAGE for another one, MNEME_E_NO_MEMORY.
 */
int mneme_analysis_open(struct mneme_analysis **out, struct mneme_str text_search_config,
                        struct mneme_error *error);
void mneme_analysis_close(struct mneme_analysis *analysis); /* NULL: nothing */

/* Appends the terms of the text, whatever its bytes are, in the order of their positions, which go on from
 * those that are there. False when memory is exhausted. */
bool mneme_analyse(struct mneme_analysis *analysis, struct mneme_terms *out, struct mneme_str text,
                   enum mneme_analysis_form form);

/* Replaces the terms by those of a document: the day of `created_at`, as in "8 May 2023", then the text. */
bool mneme_analyse_document(struct mneme_analysis *analysis, struct mneme_terms *out, int64_t created_at,
                            struct mneme_str text);

#endif
