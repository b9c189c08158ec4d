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

/* The servers of MNEME_LOCK_URLS, each independent, or the single one (server or cluster) of REDIS_URL. Does
 * not connect yet. MNEME_E_USAGE for a text that is not a list of servers. Clean up in any case. */
int mneme_lock_servers_init(struct mneme_lock_servers *servers, const struct mneme_config *config,
                            struct mneme_error *error);
void mneme_lock_servers_clean_up(struct mneme_lock_servers *servers);

/* Runs the script at each server whose vote is MNEME_LOCK_UNASKED, and fills that vote. `words` are those of
 * a script in struct mneme_redis_command: the number of keys, then the keys. MNEME_OK, or the error of the
 * first server that was asked and did not answer. */
int mneme_lock_servers_ask(struct mneme_lock_vote *votes, struct mneme_lock_servers *servers,
                           const struct mneme_redis_script *script, const struct mneme_str *words,
                           size_t count, struct mneme_error *error);

#endif
