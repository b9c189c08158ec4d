/*
 * Terms as a tsvector in the binary form of Postgres: each lexeme once, with the places where it occurs.
 *
 * Postgres keeps at most 255 places of a lexeme, none beyond the 16,383rd word, and a megabyte in all.
 * Further places are dropped. Lexemes are still found; a search for phrases in a text of
 * MNEME_TSVECTOR_SURE_WORDS words or more must look at the text itself. A text whose distinct words alone
 * exceed a megabyte is cut: its last words are not found.
 */
#ifndef MNEME_COMMON_ANALYSIS_TSVECTOR_H
#define MNEME_COMMON_ANALYSIS_TSVECTOR_H

#include "common/analysis/analysis.h"

/* A shorter text has all its places. */
#define MNEME_TSVECTOR_SURE_WORDS 255

/* Appends the value. `scratch` belongs to the caller, for reuse. False when memory is exhausted. */
bool mneme_tsvector_write(struct mneme_buffer *out, struct mneme_buffer *scratch,
                          const struct mneme_terms *terms);

/* --- reading what Postgres sends --- */

struct mneme_tsvector_reader {
    const char *at, *end;
    uint32_t left;
};

/* A value that is cut short or malformed ends early. */
struct mneme_tsvector_reader mneme_tsvector_enter(struct mneme_str value);

/* The next lexeme, which points into the value, and how often it occurs (1 when its positions are not kept).
 */
bool mneme_tsvector_next(struct mneme_tsvector_reader *reader, struct mneme_str *lexeme, uint32_t *count);

#endif
