/*
 * What Postgres itself can do with the rows that a fold wrote: COPY of the same rows, as text, into the same
 * empty tables with the same indexes, in another schema of the same database.
 */
#ifndef MNEME_TESTS_COPY_LIMIT_H
#define MNEME_TESTS_COPY_LIMIT_H

#include "common/postgres/postgres.h"
#include "tests/support/bench.h"

/* Copies the rows of schema `from` through files in a temporary folder into the schema `to`, which is made
 * for it by the migrations. The time is that of COPY … FROM alone. */
int mneme_copy_limit(struct mneme_bench_time *time, const struct mneme_config *config, const char *from,
                     const char *to, struct mneme_error *error);

#endif
