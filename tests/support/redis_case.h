/*
 * A log in memory that the projections `postgres` and `redis` fold, the second into keys of its own.
 */
#ifndef MNEME_TESTS_REDIS_CASE_H
#define MNEME_TESTS_REDIS_CASE_H

#include "common/redis/redis.h"
#include "tests/support/fold_case.h"

struct mneme_redis_case {
    struct mneme_fold_case fold;
    void *projection;
    size_t folded;                                    /* items of the log that it was given */
    struct mneme_redis *redis;                        /* for the test's own look */
    int64_t next_offsets[MNEME_FOLD_CASE_PARTITIONS]; /* as the last claim gave them */
};

/* The case of the fold, and the projection opened and assigned. Fails the test when it cannot. */
void mneme_redis_case_set_up(struct mneme_redis_case *hot);
void mneme_redis_case_tear_down(struct mneme_redis_case *hot);

/* Opens a projection with the settings as they are now, beside the case's own; closing is the caller's. */
void *mneme_redis_case_open(struct mneme_redis_case *hot);

/* Assigns it all partitions and notes where it would go on. */
enum mneme_apply_result mneme_redis_case_assign(struct mneme_redis_case *hot, void *projection);

/* Applies `count` items of the log from `first` on to that projection. */
enum mneme_apply_result mneme_redis_case_apply_some(struct mneme_redis_case *hot, void *projection,
                                                    size_t first, size_t count);

/* Lets the ledger have the whole log, and the case's projection what it was not given yet, in batches of
 * `batch_size` (0: one batch). Fails the test when it cannot. */
void mneme_redis_case_apply(struct mneme_redis_case *hot, size_t batch_size);

/* Takes all keys of the case away. */
void mneme_redis_case_flush(struct mneme_redis_case *hot);

/* What Redis answers, as redis-cli prints it on one line: items by ";", nil as "-". Words by spaces; "%" in a
 * word stands for the prefix of the keys. Valid until the next call. */
const char *mneme_redis_case_ask(struct mneme_redis_case *hot, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
