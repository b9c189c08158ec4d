/*
 * Checks the suspects of a comparison once more.
 */
#ifndef MNEME_CONSUMERS_REDIS_REBUILD_SUSPECTS_H
#define MNEME_CONSUMERS_REDIS_REBUILD_SUSPECTS_H

#include "common/postgres/postgres.h"
#include "consumers/redis/rebuild/compare.h"

/* Excuses memories that equal the ledger's tables: readers fill from a later state than what was folded. */
int mneme_cache_suspects_ask(struct mneme_cache_compare *compare, struct mneme_postgres *postgres,
                             struct mneme_str topic, struct mneme_error *error);

/* Excuses keys that were written since the comparison, on either side: the writing corrected them. */
int mneme_cache_suspects_recheck(struct mneme_cache_compare *compare, struct mneme_redis *redis,
                                 const struct mneme_hot_space *shadow, struct mneme_error *error);

/* Suspects that keep changing for longer than the check waits are reported as left out, not as errors. */
void mneme_cache_suspects_leave_out(struct mneme_cache_compare *compare);

#endif
