/*
 * Working memory from the hot tier, under the same rules as all that is read there (stores/redis/reader.h).
 */
#ifndef MNEME_STORES_REDIS_READER_WORKING_H
#define MNEME_STORES_REDIS_READER_WORKING_H

#include "stores/redis/reader.h"
#include "stores/redis/working_load.h"

/* The working memory of the conversation, in one round trip; false when the hot tier does not have it. Of
 * turns, thoughts and events the latest `most` each; 0: all. Keys that have expired by `now_micros` are left
 * out. Strings and arrays lie in the arena. */
bool mneme_hot_reader_working(struct mneme_loaded_working *out, struct mneme_hot_reader *reader,
                              const struct mneme_working_wanted *wanted, int64_t most, int64_t now_micros,
                              struct mneme_arena *arena);

/* Puts what was read from Postgres where a look found nothing, unless Redis may know more by now. */
void mneme_hot_reader_fill_working(struct mneme_hot_reader *reader, const struct mneme_working_wanted *wanted,
                                   const struct mneme_loaded_working *loaded);

#endif
