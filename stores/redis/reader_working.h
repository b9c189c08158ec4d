/*
 * Reads working memory from the hot tier, under the rules of stores/redis/reader.h.
 */
#ifndef MNEME_STORES_REDIS_READER_WORKING_H
#define MNEME_STORES_REDIS_READER_WORKING_H

#include "stores/redis/reader.h"
#include "stores/redis/working_load.h"

/* The working memory of the conversation, in one round trip; false when the hot tier does not have it. Of
 * turns, thoughts and events, the latest `most` each; 0: all. Keys that have expired by `now_micros` are left
 * out. Strings and arrays are in the arena. */
bool mneme_hot_reader_working(struct mneme_loaded_working *out, struct mneme_hot_reader *reader,
                              const struct mneme_working_wanted *wanted, int64_t most, int64_t now_micros,
                              struct mneme_arena *arena);

/* Stores working memory read from Postgres that the hot tier did not have, unless Redis may have newer data
 * by now. */
void mneme_hot_reader_fill_working(struct mneme_hot_reader *reader, const struct mneme_working_wanted *wanted,
                                   const struct mneme_loaded_working *loaded);

#endif
