/*
 * One query to the store returns how its texts were made into words, and which words of the question are too
 * common for its text search configuration to keep; the rest is done by the same analysis that the texts went
 * through.
 */
#include "queries/search/candidates_terms.h"

#include "common/analysis/tsvector.h"
#include "common/base/text_check.h"
#include "queries/search/search_query.h"
#include "sql/embedded.h"

#define MAX_COMMON_BYTES 64 /* longer words are never common */

struct terms_row {
    struct mneme_str text_search_config;
    int64_t analysis;
    struct mneme_str_array common;
};

static const struct mneme_row_column columns[] = {
    {"text_search_config", MNEME_ROW_STR, offsetof(struct terms_row, text_search_config)},
    {"analysis", MNEME_ROW_LONG, offsetof(struct terms_row, analysis)},
    {"common", MNEME_ROW_STR_ARRAY, offsetof(struct terms_row, common)},
};

static const struct mneme_question question = {"nothing was searched", mneme_sql_candidates_terms, columns,
                                               sizeof columns / sizeof *columns, sizeof(struct terms_row)};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was searched: memory is exhausted");
}

void mneme_candidate_query_clean_up(struct mneme_candidate_query *query) {
    mneme_buffer_clean_up(&query->any);
    mneme_buffer_clean_up(&query->whole);
    mneme_buffer_clean_up(&query->loose);
    mneme_search_query_clean_up(&query->words);
}

/* --- what is common --- */

static bool is_letter(char character) {
    unsigned char byte = (unsigned char)character;
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 128;
}

/* Lists the text's runs of letters, up to the maximum number of words in a query. */
static size_t list_words(struct mneme_str words[MNEME_SEARCH_MAX_WORDS], struct mneme_str text) {
    size_t count = 0;
    if (text.data == NULL) {
        return 0;
    }
    for (size_t at = 0; at < text.len && count < MNEME_SEARCH_MAX_WORDS;) {
        size_t from = at;
        while (at < text.len && is_letter(text.data[at])) {
            at++;
        }
        if (at > from && at - from <= MAX_COMMON_BYTES) {
            words[count++] = (struct mneme_str){text.data + from, at - from};
        }
        at += at == from ? 1 : 0;
    }
    return count;
}

/* --- the query --- */

struct reading {
    struct mneme_candidates *out;
    struct mneme_search_query *query;
    struct mneme_str text;
    enum mneme_query_form form;
    int status;
    struct mneme_error *error;
};

static bool read_query(const void *row, void *context) {
    const struct terms_row *terms = row;
    struct reading *reading = context;
    if (terms->analysis != MNEME_ANALYSIS_VERSION) {
        reading->status =
            mneme_error_set(reading->error, MNEME_E_UNSAFE,
                            "nothing was searched: the texts were indexed by version %lld of the analysis, "
                            "but this program has version %d; index them again with `mneme rebuild search`",
                            (long long)terms->analysis, MNEME_ANALYSIS_VERSION);
        return false;
    }
    reading->status = mneme_analysis_open(&reading->out->analysis, terms->text_search_config, reading->error);
    if (reading->status == MNEME_OK &&
        !mneme_search_query_read(reading->query, reading->out->analysis, reading->text, reading->form,
                                 terms->common)) {
        reading->status = no_memory(reading->error);
    }
    return false; /* there is only one */
}

static bool is_known(const struct mneme_candidates *out, struct mneme_str lexeme, bool is_prefix) {
    for (size_t i = 0; i < out->term_count; i++) {
        if (out->terms[i].is_prefix == is_prefix && mneme_str_equal(out->terms[i].lexeme, lexeme)) {
            return true;
        }
    }
    return false;
}

/* Adds what must or may occur to the terms, each once, and to the query in tsquery syntax. */
static bool add_terms(struct mneme_candidates *out, struct mneme_buffer *any,
                      const struct mneme_search_query *query) {
    out->terms = mneme_arena_calloc(&out->arena, mneme_term_count(&query->terms) + 1, sizeof *out->terms);
    bool is_done = out->terms != NULL;
    for (size_t i = 0; is_done && i < mneme_search_operand_count(query); i++) {
        const struct mneme_search_operand *operand = mneme_search_operand_at(query, i);
        for (size_t at = operand->first; !operand->is_not && at < operand->first + operand->count; at++) {
            const struct mneme_term *term = mneme_term_at(&query->terms, at);
            struct mneme_str lexeme = mneme_term_lexeme(&query->terms, term);
            if (mneme_search_is_left_out(query, at) || is_known(out, lexeme, term->is_prefix)) {
                continue;
            }
            mneme_buffer_append_str(any, any->len == 0 ? MNEME_STR_LIT("") : MNEME_STR_LIT(" | "));
            mneme_search_append_term(any, &query->terms, term);
            struct mneme_candidate_term *added = &out->terms[out->term_count++];
            *added = (struct mneme_candidate_term){.lexeme = mneme_arena_copy(&out->arena, lexeme),
                                                   .is_prefix = term->is_prefix};
            is_done &= added->lexeme.data != NULL;
        }
    }
    return is_done;
}

static bool write_query(struct mneme_candidates *out, struct mneme_candidate_query *query,
                        enum mneme_query_form form) {
    bool is_done = add_terms(out, &query->any, &query->words);
    if (form == MNEME_QUERY_WEB) {
        mneme_search_query_write(&query->whole, &query->words, false);
        mneme_search_query_write(&query->loose, &query->words, true);
    }
    if (query->loose.len == 0) { /* any document with a term may match */
        mneme_buffer_append_str(&query->loose, mneme_buffer_str(&query->any));
    }
    mneme_buffer_append_byte(&query->any, 0);
    mneme_buffer_append_byte(&query->whole, 0);
    mneme_buffer_append_byte(&query->loose, 0);
    return is_done && !query->any.failed && !query->whole.failed && !query->loose.failed;
}

int mneme_candidates_read_terms(struct mneme_candidates *out, struct mneme_candidate_query *query,
                                struct mneme_postgres *postgres, struct mneme_str text,
                                enum mneme_query_form form, struct mneme_error *error) {
    struct mneme_str words[MNEME_SEARCH_MAX_WORDS];
    struct mneme_pg_params params = {0};
    struct reading reading = {.out = out, .query = &query->words, .form = form, .error = error};
    size_t rows = 0;
    reading.text = mneme_arena_copy(&out->arena, text);
    if (text.data != NULL && reading.text.data == NULL) {
        return no_memory(error);
    }
    if (reading.text.data != NULL) {
        mneme_utf8_repair((char *)reading.text.data, reading.text.len); /* our own copy */
    }
    mneme_pg_param_str_array(&params, words, list_words(words, reading.text));
    int status = mneme_query_run(postgres, &question, &params, read_query, &reading, &rows, error);
    mneme_pg_params_clean_up(&params);
    status = status == MNEME_OK ? reading.status : status;
    if (status == MNEME_OK && rows == 0) {
        status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "nothing was searched: no text is indexed yet; start `mneme work search`");
    }
    return status == MNEME_OK && !write_query(out, query, form) ? no_memory(error) : status;
}

/* --- documents --- */

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
