/*
 * Locks that programs on many machines share, by Redlock over one or several independent Redis servers
 * (MNEME_LOCK_URLS), and a fencing token with each that is greater than all before it. The lock saves work
 * that would be done twice; it does not keep a holder from writing that was stopped past its lease and goes
 * on. The token does, at a store that refuses a token lower than one it has seen: docs/locks.md says what is
 * promised.
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

/* Of the lock `name` (1 to 255 bytes of UTF-8 without control characters) of the tenant (NULL: the
 * settings'). Connects to nothing yet. The caller frees *out, before `mneme`; it is NULL on an error. */
MNEME_API int mneme_lease_new(struct mneme_lease **out, struct mneme *mneme, const char *name,
                              const char *tenant, struct mneme_error *error);

/* Closes the connections; what is held stays held until its time is over. NULL is allowed. */
MNEME_API void mneme_lease_free(struct mneme_lease *lease);

/*
 * Acquires the lock for ttl_ms (0: MNEME_LOCK_TTL_MS, 10 s). While somebody else has it, or servers are away,
 * it is tried for wait_ms (-1: MNEME_LOCK_WAIT_MS, 5 s; 0: once). On MNEME_OK a majority of the servers holds
 * it for the caller and has noted its token. A try that fails frees what it took. MNEME_E_CONFLICT: somebody
 * else has it. MNEME_E_UNAVAILABLE: too few servers answered, or too slowly for the lease. MNEME_E_DENIED,
 * MNEME_E_USAGE: they refused.
 */
MNEME_API int mneme_lease_acquire(struct mneme_lease *lease, int64_t ttl_ms, int64_t wait_ms,
                                  struct mneme_error *error);

/* ttl_ms (0: MNEME_LOCK_TTL_MS) from now on for the holder; the token stays. On an error the lease is as it
 * was: MNEME_E_UNAVAILABLE: no majority answered, and trying again may help; MNEME_E_CONFLICT: it was lost to
 * somebody else; MNEME_E_NOT_FOUND: it ran out, and nobody has it. */
MNEME_API int mneme_lease_extend(struct mneme_lease *lease, int64_t ttl_ms, struct mneme_error *error);

/* Frees the lock where it is the holder's. MNEME_OK: it was, at a majority. MNEME_E_UNAVAILABLE: some servers
 * did not answer, where it ends with its lease. Others as of mneme_lease_extend: it had been lost before. */
MNEME_API int mneme_lease_release(struct mneme_lease *lease, struct mneme_error *error);

/* Give it to the store with each write; 0 before the lock was acquired. */
MNEME_API int64_t mneme_lease_token(const struct mneme_lease *lease);

/* For how long the lock may still be relied on; 0 when it may not. Counts the time that the machine slept. */
MNEME_API int64_t mneme_lease_left_ms(const struct mneme_lease *lease);

/* A secret: whoever knows it is the holder, in another process too; "" before the lock was acquired. Valid
 * until it is acquired again. */
MNEME_API const char *mneme_lease_value(const struct mneme_lease *lease);

/* Takes over the lock that another process acquired, by its value: to extend or release it. Its token is 0,
 * and nothing is left of its lease, until it was extended. */
MNEME_API int mneme_lease_resume(struct mneme_lease *lease, const char *value, struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
