/*
 * Locks that programs on many machines share, by Redlock over one or several independent Redis servers, and
 * a fencing token with each that is greater than all before it. The lock saves work that would be done twice;
 * it does not keep a holder from writing that was stopped past its lease and goes on. The token does, at a
 * store that refuses a token lower than one it has seen: see docs/locks.md for what is promised and what not.
 *
 * Thread rules: a struct mneme_locks is a set of connections for one thread at a time. A struct mneme_lock is
 * plain data: it may be copied, and used with another struct mneme_locks or in another process that has the
 * same servers. After fork() the child opens its own.
 */
#ifndef MNEME_STORES_LOCKS_LOCKS_H
#define MNEME_STORES_LOCKS_LOCKS_H

#include "common/base/cancel.h"
#include "common/base/error.h"
#include "common/base/types.h"

struct mneme_locks;

#define MNEME_LOCK_NAME_BYTES 256 /* of a tenant or a name, with a NUL */
#define MNEME_LOCK_VALUE_BYTES 37
#define MNEME_LOCK_MIN_TTL_MS 10
#define MNEME_LOCK_MAX_TTL_MS INT64_C(86400000)

struct mneme_lock {
    char tenant[MNEME_LOCK_NAME_BYTES], name[MNEME_LOCK_NAME_BYTES];
    char value[MNEME_LOCK_VALUE_BYTES]; /* random: who knows it is the holder */
    int64_t token;                      /* give it to the store with each write */
    int64_t valid_until;                /* of the machine's time since boot; ask mneme_lock_left_ms */
};

/* How to acquire; zero-initialise. What is not set is as the settings say. */
struct mneme_lock_options {
    const char *tenant;           /* whose name it is; NULL: MNEME_TENANT */
    struct mneme_opt_long ttl_ms; /* the lease: MNEME_LOCK_TTL_MS, 10 s */
    /* How long to try while somebody else has it, or servers are away: MNEME_LOCK_WAIT_MS, 5 s. 0: once. */
    struct mneme_opt_long wait_ms;
    const struct mneme_cancel *cancel; /* ends the wait between tries; NULL: nothing does */
};

/* Closes the connections; what is held stays held. NULL is allowed. */
void mneme_locks_close(struct mneme_locks *locks);

/*
 * Acquires the lock `name` (1 to 255 bytes of UTF-8 without control characters). *out is filled on MNEME_OK:
 * a majority of the servers holds it for the caller, and a majority has noted its token, which is greater
 * than that of every holder before. A try that fails frees what it took. Blocks for wait_ms and one try.
 * MNEME_E_CONFLICT: somebody else has it. MNEME_E_UNAVAILABLE: too few servers answered, or too slowly for
 * the lease. MNEME_E_DENIED, MNEME_E_USAGE: they refused.
 */
int mneme_lock_acquire(struct mneme_lock *out, struct mneme_locks *locks, struct mneme_str name,
                       const struct mneme_lock_options *options, struct mneme_error *error);

/*
 * A new lease of ttl_ms (0: MNEME_LOCK_TTL_MS) from now for the holder; the token stays. Servers that have
 * forgotten the lock get it again. On an error the lease is as it was: MNEME_E_UNAVAILABLE: no majority
 * answered, and trying again may help; MNEME_E_CONFLICT: it was lost to somebody else; MNEME_E_NOT_FOUND: it
 * ran out, and nobody has it.
 */
int mneme_lock_extend(struct mneme_lock *lock, struct mneme_locks *locks, int64_t ttl_ms,
                      struct mneme_error *error);

/* Frees the lock where it is the holder's. MNEME_OK: it was, at a majority. MNEME_E_UNAVAILABLE: some servers
 * did not answer, where it ends with its lease. Others as of mneme_lock_extend: it had been lost before. */
int mneme_lock_release(struct mneme_lock *lock, struct mneme_locks *locks, struct mneme_error *error);

/* For how long the lock may still be relied on; 0 when it may not. Counts the time that the machine slept. */
int64_t mneme_lock_left_ms(const struct mneme_lock *lock);

/* The lock that another process has acquired, by what it told: to extend or release it. `tenant` may be NULL,
 * as of the options. Its token is 0, and nothing is left of its lease, until it was extended. */
int mneme_lock_resume(struct mneme_lock *out, const struct mneme_locks *locks, struct mneme_str name,
                      const char *tenant, struct mneme_str value, struct mneme_error *error);

#endif
