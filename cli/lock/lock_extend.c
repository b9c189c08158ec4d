/*
 * mneme lock extend: a new lease for the holder.
 */
#include "cli/lock/lock.h"

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_locks *locks = NULL;
    struct mneme_lock_options how;
    struct mneme_lock lock = {0};
    int status = mneme_lock_read_options(&how, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_lock_open(&locks, cli, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_lock_of_call(&lock, locks, cli, &error);
    }
    if (status == MNEME_OK) { /* 0 is what the settings say */
        status = mneme_lock_extend(&lock, locks, how.ttl_ms.value, &error);
    }
    enum mneme_exit code = status == MNEME_OK ? mneme_lock_put(cli, &lock) : mneme_cli_fail(cli, &error);
    mneme_locks_close(locks);
    return code;
}

static const struct mneme_cli_option options[] = {
    MNEME_LOCK_VALUE_OPTION,
    MNEME_LOCK_TTL_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_lock_extend = {
    .name = "extend",
    .summary = "A new lease of a lock that is held.",
    .arguments = "NAME",
    .details = "The lease counts from now; the token stays. Exit code 4 when the lock was lost to\n"
               "somebody else, 5 when its lease has run out.\n"
               "--json: {\"name\",\"tenant\",\"value\",\"valid_ms\",\"valid_until\"}.",
    .examples = "  mneme lock extend nightly --value 0193f1c2-… --ttl 60\n"
                "  mneme lock extend nightly --value \"$MNEME_LOCK_VALUE\" --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
