/*
 * Compares a query with the words of one text, place by place: for texts whose index does not have all
 * places.
 */
#include "queries/search/search_query.h"

static bool is_term(const struct mneme_terms *document, const struct mneme_term *word,
                    const struct mneme_search_query *query, const struct mneme_term *wanted) {
    struct mneme_str have = mneme_term_lexeme(document, word);
    struct mneme_str want = mneme_term_lexeme(&query->terms, wanted);
    return (wanted->is_prefix ? have.len >= want.len : have.len == want.len) &&
           memcmp(have.data, want.data, want.len) == 0;
}

/* Whether the document has the term at that place, searching from *at on; *at is moved up to the place. */
static bool has_at(const struct mneme_terms *document, size_t *at, uint32_t place,
                   const struct mneme_search_query *query, const struct mneme_term *wanted) {
    size_t count = mneme_term_count(document);
    while (*at < count && mneme_term_at(document, *at)->position < place) {
        ++*at;
    }
    for (size_t i = *at; i < count && mneme_term_at(document, i)->position == place; i++) {
        if (is_term(document, mneme_term_at(document, i), query, wanted)) {
            return true;
        }
    }
    return false;
}

/* The operand's next term from `at` on that takes up a place; the operand's end when there is none. */
static size_t next_word(const struct mneme_search_query *query, const struct mneme_search_operand *operand,
                        size_t at) {
    while (at < operand->first + operand->count &&
           (!mneme_search_term_has_place(mneme_term_at(&query->terms, at)) ||
            mneme_search_is_left_out(query, at))) {
        at++;
    }
    return at;
}

/* Whether the operand's words occur in the document, the first of them at this term. */
static bool stands_at(const struct mneme_terms *document, size_t at, const struct mneme_search_query *query,
                      const struct mneme_search_operand *operand, size_t first) {
    uint32_t place = mneme_term_at(document, at)->position;
    uint32_t begin = mneme_term_at(&query->terms, first)->position;
    for (size_t word = next_word(query, operand, first + 1); word < operand->first + operand->count;
         word = next_word(query, operand, word + 1)) {
        const struct mneme_term *wanted = mneme_term_at(&query->terms, word);
        if (!has_at(document, &at, place + wanted->position - begin, query, wanted)) {
            return false;
        }
    }
    return true;
}

static bool occurs(const struct mneme_terms *document, const struct mneme_search_query *query,
                   const struct mneme_search_operand *operand) {
    const struct mneme_term *whole = mneme_search_whole(query, operand);
    size_t first = next_word(query, operand, operand->first);
    bool has_words = first < operand->first + operand->count;
    for (size_t at = 0; at < mneme_term_count(document); at++) {
        const struct mneme_term *word = mneme_term_at(document, at);
        if ((whole != NULL && is_term(document, word, query, whole)) ||
            (has_words && is_term(document, word, query, mneme_term_at(&query->terms, first)) &&
             stands_at(document, at, query, operand, first))) {
            return true;
        }
    }
    return false;
}

bool mneme_search_query_holds(const struct mneme_search_query *query, const struct mneme_terms *document) {
    bool holds = true; /* whether all operands since the last OR match */
    bool has_any = false;
    bool is_or = false;
    for (size_t i = 0; i < mneme_search_operand_count(query); i++) {
        const struct mneme_search_operand *operand = mneme_search_operand_at(query, i);
        is_or |= operand->is_or;
        if (operand->is_left_out) {
            continue;
        }
        if (is_or && has_any && holds) {
            return true;
        }
        holds = (is_or && has_any) || holds;
        is_or = false;
        has_any = true;
        holds = holds && occurs(document, query, operand) != operand->is_not;
    }
    return has_any && holds;
}
