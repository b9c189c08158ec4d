/*
 * The terms of a query: made by the same analysis as the store's texts, and counted in documents. Shared by
 * the files of candidates.
 */
#ifndef MNEME_QUERIES_CANDIDATES_TERMS_H
#define MNEME_QUERIES_CANDIDATES_TERMS_H

#include "queries/search/candidates.h"

/* What the statements need from a query besides its terms. */
struct mneme_candidate_query {
    struct mneme_buffer any;   /* the terms joined by OR, in tsquery syntax, NUL-terminated */
    struct mneme_buffer whole; /* the query, likewise; "" for one of the form ANY */
    struct mneme_buffer loose; /* a looser query that ignores the places of words; likewise */
    struct mneme_search_query words;
};

void mneme_candidate_query_clean_up(struct mneme_candidate_query *query);

/* Sets the answer's terms, in its arena, the analysis that made them, and the query. MNEME_E_UNAVAILABLE when
 * no text is indexed, MNEME_E_UNSAFE when texts were indexed by another version of the analysis. */
int mneme_candidates_read_terms(struct mneme_candidates *out, struct mneme_candidate_query *query,
                                struct mneme_postgres *postgres, struct mneme_str text,
                                enum mneme_query_form form, struct mneme_error *error);

/* How often a document with these lexemes (a tsvector in binary) has each term. */
void mneme_candidates_count(double *counts, const struct mneme_candidates *candidates,
                            struct mneme_str lexemes);

#endif
