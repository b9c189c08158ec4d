/*
 * A memory by its id through the hot tier: from Redis where it is there, else from Postgres, and Redis is
 * given what it missed. Both answer with the same row.
 */
#ifndef MNEME_QUERIES_MEMORY_HOT_H
#define MNEME_QUERIES_MEMORY_HOT_H

#include "queries/memory.h"
#include "stores/redis/reader.h"

/* Whether the hot tier can know an answer: not as of a moment, without a stream, or for deleted ones too. */
bool mneme_memory_is_hot_key(const struct mneme_memory_key *key);

/* Visits the memory if the hot tier has it; false otherwise. `hot` may be NULL. */
bool mneme_memory_get_hot(struct mneme_hot_reader *hot, const struct mneme_memory_key *key,
                          mneme_row_visitor *visit, void *context);

/* Visits the memory as the tables have it, and gives it to the hot tier; the question is one that
 * mneme_memory_get_hot answers. No row is not an error. */
int mneme_memory_get_filling(struct mneme_hot_reader *hot, struct mneme_postgres *postgres,
                             const struct mneme_memory_key *key, mneme_row_visitor *visit, void *context,
                             size_t *count, struct mneme_error *error);

/* Visits those memories of an agent (and of a user, unless null) that the hot tier keeps, the newest first,
 * at most `limit`. False, and none is visited, when it is not to be believed; `hot` may be NULL. */
bool mneme_memory_list_hot(struct mneme_hot_reader *hot, const struct mneme_memory_filter *filter,
                           mneme_row_visitor *visit, void *context);

#endif
