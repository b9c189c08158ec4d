/*
 * A memory by its id through the hot tier: from Redis if Redis has it, else from Postgres, and the memory is
 * then added to Redis. Both return the same row.
 */
#ifndef MNEME_QUERIES_MEMORY_HOT_H
#define MNEME_QUERIES_MEMORY_HOT_H

#include "queries/memory.h"
#include "stores/redis/reader.h"

/* Whether the hot tier can have an answer: not as of a past moment, not without a stream, and not if deleted
 * memories count. */
bool mneme_memory_is_hot_key(const struct mneme_memory_key *key);

/* Visits the memory if the hot tier has it; false otherwise. `hot` may be NULL. */
bool mneme_memory_get_hot(struct mneme_hot_reader *hot, const struct mneme_memory_key *key,
                          mneme_row_visitor *visit, void *context);

/* Visits the memory from the tables, and adds it to the hot tier; `key` must be one that mneme_memory_get_hot
 * can answer. Finding none is not an error. */
int mneme_memory_get_filling(struct mneme_hot_reader *hot, struct mneme_postgres *postgres,
                             const struct mneme_memory_key *key, mneme_row_visitor *visit, void *context,
                             size_t *count, struct mneme_error *error);

/* Visits the memories of an agent (and of a user, unless null) that the hot tier keeps, newest first, at most
 * `limit`. Returns false, and visits none, when the hot tier is not up to date; `hot` may be NULL. */
bool mneme_memory_list_hot(struct mneme_hot_reader *hot, const struct mneme_memory_filter *filter,
                           mneme_row_visitor *visit, void *context);

#endif
