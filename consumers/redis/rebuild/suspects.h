/*
 * What a comparison suspects, looked at once more.
 */
#ifndef MNEME_CONSUMERS_REDIS_REBUILD_SUSPECTS_H
#define MNEME_CONSUMERS_REDIS_REBUILD_SUSPECTS_H

#include "common/postgres/postgres.h"
#include "consumers/redis/rebuild/compare.h"

/* Excuses memories that are what the ledger's tables have: readers fill from later than what was folded. */
int mneme_cache_suspects_ask(struct mneme_cache_compare *compare, struct mneme_postgres *postgres,
                             struct mneme_str topic, struct mneme_error *error);

/* Excuses what was written since the comparison, on either side: that made it right. */
int mneme_cache_suspects_recheck(struct mneme_cache_compare *compare, struct mneme_redis *redis,
                                 const struct mneme_hot_space *shadow, struct mneme_error *error);

/* Those that are moving for longer than we wait are nobody's mistake, and told as left out. */
void mneme_cache_suspects_leave_out(struct mneme_cache_compare *compare);

#endif
