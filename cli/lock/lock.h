/*
 * What the verbs over locks share: the servers, the options of a lease, and what is said of a lock.
 */
#ifndef MNEME_CLI_LOCK_H
#define MNEME_CLI_LOCK_H

#include "cli/frame/command.h"
#include "stores/locks/locks.h"

extern const struct mneme_command mneme_command_lock_acquire;
extern const struct mneme_command mneme_command_lock_extend;
extern const struct mneme_command mneme_command_lock_release;
extern const struct mneme_command mneme_command_lock_run;

/* Rows of a command's table of options. */
/* clang-format off */
#define MNEME_LOCK_TTL_OPTIONS \
    {"ttl", 't', "S", -1, "The lease in seconds, such as 30 or 0.5."}, \
    {"ttl-ms", 0, "MS", MNEME_SETTING_LOCK_TTL_MS, "The lease in milliseconds, unless --ttl is given."}
#define MNEME_LOCK_WAIT_OPTIONS \
    {"wait", 'w', "S", -1, "Wait so many seconds while somebody else has it."}, \
    {"wait-ms", 0, "MS", MNEME_SETTING_LOCK_WAIT_MS, "The same in milliseconds, unless --wait is given."}
#define MNEME_LOCK_VALUE_OPTION \
    {"value", 0, "VALUE", -1, "What acquiring it printed: who knows it is the holder."}
/* clang-format on */

/* The servers of the settings; the caller closes *out by mneme_locks_close. */
int mneme_lock_open(struct mneme_locks **out, const struct mneme_cli *cli, struct mneme_error *error);

/* How the call acquires: what --tenant, --ttl and --wait say; an interrupt ends a wait. */
int mneme_lock_read_options(struct mneme_lock_options *out, const struct mneme_cli *cli,
                            struct mneme_error *error);

/* The lock of the first argument that --value is the holder of. */
int mneme_lock_of_call(struct mneme_lock *out, const struct mneme_locks *locks, const struct mneme_cli *cli,
                       struct mneme_error *error);

/* Prints the lock and for how long it is held: a line for a person, or JSON. */
enum mneme_exit mneme_lock_put(const struct mneme_cli *cli, const struct mneme_lock *lock);

#endif
