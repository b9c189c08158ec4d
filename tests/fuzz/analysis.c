/*
 * Any bytes as a text and as a query: words within their bounds, a value that Postgres takes, a query whose
 * quotes are balanced.
 */
#include <stdlib.h>

#include "common/analysis/tsvector.h"
#include "queries/search/search_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_analysis *analysis;
static struct mneme_terms terms;
static struct mneme_buffer written, scratch;
static struct mneme_search_query query;

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static void check_terms(size_t bytes) {
    uint32_t place = 0;
    require(terms.positions <= bytes + 3); /* with those of the day */
    require(mneme_term_count(&terms) <= 4 * bytes + 4);
    for (size_t i = 0; i < mneme_term_count(&terms); i++) {
        const struct mneme_term *term = mneme_term_at(&terms, i);
        struct mneme_str lexeme = mneme_term_lexeme(&terms, term);
        require(lexeme.len > 0 && lexeme.len <= MNEME_TERM_MAX_BYTES);
        require(memchr(lexeme.data, 0, lexeme.len) == NULL && memchr(lexeme.data, '\'', lexeme.len) == NULL);
        require(term->position >= place && term->position <= terms.positions);
        place = term->position;
    }
}

/* Lexemes in order, as many as the value says, and nothing behind them. */
static void check_value(void) {
    struct mneme_tsvector_reader reader = mneme_tsvector_enter(mneme_buffer_str(&written));
    struct mneme_str before = MNEME_STR_NULL;
    struct mneme_str lexeme;
    uint32_t count;
    while (mneme_tsvector_next(&reader, &lexeme, &count)) {
        require(before.data == NULL || mneme_str_compare(before, lexeme) < 0);
        before = lexeme;
    }
    require(reader.left == 0 && reader.at == reader.end);
}

static void check_query(struct mneme_str text, enum mneme_query_form form) {
    require(mneme_search_query_read(&query, analysis, text, form, (struct mneme_str_array){0}));
    for (int is_loose = 0; is_loose < 2; is_loose++) {
        size_t quotes = 0;
        mneme_buffer_clear(&written);
        mneme_search_query_write(&written, &query, is_loose != 0);
        for (size_t i = 0; i < written.len; i++) {
            quotes += written.data[i] == '\'' ? 1 : 0;
        }
        require(quotes % 2 == 0);
    }
    mneme_search_query_holds(&query, &terms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mneme_error error;
    char *copy = malloc(size == 0 ? 1 : size); /* not ended by a NUL, so that reading past the end is seen */
    require(copy != NULL && (analysis != NULL ||
                             mneme_analysis_open(&analysis, MNEME_STR_LIT("english"), &error) == MNEME_OK));
    memcpy(copy, data, size);
    struct mneme_str text = {copy, size};
    require(mneme_analyse_document(analysis, &terms, 0, text));
    check_terms(size);
    mneme_buffer_clear(&written);
    require(mneme_tsvector_write(&written, &scratch, &terms));
    check_value();
    check_query(text, MNEME_QUERY_ANY);
    check_query(text, MNEME_QUERY_WEB);
    free(copy);
    return 0;
}
