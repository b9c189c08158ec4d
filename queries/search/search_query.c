/*
 * Reads the operands in one pass over the text, then finds which of their words are too common to look for.
 */
#include "queries/search/search_query.h"

#include <strings.h>

struct reading {
    struct mneme_search_query *query;
    struct mneme_analysis *analysis;
    enum mneme_query_form form;
    const char *at, *end;
    bool has_operand;
    bool is_or; /* OR follows the last operand */
    bool failed;
};

void mneme_search_query_clean_up(struct mneme_search_query *query) {
    mneme_terms_clean_up(&query->terms);
    mneme_terms_clean_up(&query->scratch);
    mneme_buffer_clean_up(&query->operands);
    mneme_buffer_clean_up(&query->left_out);
}

/* --- operands --- */

static bool is_space(char character) {
    return (unsigned char)character <= ' ' || character == 0x7F;
}

static size_t count_words(struct mneme_str text) {
    size_t count = 0;
    bool was_space = true;
    for (size_t i = 0; i < text.len; i++) {
        bool is_here = is_space(text.data[i]);
        count += was_space && !is_here ? 1 : 0;
        was_space = is_here;
    }
    return count;
}

static void add_operand(struct reading *reading, struct mneme_str text, bool is_not, bool is_quoted) {
    struct mneme_search_query *query = reading->query;
    struct mneme_search_operand operand = {.first = mneme_term_count(&query->terms),
                                           .is_not = is_not,
                                           .is_or = reading->is_or,
                                           .is_quoted = is_quoted};
    query->word_count += count_words(text);
    if (query->word_count > MNEME_SEARCH_MAX_WORDS || operand.first >= MNEME_SEARCH_MAX_TERMS) {
        return;
    }
    reading->failed |= !mneme_analyse(reading->analysis, &query->terms, text, MNEME_ANALYSIS_PART);
    if (mneme_term_count(&query->terms) > MNEME_SEARCH_MAX_TERMS) {
        query->terms.items.len = MNEME_SEARCH_MAX_TERMS * sizeof(struct mneme_term);
    }
    operand.count = mneme_term_count(&query->terms) - operand.first;
    if (operand.count > 0) {
        mneme_buffer_append(&query->operands, &operand, sizeof operand);
        reading->has_operand = true;
        reading->is_or = false;
    }
}

/* The text up to where `stops` holds, or to the end. */
static struct mneme_str take_until(struct reading *reading, bool (*stops)(char)) {
    const char *begin = reading->at;
    while (reading->at < reading->end && !stops(*reading->at)) {
        reading->at++;
    }
    return (struct mneme_str){begin, (size_t)(reading->at - begin)};
}

static bool is_quote(char character) {
    return character == '"';
}

static bool ends_word(char character) {
    return is_space(character) || is_quote(character);
}

static bool is_word_or(struct mneme_str word) {
    return word.len == 2 && strncasecmp(word.data, "or", 2) == 0;
}

static void read_operand(struct reading *reading) {
    bool is_web = reading->form == MNEME_QUERY_WEB;
    bool is_not = is_web && *reading->at == '-' && reading->at + 1 < reading->end;
    reading->at += is_not ? 1 : 0;
    if (is_quote(*reading->at)) {
        const char *behind = ++reading->at;
        struct mneme_str phrase = take_until(reading, is_quote);
        if (is_web || reading->at < reading->end) {
            add_operand(reading, phrase, is_not, true);
            reading->at += reading->at < reading->end ? 1 : 0;
        } else {
            reading->at = behind; /* inches, and the like */
        }
        return;
    }
    struct mneme_str word = take_until(reading, ends_word);
    if (is_web && !is_not && is_word_or(word)) {
        reading->is_or = reading->has_operand;
    } else {
        add_operand(reading, word, is_not, false);
    }
}

/* --- common words --- */

