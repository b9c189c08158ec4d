/*
 * One question to the store turns words into lexemes, so that a query is made into words exactly as the texts
 * were.
 */
#include "queries/search/candidates_terms.h"

#include "common/text_check.h"
#include "queries/search/search_query.h"
#include "queries/search/tsvector.h"
#include "sql/embedded.h"

struct terms_row {
    struct mneme_str text_search_config;
    struct mneme_str_array lexemes;
    struct mneme_str query;
};

static const struct mneme_row_column columns[] = {
    {"text_search_config", MNEME_ROW_STR, offsetof(struct terms_row, text_search_config)},
    {"lexemes", MNEME_ROW_STR_ARRAY, offsetof(struct terms_row, lexemes)},
    {"query", MNEME_ROW_STR, offsetof(struct terms_row, query)},
};

static const struct mneme_question question = {"nothing was searched", mneme_sql_candidates_terms, columns,
                                               sizeof columns / sizeof *columns, sizeof(struct terms_row)};

struct reading {
    struct mneme_candidates *out;
    struct mneme_candidate_query *query;
    const struct mneme_search_query *words;
    bool failed;
};

void mneme_candidate_query_clean_up(struct mneme_candidate_query *query) {
    mneme_buffer_clean_up(&query->any);
    mneme_buffer_clean_up(&query->whole);
}

static size_t count_singles(const struct mneme_search_query *words) {
    size_t count = 0;
    for (size_t i = 0; i < words->singles.len; i++) {
        count += words->singles.data[i] == '\0' ? 1 : 0;
    }
    return count;
}

/* Adds a term, and to the query the lexeme as text of a tsquery. */
static void add_term(struct reading *reading, struct mneme_str lexeme, bool is_prefix) {
    struct mneme_candidates *out = reading->out;
    struct mneme_buffer *any = &reading->query->any;
    struct mneme_candidate_term *term = &out->terms[out->term_count++];
    *term = (struct mneme_candidate_term){.lexeme = mneme_arena_copy(&out->arena, lexeme),
                                          .is_prefix = is_prefix};
    reading->failed |= term->lexeme.data == NULL;
    mneme_buffer_append_str(any, any->len == 0 ? MNEME_STR_LIT("'") : MNEME_STR_LIT(" | '"));
    for (size_t i = 0; i < lexeme.len; i++) {
        if (lexeme.data[i] == '\'' || lexeme.data[i] == '\\') {
            mneme_buffer_append_byte(any, (uint8_t)lexeme.data[i]);
        }
        mneme_buffer_append_byte(any, (uint8_t)lexeme.data[i]);
    }
    mneme_buffer_append_str(any, is_prefix ? MNEME_STR_LIT("':*") : MNEME_STR_LIT("'"));
}

static bool note_terms(const void *row, void *context) {
    const struct terms_row *terms = row;
    struct reading *reading = context;
    struct mneme_candidates *out = reading->out;
    size_t count = terms->lexemes.count + count_singles(reading->words);
    out->terms = mneme_arena_calloc(&out->arena, count + 1, sizeof *out->terms);
    if (out->terms == NULL) {
        reading->failed = true;
        return false;
    }
    for (size_t i = 0; i < terms->lexemes.count; i++) {
        add_term(reading, terms->lexemes.items[i], false);
    }
    const char *single = reading->words->singles.data;
    for (size_t left = count_singles(reading->words); left > 0; left--) {
        add_term(reading, mneme_str_from(single), true);
        single += strlen(single) + 1;
    }
    mneme_buffer_append_str(&reading->query->whole, terms->query);
    return false; /* there is but one */
}

int mneme_candidates_read_terms(struct mneme_candidates *out, struct mneme_candidate_query *query,
                                struct mneme_postgres *postgres, struct mneme_str text,
                                enum mneme_query_form form, struct mneme_error *error) {
    struct mneme_search_query words = {0};
    struct mneme_pg_params params = {0};
    struct reading reading = {.out = out, .query = query, .words = &words};
    size_t rows = 0;
    bool is_web = form == MNEME_QUERY_WEB;
    struct mneme_str well_formed = mneme_arena_copy(&out->arena, text);
    if (well_formed.data != NULL) {
        mneme_utf8_repair((char *)well_formed.data, well_formed.len); /* our own copy */
    }
    reading.failed = (text.data != NULL && well_formed.data == NULL) ||
                     !(is_web ? mneme_search_query_read(&words, well_formed)
                              : mneme_search_query_read_any(&words, well_formed));
    mneme_pg_param_str(&params, mneme_buffer_str(&words.words));
    mneme_pg_param_str(&params, is_web ? mneme_str_from(words.tsquery.data) : MNEME_STR_NULL);
    int status = reading.failed
                     ? MNEME_OK
                     : mneme_query_run(postgres, &question, &params, note_terms, &reading, &rows, error);
    mneme_buffer_append_byte(&query->any, 0);
    mneme_buffer_append_byte(&query->whole, 0);
    if (status == MNEME_OK && (reading.failed || query->any.failed || query->whole.failed)) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was searched: memory is exhausted");
    } else if (status == MNEME_OK && rows == 0) {
        status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "nothing was searched: no text is indexed yet; start `mneme work search`");
    }
    mneme_pg_params_clean_up(&params);
    mneme_search_query_clean_up(&words);
    return status;
}

static bool is_of_term(struct mneme_str lexeme, const struct mneme_candidate_term *term) {
    return term->is_prefix ? lexeme.len >= term->lexeme.len &&
                                 memcmp(lexeme.data, term->lexeme.data, term->lexeme.len) == 0
                           : mneme_str_equal(lexeme, term->lexeme);
}

void mneme_candidates_count(double *counts, const struct mneme_candidates *candidates,
                            struct mneme_str lexemes) {
    struct mneme_tsvector_reader reader = mneme_tsvector_enter(lexemes);
    struct mneme_str lexeme;
    uint32_t count;
    memset(counts, 0, candidates->term_count * sizeof *counts);
    while (mneme_tsvector_next(&reader, &lexeme, &count)) {
        for (size_t i = 0; i < candidates->term_count; i++) {
            if (is_of_term(lexeme, &candidates->terms[i])) {
                counts[i] += count;
            }
        }
    }
}
