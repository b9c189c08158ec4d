/*
 * A thread that extends a lock again and again, while something else is done under it.
 */
#ifndef MNEME_CLI_LOCK_KEEPER_H
#define MNEME_CLI_LOCK_KEEPER_H

#include "stores/locks/locks.h"

struct mneme_lock_keeper;

/* Begins to extend `lock`, by leases of ttl_ms; `locks` and the copy of the lock belong to the thread until
 * it is stopped. The thread takes the caller's mask of signals. It writes to `wake_fd`, an eventfd, when the
 * lock is lost. MNEME_E_NO_MEMORY. */
int mneme_lock_keeper_start(struct mneme_lock_keeper **out, const struct mneme_lock *lock,
                            struct mneme_locks *locks, int64_t ttl_ms, int wake_fd,
                            struct mneme_error *error);

/* For how long the lock is held without a further extension, in ms; 0 when it is lost. */
int64_t mneme_lock_keeper_left_ms(struct mneme_lock_keeper *keeper);

/* Ends the thread and frees all; *why is why the last extension failed, if it did (MNEME_OK if not). */
void mneme_lock_keeper_stop(struct mneme_lock_keeper *keeper, struct mneme_error *why);

#endif
