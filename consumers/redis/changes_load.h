/*
 * Shared by the files that make the changes of one batch.
 */
#ifndef MNEME_CONSUMERS_REDIS_CHANGES_LOAD_H
#define MNEME_CONSUMERS_REDIS_CHANGES_LOAD_H

#include "consumers/redis/changes.h"

/* The statements of the transaction, which has one snapshot. */
enum mneme_cache_call_kind {
    MNEME_CACHE_BEGIN,
    MNEME_CACHE_LEDGER,
    MNEME_CACHE_MEMORIES,
    MNEME_CACHE_CONVERSATIONS,
    MNEME_CACHE_RECENT,
    MNEME_CACHE_DECISIONS,
    MNEME_CACHE_WORKING,
    MNEME_CACHE_COMMIT,
    MNEME_CACHE_CALL_COUNT,
};
_Static_assert(MNEME_CACHE_CALL_COUNT == MNEME_CACHE_CALLS, "one answer for each");

/* The state of one load. */
struct mneme_cache_load {
    struct mneme_cache_changes *changes;
    const struct mneme_touches *touches;
    struct mneme_arena *arena;
    const struct mneme_touch **asked[MNEME_TOUCH_KIND_COUNT]; /* in the order of the arrays */
    size_t count[MNEME_TOUCH_KIND_COUNT];
};

int mneme_cache_changes_no_memory(struct mneme_error *error);

/* Queries everything that needs the tables: one round trip, or none. */
int mneme_cache_changes_ask(struct mneme_cache_load *load, struct mneme_postgres *postgres,
                            struct mneme_str topic, const struct mneme_batch *batch,
                            struct mneme_error *error);

/* Makes changes from the answers, and from values that events contain whole. */
int mneme_cache_changes_read_answers(struct mneme_cache_load *load, struct mneme_error *error);

#endif
