/*
 * Reading a tsvector as Postgres sends it in binary: the lexemes of a text and how often each occurs.
 */
#ifndef MNEME_QUERIES_TSVECTOR_H
#define MNEME_QUERIES_TSVECTOR_H

#include "common/types.h"

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
