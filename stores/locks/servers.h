/*
 * The servers that vote on locks: one connection to each, all asked at once.
 */
#ifndef MNEME_STORES_LOCKS_SERVERS_H
#define MNEME_STORES_LOCKS_SERVERS_H

#include "common/config/config.h"
#include "common/redis/redis.h"
#include "stores/locks/quorum.h"

struct mneme_lock_servers {
    struct mneme_redis *servers[MNEME_LOCK_MAX_SERVERS];
    size_t count;
};

/* Those of MNEME_LOCK_URLS, each by itself, or the one (server or cluster) of REDIS_URL. Connects to nothing
 * yet. MNEME_E_USAGE for a text that is not a list of servers. Clean up in any case. */
int mneme_lock_servers_init(struct mneme_lock_servers *servers, const struct mneme_config *config,
                            struct mneme_error *error);
void mneme_lock_servers_clean_up(struct mneme_lock_servers *servers);

/* Runs the script at each server whose vote is MNEME_LOCK_UNASKED, and fills that vote. `words` are as a
 * script's of struct mneme_redis_command, its first key behind the number of keys. MNEME_OK, or why the first
 * of those that were asked and are silent is so. */
int mneme_lock_servers_ask(struct mneme_lock_vote *votes, struct mneme_lock_servers *servers,
                           const struct mneme_redis_script *script, const struct mneme_str *words,
                           size_t count, struct mneme_error *error);

#endif
