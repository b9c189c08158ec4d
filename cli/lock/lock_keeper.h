/*
 * A thread that keeps extending a lock while the caller works under it.
 */
#ifndef MNEME_CLI_LOCK_KEEPER_H
#define MNEME_CLI_LOCK_KEEPER_H

#include "stores/locks/locks.h"

struct mneme_lock_keeper;

/* Starts extending `lock` by leases of ttl_ms; `locks` belongs to the thread until it is stopped. The thread
 * has the caller's signal mask. It writes to `wake_fd`, an eventfd, when the lock is lost. MNEME_E_NO_MEMORY.
 */
int mneme_lock_keeper_start(struct mneme_lock_keeper **out, const struct mneme_lock *lock,
                            struct mneme_locks *locks, int64_t ttl_ms, int wake_fd,
                            struct mneme_error *error);

/* How long the lock is held without a further extension, in ms; 0 when it is lost. */
int64_t mneme_lock_keeper_left_ms(struct mneme_lock_keeper *keeper);

/* Ends the thread and frees everything; *why says why the last extension failed (MNEME_OK if it did not). */
void mneme_lock_keeper_stop(struct mneme_lock_keeper *keeper, struct mneme_error *why);

#endif
