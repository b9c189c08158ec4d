/*
 * Reads what people type into operands, makes their words by the same analysis as for the texts, and writes
 * them in tsquery syntax. Any text is a query: operators without operands, open quotes and signs are ignored.
 *
 * Common words are left out, unless they are in quotes or the query has no others. An operand of several
 * words ("a phrase", wi-fi, canlii.org) is looked for in this order; one that is a single token, also as a
 * whole.
 */
#ifndef MNEME_QUERIES_SEARCH_QUERY_H
#define MNEME_QUERIES_SEARCH_QUERY_H

#include "common/analysis/analysis.h"

/* Anything beyond these limits is ignored. */
#define MNEME_SEARCH_MAX_WORDS 256  /* with blanks between */
#define MNEME_SEARCH_MAX_TERMS 1024 /* terms made from the words */

/* How the text of a query is read. */
enum mneme_query_form {
    MNEME_QUERY_ANY, /* a question: documents that have any of its words */
    MNEME_QUERY_WEB, /* as people write to a search engine: all words, "a phrase", OR, -not */
};

/* A word between blanks, or a text in quotes. */
struct mneme_search_operand {
    size_t first, count; /* of the terms */
    bool is_not, is_or;  /* must not occur; is joined by OR to the one before it, else by AND */
    bool is_quoted;
    bool is_left_out; /* consists only of common words */
};

/* Must be zero-initialised. */
struct mneme_search_query {
    struct mneme_terms terms;
    struct mneme_buffer operands; /* struct mneme_search_operand each */
    struct mneme_buffer left_out; /* for each term: bool, whether it is a common word that is left out */
    size_t word_count;
    bool has_phrase; /* whether the query has words that must be adjacent */
    struct mneme_terms scratch;
};

void mneme_search_query_clean_up(struct mneme_search_query *query);

/* Reads the text, which is UTF-8. `common`: its words that are too common to distinguish texts, as they are
 * written there. False when memory is exhausted. */
bool mneme_search_query_read(struct mneme_search_query *query, struct mneme_analysis *analysis,
                             struct mneme_str text, enum mneme_query_form form,
                             struct mneme_str_array common);

static inline size_t mneme_search_operand_count(const struct mneme_search_query *query) {
    return query->operands.len / sizeof(struct mneme_search_operand);
}

static inline const struct mneme_search_operand *
mneme_search_operand_at(const struct mneme_search_query *query, size_t index) {
    return (const struct mneme_search_operand *)(const void *)query->operands.data + index;
}

static inline bool mneme_search_is_left_out(const struct mneme_search_query *query, size_t term) {
    return query->left_out.data[term] != 0;
}

/* Whether the term takes up a place in a phrase. */
static inline bool mneme_search_term_has_place(const struct mneme_term *term) {
    return term->kind != MNEME_TERM_WHOLE && term->kind != MNEME_TERM_PIECE;
}

/* The term that stands for the whole operand, if it is a single token of several words; NULL. */
const struct mneme_term *mneme_search_whole(const struct mneme_search_query *query,
                                            const struct mneme_search_operand *operand);

/* Appends a term in tsquery syntax. */
void mneme_search_append_term(struct mneme_buffer *out, const struct mneme_terms *terms,
                              const struct mneme_term *term);

/* Appends the query in tsquery syntax. With `is_loose` the words of a phrase may be anywhere, and excluded
 * phrases are ignored, so the result includes all that the query finds. Nothing is appended when there is
 * nothing to look for, or when a loose query matches any document. */
void mneme_search_query_write(struct mneme_buffer *out, const struct mneme_search_query *query,
                              bool is_loose);

/* Whether the query matches a document that consists of these terms. */
bool mneme_search_query_holds(const struct mneme_search_query *query, const struct mneme_terms *document);

#endif
