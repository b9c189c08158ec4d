/*
 * A log in memory and the projection `postgres` folding it into a fresh database, without Kafka: tests add
 * events in the form of `mneme publish` and apply them in batches of their choice.
 */
#ifndef MNEME_TESTS_FOLD_CASE_H
#define MNEME_TESTS_FOLD_CASE_H

#include "common/postgres/postgres.h"
#include "consumers/runtime/projection.h"
#include "tests/support/fixture.h"

#define MNEME_FOLD_CASE_TOPIC "test.events" /* as the tables know it; no brokers are asked */
#define MNEME_FOLD_CASE_PARTITIONS 4

struct mneme_fold_case {
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres; /* for the test's own look at the tables */
    void *projection;
    struct mneme_arena arena; /* the log's events and texts */
    struct mneme_batch_item *log;
    size_t count, capacity;
    size_t applied; /* items of the log that were handed over */
    int64_t next_offset[MNEME_FOLD_CASE_PARTITIONS];
    struct mneme_error error;
    struct mneme_buffer text; /* of mneme_fold_case_text */
};

/* A migrated database, the projection opened and assigned all partitions. Fails the test when it cannot. */
void mneme_fold_case_set_up(struct mneme_fold_case *fold);
void mneme_fold_case_tear_down(struct mneme_fold_case *fold);

/* Opens the projection and assigns all partitions; *next_offsets (may be NULL) gets where to go on. */
enum mneme_apply_result mneme_fold_case_open(struct mneme_fold_case *fold, void **projection,
                                             int64_t *next_offsets);

/* Adds an event to the log; single quotes of the line stand for double ones. Gives the item. */
struct mneme_batch_item *mneme_fold_case_add(struct mneme_fold_case *fold, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The item's event as a publisher of the first version of the schema writes it. Gives the item. */
struct mneme_batch_item *mneme_fold_case_write_old(struct mneme_fold_case *fold,
                                                   struct mneme_batch_item *item);

/* Empties the tables and opens the projection again, with the settings as they are now; the log stays. */
void mneme_fold_case_empty(struct mneme_fold_case *fold);

/* Makes a batch of `count` items of the log from `first` on; partitions begin where the log before `first`
 * ended. */
void mneme_fold_case_batch(struct mneme_fold_case *fold, struct mneme_batch *batch, size_t first,
                           size_t count);
void mneme_fold_case_free_batch(struct mneme_batch *batch);

/* Applies the items not yet handed over in batches of `batch_size` (0: one batch), until one is not applied.
 */
enum mneme_apply_result mneme_fold_case_apply(struct mneme_fold_case *fold, size_t batch_size);

/* The result of a query as one text: columns by "|", rows by ";", NULL as "-". Valid until the next call. */
const char *mneme_fold_case_text(struct mneme_fold_case *fold, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Everything in the tables but clocks of now, as one hash. */
const char *mneme_fold_case_hash(struct mneme_fold_case *fold);

#endif
