/*
 * Returns candidates as an answer.
 */
#include "queries/search/search.h"

int mneme_search(struct mneme_postgres *postgres, const struct mneme_search_question *question,
                 mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error) {
    struct mneme_candidate_question asked = {.which = question->which,
                                             .text = question->text,
                                             .form = MNEME_QUERY_WEB,
                                             .k1 = MNEME_BM25_K1,
                                             .b = MNEME_BM25_B,
                                             .limit = question->offset + question->limit};
    struct mneme_candidates found = {0};
    size_t visited = 0;
    int status = mneme_candidates_find(&found, postgres, &asked, error);
    if (status == MNEME_OK && found.term_count == 0) {
        status =
            mneme_error_set(error, MNEME_E_USAGE,
                            "nothing was searched: the query has no word to look for; name one that must "
                            "occur");
    }
    for (size_t i = question->offset; status == MNEME_OK && i < found.count; i++) {
        visited++;
        if (!visit(&found.items[i], context)) {
            break;
        }
    }
    mneme_candidates_clean_up(&found);
    if (count != NULL) {
        *count = visited;
    }
    return status;
}
