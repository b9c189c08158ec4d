/*
 * Locks shared by programs on many machines: Redlock over one or several independent Redis servers
 * (MNEME_LOCK_URLS). Each acquisition gets a fencing token greater than all before it. The lock avoids
 * duplicate work; it cannot stop a holder that was paused past its lease from writing when it resumes. The
 * token can, at a store that refuses tokens lower than one it has seen. docs/locks.md states the guarantees.
 *
 * Thread rules: a lease belongs to one thread at a time. After fork() the child makes its own.
 */
#ifndef MNEME_LOCKS_H
#define MNEME_LOCKS_H

#include <mneme/operations.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A lock, held or not, and connections to its servers. */
struct mneme_lease;

/* Makes a lease for the lock `name` (1 to 255 bytes of UTF-8 without control characters) of the tenant (NULL:
 * the one in the settings). Does not connect yet. The caller frees *out, before `mneme`; it is NULL on an
 * error. */
MNEME_API int mneme_lease_new(struct mneme_lease **out, struct mneme *mneme, const char *name,
                              const char *tenant, struct mneme_error *error);

/* Closes the connections; a lock that is held stays held until its lease ends. NULL is allowed. */
MNEME_API void mneme_lease_free(struct mneme_lease *lease);

/*
 * Acquires the lock for ttl_ms (0: MNEME_LOCK_TTL_MS, 10 s). While somebody else holds it, or servers are
 * down, retries for wait_ms (-1: MNEME_LOCK_WAIT_MS, 5 s; 0: tries once). On MNEME_OK a majority of the
 * servers holds it for the caller and has recorded its token. A failed attempt releases what it took.
 * MNEME_E_CONFLICT: somebody else holds it. MNEME_E_UNAVAILABLE: too few servers answered, or too slowly for
 * the lease. MNEME_E_DENIED, MNEME_E_USAGE: the servers refused.
 */
MNEME_API int mneme_lease_acquire(struct mneme_lease *lease, int64_t ttl_ms, int64_t wait_ms,
                                  struct mneme_error *error);

/* Extends the lease to ttl_ms (0: MNEME_LOCK_TTL_MS) from now; the token stays. An error leaves the lease
 * unchanged. MNEME_E_UNAVAILABLE: no majority answered; trying again may help. MNEME_E_CONFLICT: somebody
 * else holds the lock now. MNEME_E_NOT_FOUND: the lease ran out, and nobody holds the lock. */
MNEME_API int mneme_lease_extend(struct mneme_lease *lease, int64_t ttl_ms, struct mneme_error *error);

/* Releases the lock. MNEME_OK: the holder held it at a majority of the servers. MNEME_E_UNAVAILABLE: some
 * servers did not answer; there it ends with its lease. Other codes as for mneme_lease_extend: the lock had
 * been lost before. */
MNEME_API int mneme_lease_release(struct mneme_lease *lease, struct mneme_error *error);

/* The fencing token, to pass to the store with each write; 0 before the lock is acquired. */
MNEME_API int64_t mneme_lease_token(const struct mneme_lease *lease);

/* How long the lock can still be relied on; 0 when it cannot. Time that the machine is suspended counts. */
MNEME_API int64_t mneme_lease_left_ms(const struct mneme_lease *lease);

/* A secret that identifies the holder: any process that knows it can extend or release the lock. "" before
 * the lock is acquired. Valid until it is acquired again. */
MNEME_API const char *mneme_lease_value(const struct mneme_lease *lease);

/* Takes over a lock that another process acquired, by its value, to extend or release it. Until it is
 * extended, the token is 0 and mneme_lease_left_ms returns 0. */
MNEME_API int mneme_lease_resume(struct mneme_lease *lease, const char *value, struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
