/*
 * Full-text search (RE1): the documents of a scope that a query finds, ranked by BM25.
 */
#ifndef MNEME_QUERIES_SEARCH_H
#define MNEME_QUERIES_SEARCH_H

#include "queries/search/candidates.h"

#define MNEME_SEARCH_MAX_LIMIT 1000

struct mneme_search_question {
    struct mneme_candidate_filter which;
    struct mneme_str text; /* UTF-8; read as MNEME_QUERY_WEB */
    size_t limit, offset;  /* their sum is 1 to MNEME_SEARCH_MAX_LIMIT */
};

/* Visits struct mneme_candidate, best first; *count (may be NULL) is their number. MNEME_E_USAGE when the
 * query has no word to look for: it is blank, or has only signs, or only words that must not occur. */
int mneme_search(struct mneme_postgres *postgres, const struct mneme_search_question *question,
                 mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error);

#endif
