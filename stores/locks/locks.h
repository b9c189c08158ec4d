/*
 * Locks that programs on many machines share, by Redlock over one or several independent Redis servers, and a
 * fencing token with each that is greater than all before it. The lock avoids duplicate work, but it cannot
 * keep a holder that was paused beyond its lease from writing. The token does, if the store refuses tokens
 * lower than one it has seen: docs/locks.md says what is guaranteed and what is not.
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
    char value[MNEME_LOCK_VALUE_BYTES]; /* random: identifies the holder */
    int64_t token;                      /* pass it to the store with each write */
    int64_t valid_until;                /* time since boot; use mneme_lock_left_ms */
};

/* How to acquire; zero-initialise. Unset members take their values from the settings. */
struct mneme_lock_options {
    const char *tenant;           /* the namespace of the name; NULL: MNEME_TENANT */
    struct mneme_opt_long ttl_ms; /* the lease: MNEME_LOCK_TTL_MS, 10 s */
    /* How long to try while somebody else has it, or servers are unavailable: MNEME_LOCK_WAIT_MS, 5 s. 0: one
     * try. */
    struct mneme_opt_long wait_ms;
    const struct mneme_cancel *cancel; /* ends the wait between tries; may be NULL */
};

/* Closes the connections; held locks stay held. NULL is allowed. */
void mneme_locks_close(struct mneme_locks *locks);

/*
 * Acquires the lock `name` (1 to 255 bytes of UTF-8 without control characters). *out is filled on MNEME_OK:
 * a majority of the servers holds it for the caller, and a majority has stored its token, which is greater
 * than that of every earlier holder. A failed try releases what it acquired. Blocks for wait_ms and one try.
 * MNEME_E_CONFLICT: somebody else has it. MNEME_E_UNAVAILABLE: too few servers answered, or too slowly for
 * the lease. MNEME_E_DENIED, MNEME_E_USAGE: the servers refused.
 */
int mneme_lock_acquire(struct mneme_lock *out, struct mneme_locks *locks, struct mneme_str name,
                       const struct mneme_lock_options *options, struct mneme_error *error);

/*
 * Gives the holder a new lease of ttl_ms (0: MNEME_LOCK_TTL_MS) from now; the token stays. Servers that have
 * forgotten the lock get it again. On an error the lease is unchanged: MNEME_E_UNAVAILABLE: no majority
 * answered, and trying again may help; MNEME_E_CONFLICT: somebody else has the lock now; MNEME_E_NOT_FOUND:
 * the lease ran out, and nobody has the lock.
 */
int mneme_lock_extend(struct mneme_lock *lock, struct mneme_locks *locks, int64_t ttl_ms,
                      struct mneme_error *error);

/* Releases the lock on the servers where the holder has it. MNEME_OK: a majority had it. MNEME_E_UNAVAILABLE:
 * some servers did not answer; there it ends with its lease. Other errors as in mneme_lock_extend: it had
 * been lost before. */
int mneme_lock_release(struct mneme_lock *lock, struct mneme_locks *locks, struct mneme_error *error);

/* How long the lock can still be relied on; 0 when it cannot. Includes time that the machine slept. */
int64_t mneme_lock_left_ms(const struct mneme_lock *lock);

/* The lock that another process has acquired, identified by its value, to extend or release it. `tenant` may
 * be NULL, as in the options. Its token is 0, and its lease counts as over, until it is extended. */
int mneme_lock_resume(struct mneme_lock *out, const struct mneme_locks *locks, struct mneme_str name,
                      const char *tenant, struct mneme_str value, struct mneme_error *error);

#endif
