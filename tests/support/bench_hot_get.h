/*
 * Memories by their ids from the hot tier against GET of the same keys by bare hiredis, a round trip each.
 */
#ifndef MNEME_TESTS_BENCH_HOT_GET_H
#define MNEME_TESTS_BENCH_HOT_GET_H

#include "stores/redis/reader.h"

/* How many a second, in turns of some hundred, so that both see the same weather; all of the `count` memories
 * are there. */
int mneme_bench_hot_get(double *ours, double *bare, struct mneme_hot_reader *reader, const char *url,
                        const struct mneme_hot_memory_id *memories, size_t count, long questions,
                        struct mneme_error *error);

#endif