static bool is_one_of(const struct mneme_terms *terms, struct mneme_str lexeme) {
    for (size_t i = 0; i < mneme_term_count(terms); i++) {
        if (mneme_str_equal(mneme_term_lexeme(terms, mneme_term_at(terms, i)), lexeme)) {
            return true;
        }
    }
    return false;
}

static bool can_be_common(const struct mneme_term *term) {
    return term->kind == MNEME_TERM_WORD || term->kind == MNEME_TERM_PIECE;
}

/* Notes which words are left out; returns whether any word that must occur remains. */
static bool leave_out(struct mneme_search_query *query) {
    struct mneme_search_operand *operands = (struct mneme_search_operand *)(void *)query->operands.data;
    bool *left_out = (bool *)(void *)query->left_out.data;
    bool has_any = false;
    for (size_t i = 0; i < mneme_search_operand_count(query); i++) {
        size_t kept = 0;
        for (size_t at = operands[i].first; at < operands[i].first + operands[i].count; at++) {
            const struct mneme_term *term = mneme_term_at(&query->terms, at);
            left_out[at] = !operands[i].is_quoted && can_be_common(term) &&
                           is_one_of(&query->scratch, mneme_term_lexeme(&query->terms, term));
            kept += left_out[at] ? 0 : 1;
        }
        operands[i].is_left_out = kept == 0;
        has_any |= kept > 0 && !operands[i].is_not;
    }
    return has_any;
}

static bool find_common(struct mneme_search_query *query, struct mneme_analysis *analysis,
                        struct mneme_str_array common) {
    size_t count = mneme_term_count(&query->terms);
    bool is_done = true;
    mneme_terms_clear(&query->scratch);
    for (size_t i = 0; i < common.count; i++) {
        is_done &= mneme_analyse(analysis, &query->scratch, common.items[i], MNEME_ANALYSIS_PART);
    }
    mneme_buffer_clear(&query->left_out);
    if (!is_done || query->operands.failed || !mneme_buffer_reserve(&query->left_out, count + 1)) {
        return false;
    }
    query->left_out.len = count;
    if (!leave_out(query)) { /* the query has only common words */
        mneme_terms_clear(&query->scratch);
        leave_out(query);
    }
    return true;
}

/* --- all of it --- */

const struct mneme_term *mneme_search_whole(const struct mneme_search_query *query,
                                            const struct mneme_search_operand *operand) {
    const struct mneme_term *first = mneme_term_at(&query->terms, operand->first);
    size_t places = 0;
    for (size_t i = 0; i < operand->count; i++) {
        places += mneme_search_term_has_place(first + i) ? 1 : 0;
    }
    return first->kind == MNEME_TERM_WHOLE && first->joined == places ? first : NULL;
}

static bool has_phrase(const struct mneme_search_query *query) {
    for (size_t i = 0; i < mneme_search_operand_count(query); i++) {
        const struct mneme_search_operand *operand = mneme_search_operand_at(query, i);
        size_t places = 0;
        for (size_t at = operand->first; at < operand->first + operand->count; at++) {
            places += mneme_search_term_has_place(mneme_term_at(&query->terms, at)) &&
                              !mneme_search_is_left_out(query, at)
                          ? 1
                          : 0;
        }
        if (places > 1) {
            return true;
        }
    }
    return false;
}

bool mneme_search_query_read(struct mneme_search_query *query, struct mneme_analysis *analysis,
                             struct mneme_str text, enum mneme_query_form form,
                             struct mneme_str_array common) {
    struct reading reading = {
        .query = query, .analysis = analysis, .form = form, .at = text.data, .end = text.data + text.len};
    mneme_terms_clear(&query->terms);
    mneme_buffer_clear(&query->operands);
    query->word_count = 0;
    while (reading.at < reading.end && query->word_count < MNEME_SEARCH_MAX_WORDS) {
        if (is_space(*reading.at)) {
            reading.at++;
        } else {
            read_operand(&reading);
        }
    }
    if (reading.failed || !find_common(query, analysis, common)) {
        return false;
    }
    query->has_phrase = has_phrase(query);
    return true;
}
