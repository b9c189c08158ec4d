/*
 * The format of tsvectorsend and tsvectorrecv: the number of lexemes, then for each its bytes with a NUL, the
 * number of its places and the places, two bytes each; lexemes in the order of their bytes.
 */
#include "common/analysis/tsvector.h"

#include <endian.h>
#include <stdlib.h>

#define MOST_PLACES 255
#define LAST_PLACE 16383
#define MOST_BYTES ((size_t)1 << 20) /* of lexemes and places in Postgres's layout */
#define SPARE_BYTES 4096

struct entry {
    uint64_t begin; /* the first bytes of the lexeme, for quick comparison */
    const char *lexeme;
    uint32_t len, position;
};

static int compare(const void *a, const void *b) {
    const struct entry *left = a;
    const struct entry *right = b;
    if (left->begin != right->begin) {
        return left->begin < right->begin ? -1 : 1;
    }
    int order = mneme_str_compare((struct mneme_str){left->lexeme, left->len},
                                  (struct mneme_str){right->lexeme, right->len});
    return order != 0 ? order : (left->position > right->position) - (left->position < right->position);
}

static bool is_same(const struct entry *a, const struct entry *b) {
    return a->len == b->len && memcmp(a->lexeme, b->lexeme, a->len) == 0;
}

/* The first `count` terms, sorted. NULL when memory is exhausted. */
static struct entry *sort(struct mneme_buffer *scratch, const struct mneme_terms *terms, size_t count) {
    mneme_buffer_clear(scratch);
    if (!mneme_buffer_reserve(scratch, (count + 1) * sizeof(struct entry))) {
        return NULL;
    }
    struct entry *entries = (struct entry *)(void *)scratch->data;
    for (size_t i = 0; i < count; i++) {
        const struct mneme_term *term = mneme_term_at(terms, i);
        struct mneme_str lexeme = mneme_term_lexeme(terms, term);
        entries[i] = (struct entry){.lexeme = lexeme.data, .len = term->len, .position = term->position};
        memcpy(&entries[i].begin, lexeme.data, lexeme.len < 8 ? lexeme.len : 8);
        entries[i].begin = be64toh(entries[i].begin);
    }
    if (count > 1) {
        qsort(entries, count, sizeof *entries, compare);
    }
    return entries;
}

static void append_short(struct mneme_buffer *out, size_t value) {
    uint16_t bytes = htobe16((uint16_t)value);
    mneme_buffer_append(out, &bytes, sizeof bytes);
}

/* Appends the places of the entries, all of one lexeme; returns their number. */
static size_t append_places(struct mneme_buffer *out, const struct entry *entries, size_t count) {
    size_t begin = out->len;
    size_t places = 0;
    uint32_t last = 0;
    append_short(out, 0);
    for (size_t i = 0; i < count && places < MOST_PLACES; i++) {
        uint32_t place = entries[i].position < LAST_PLACE ? entries[i].position : LAST_PLACE;
        if (place > last) {
            append_short(out, place);
            places++;
        }
        last = place;
    }
    if (!out->failed) {
        uint16_t bytes = htobe16((uint16_t)places);
        memcpy(out->data + begin, &bytes, sizeof bytes);
    }
    return places;
}

/* Appends the value of the entries; false when it is too large for Postgres. */
static bool append_value(struct mneme_buffer *out, const struct entry *entries, size_t count,
                         bool has_places) {
    size_t begin = out->len;
    uint32_t lexemes = 0;
    size_t used = SPARE_BYTES;
    mneme_buffer_append(out, &lexemes, sizeof lexemes);
    for (size_t same, at = 0; at < count; at += same) {
        for (same = 1; at + same < count && is_same(&entries[at], &entries[at + same]);) {
            same++;
        }
        mneme_buffer_append(out, entries[at].lexeme, entries[at].len);
        mneme_buffer_append_byte(out, 0);
        used += entries[at].len;
        if (has_places) {
            used += 1 + sizeof(uint16_t) * (1 + append_places(out, &entries[at], same));
        } else {
            append_short(out, 0);
        }
        lexemes++;
        if (used > MOST_BYTES) {
            return false;
        }
    }
    if (!out->failed) {
        lexemes = htobe32(lexemes);
        memcpy(out->data + begin, &lexemes, sizeof lexemes);
    }
    return true;
}

bool mneme_tsvector_write(struct mneme_buffer *out, struct mneme_buffer *scratch,
                          const struct mneme_terms *terms) {
    size_t begin = out->len;
    size_t count = mneme_term_count(terms);
    bool is_written = false;
    /* Tries the whole value, then without places, then with less of the text. */
    for (int step = 0; !is_written; step++) {
        count -= step > 1 ? count / 8 + 1 : 0;
        const struct entry *entries = sort(scratch, terms, count);
        if (entries == NULL) {
            return false;
        }
        out->len = begin;
        is_written = append_value(out, entries, count, step == 0);
    }
    return !out->failed;
}

/* --- reading --- */

struct mneme_tsvector_reader mneme_tsvector_enter(struct mneme_str value) {
    struct mneme_tsvector_reader reader = {value.data, value.data + value.len, 0};
    if (value.len >= sizeof reader.left) {
        memcpy(&reader.left, value.data, sizeof reader.left);
        reader.left = be32toh(reader.left);
        reader.at += sizeof reader.left;
    }
    return reader;
}

bool mneme_tsvector_next(struct mneme_tsvector_reader *reader, struct mneme_str *lexeme, uint32_t *count) {
    uint16_t positions;
    if (reader->left == 0) {
        return false;
    }
    const char *nul = memchr(reader->at, 0, (size_t)(reader->end - reader->at));
    if (nul == NULL || (size_t)(reader->end - nul - 1) < sizeof positions) {
        return false;
    }
    *lexeme = (struct mneme_str){reader->at, (size_t)(nul - reader->at)};
    memcpy(&positions, nul + 1, sizeof positions);
    positions = be16toh(positions);
    reader->at = nul + 1 + sizeof positions;
    if ((size_t)(reader->end - reader->at) < positions * sizeof positions) {
        return false;
    }
    reader->at += positions * sizeof positions;
    reader->left--;
    *count = positions == 0 ? 1 : positions;
    return true;
}
