/*
 * What people write to a search engine, as a query of Postgres: all words must occur, "words in quotes" in
 * this order, OR takes either side, and a word or phrase behind a minus must not occur. Whatever is written
 * is a query: operators without anything to work on, open quotes and signs are ignored.
 */
#ifndef MNEME_QUERIES_SEARCH_QUERY_H
#define MNEME_QUERIES_SEARCH_QUERY_H

#include "common/buffer.h"

/* Words behind these many are ignored. */
#define MNEME_SEARCH_MAX_WORDS 256

/* Zero-initialise to start with. */
struct mneme_search_query {
    struct mneme_buffer tsquery; /* for to_tsquery; NUL-terminated, "" when there is nothing to look for */
    struct mneme_buffer words;   /* for to_tsvector: what is to occur, with blanks between */
    struct mneme_buffer singles; /* of these, single characters of scripts without spaces, each with a NUL */
    size_t word_count;
    struct mneme_buffer scratch;
};

void mneme_search_query_clean_up(struct mneme_search_query *query);

/* Reads the text, which is UTF-8. False when memory is exhausted. */
bool mneme_search_query_read(struct mneme_search_query *query, struct mneme_str text);

/* The same for a question: each of its words may occur, whatever stands between them; tsquery stays empty. */
bool mneme_search_query_read_any(struct mneme_search_query *query, struct mneme_str text);

#endif
