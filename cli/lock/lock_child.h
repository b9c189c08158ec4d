/*
 * Runs a command while a lock is held.
 */
#ifndef MNEME_CLI_LOCK_CHILD_H
#define MNEME_CLI_LOCK_CHILD_H

#include "cli/frame/command.h"
#include "stores/locks/locks.h"

/* A shell's exit codes for a command that cannot be run, is not found, or was ended by a signal. */
#define MNEME_LOCK_EXIT_NOT_RUN 126
#define MNEME_LOCK_EXIT_NO_COMMAND 127
#define MNEME_LOCK_EXIT_SIGNAL 128 /* plus the signal's number */

/* The outcome. */
struct mneme_lock_run {
    int exit_code;          /* the command's, as a shell reports it */
    bool is_lost;           /* the command was ended, or ended by itself, after the lock was lost */
    struct mneme_error why; /* why the last extension failed, if it did */
};

/* Runs `command` (ends with NULL) and waits for it. Meanwhile `locks` belongs to a thread that extends the
 * lock by leases of ttl_ms, and signals are passed on. When the lease is lost, or about to end, the command
 * is terminated, then killed. Returns an error when the command was not started. Process-wide: call it once.
 */
int mneme_lock_run_command(struct mneme_lock_run *out, char **command, const struct mneme_lock *lock,
                           struct mneme_locks *locks, int64_t ttl_ms, struct mneme_error *error);

#endif
