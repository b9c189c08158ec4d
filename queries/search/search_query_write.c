/*
 * Writes a query in tsquery syntax. Every lexeme is quoted, so that nothing in it has a special meaning.
 */
#include "queries/search/search_query.h"

void mneme_search_append_term(struct mneme_buffer *out, const struct mneme_terms *terms,
                              const struct mneme_term *term) {
    struct mneme_str lexeme = mneme_term_lexeme(terms, term);
    mneme_buffer_append_byte(out, '\'');
    for (size_t i = 0; i < lexeme.len; i++) {
        if (lexeme.data[i] == '\'' || lexeme.data[i] == '\\') {
            mneme_buffer_append_byte(out, (uint8_t)lexeme.data[i]);
        }
        mneme_buffer_append_byte(out, (uint8_t)lexeme.data[i]);
    }
    mneme_buffer_append_str(out, term->is_prefix ? MNEME_STR_LIT("':*") : MNEME_STR_LIT("'"));
}

/* Writes the words of an operand in their order; returns how many there are. */
static size_t write_words(struct mneme_buffer *out, const struct mneme_search_query *query,
                          const struct mneme_search_operand *operand, bool is_loose) {
    size_t count = 0;
    uint32_t before = 0;
    for (size_t at = operand->first; at < operand->first + operand->count; at++) {
        const struct mneme_term *term = mneme_term_at(&query->terms, at);
        if (!mneme_search_term_has_place(term) || mneme_search_is_left_out(query, at)) {
            continue;
        }
        if (count > 0 && is_loose) {
            mneme_buffer_append_str(out, MNEME_STR_LIT(" & "));
        } else if (count > 0) {
            mneme_buffer_printf(out, " <%u> ", (unsigned)(term->position - before));
        }
        mneme_search_append_term(out, &query->terms, term);
        before = term->position;
        count++;
    }
    return count;
}

/* False, with nothing written, if a loose query cannot express the operand. */
static bool write_operand(struct mneme_buffer *out, const struct mneme_search_query *query,
                          const struct mneme_search_operand *operand, bool is_loose) {
    size_t begin = out->len;
    mneme_buffer_append_str(out, operand->is_not ? MNEME_STR_LIT("!(") : MNEME_STR_LIT("("));
    size_t count = write_words(out, query, operand, is_loose);
    if (is_loose && operand->is_not && count > 1) {
        out->len = begin;
        return false;
    }
    const struct mneme_term *whole = mneme_search_whole(query, operand);
    if (whole != NULL) {
        mneme_buffer_append_str(out, count > 0 ? MNEME_STR_LIT(" | ") : MNEME_STR_LIT(""));
        mneme_search_append_term(out, &query->terms, whole);
    }
    mneme_buffer_append_byte(out, ')');
    return true;
}

void mneme_search_query_write(struct mneme_buffer *out, const struct mneme_search_query *query,
                              bool is_loose) {
    size_t begin = out->len;
    size_t group = begin;  /* where the alternative after the last OR begins */
    bool is_or = false;    /* OR precedes the next operand */
    bool has_open = false; /* an empty group matches any document */
    for (size_t i = 0; i < mneme_search_operand_count(query); i++) {
        const struct mneme_search_operand *operand = mneme_search_operand_at(query, i);
        is_or |= operand->is_or;
        if (operand->is_left_out) {
            continue;
        }
        size_t before = out->len;
        if (is_or && before > begin) {
            has_open |= before == group;
            mneme_buffer_append_str(out, MNEME_STR_LIT(" | "));
            group = out->len;
        } else if (before > group) {
            mneme_buffer_append_str(out, MNEME_STR_LIT(" & "));
        }
        is_or = false;
        if (!write_operand(out, query, operand, is_loose) && out->len > group) {
            out->len = before; /* without " & " */
        }
    }
    has_open |= out->len == group;
    if (has_open) {
        out->len = begin;
    }
}
