/*
 * The arithmetic of Redlock, without clocks and servers: what a majority is, how long an answer can be relied
 * on, and what the answers together mean.
 */
#ifndef MNEME_STORES_LOCKS_QUORUM_H
#define MNEME_STORES_LOCKS_QUORUM_H

#include "common/base/error.h"
#include "common/base/types.h"

#define MNEME_LOCK_MAX_SERVERS 15

/* One server's answer about a lock. The first three numbers are those that the scripts return. */
enum mneme_lock_answer {
    MNEME_LOCK_OURS = 1,   /* the caller has it there */
    MNEME_LOCK_FREE = 2,   /* nobody has it there */
    MNEME_LOCK_OTHERS = 3, /* somebody else has it there */
    MNEME_LOCK_SILENT,     /* no answer in time, or an error */
    MNEME_LOCK_UNASKED = 0,
};

struct mneme_lock_vote {
    enum mneme_lock_answer answer;
    int64_t token;   /* of OURS: the server's counter */
    int64_t left_ms; /* of OTHERS: until their lease ends; -1 when it never ends */
};

/* The votes of all servers, counted. */
struct mneme_lock_tally {
    size_t servers, ours, free, others, silent;
    int64_t token;   /* the highest counter where it is ours; 0 if nowhere */
    int64_t left_ms; /* the longest lease of somebody else; -1 if none is known to end */
};

/* Any two majorities have a server in common. */
static inline size_t mneme_lock_majority(size_t servers) {
    return servers / 2 + 1;
}

struct mneme_lock_tally mneme_lock_count(const struct mneme_lock_vote *votes, size_t servers);

/* MNEME_OK: a majority says that it is ours. MNEME_E_UNAVAILABLE: no majority does, but might with the silent
 * servers. Otherwise it is certainly not ours: MNEME_E_CONFLICT when somebody else has it somewhere,
 * MNEME_E_NOT_FOUND when nobody has it. */
enum mneme_status mneme_lock_verdict(const struct mneme_lock_tally *tally);

/* When the lease ends for its holder, in microseconds of the clock that `asked_at` was read from before the
 * first server was asked. It is
 *
 *     validity = lease − elapsed − drift,   drift = lease × 0.01 + 2 ms
 *
 * The formula is that of "Distributed Locks with Redis" (redis.io; MIN_VALIDITY = TTL − (T2 − T1) −
 * CLOCK_DRIFT); the drift is that of its reference implementation redlock-rb: one percent for clocks of
 * different speeds, one millisecond for the precision of expiry in Redis, and one more for leases so short
 * that a percent of them is negligible. */
int64_t mneme_lock_valid_until(int64_t asked_at, int64_t lease_ms);

#endif
