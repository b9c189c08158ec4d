/*
 * How soon a memory can be found by its words and by its vector: workers of postgres, search, embed and
 * vectors run as processes of their own, with the endpoint and the model of the environment.
 */
#ifndef MNEME_TESTS_BENCH_RECALLABLE_H
#define MNEME_TESTS_BENCH_RECALLABLE_H

#include "tests/support/bench_drain.h"

struct mneme_bench_recallable {
    long rate, seconds; /* memories a second, and how long */
    long idle;          /* memories one at a time */
    long runs;          /* at most MNEME_BENCH_MAX_RUNS; each is idle first */
};

/* Measures on the ground's database and topic, and prints one JSON line for each of the variants "searchable"
 * and "recallable". Nothing of it still runs when this returns. */
int mneme_bench_recallable(struct mneme_bench_ground *ground, const struct mneme_bench_recallable *load,
                           struct mneme_error *error);

#endif
