/*
 * A memory by its id through the hot tier: from Redis where it is there, else from Postgres, and Redis is
 * given what it missed. Both answer with the same row.
 */
#ifndef MNEME_QUERIES_MEMORY_HOT_H
#define MNEME_QUERIES_MEMORY_HOT_H

#include "hot/reader.h"
#include "queries/memory.h"

/* Visits the memory if the hot tier has it; false otherwise, or when the question is one for Postgres: as of
 * a moment, without a stream, or for deleted ones too. */
bool mneme_memory_get_hot(struct mneme_hot_reader *hot, const struct mneme_memory_key *key,
                          mneme_row_visitor *visit, void *context);

#endif
