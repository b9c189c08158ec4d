/*
 * mneme lock acquire: takes a lock for one lease.
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
        status = mneme_lock_acquire(&lock, locks, mneme_str_from(cli->arguments[0]), &how, &error);
    }
    enum mneme_exit code = status == MNEME_OK ? mneme_lock_put(cli, &lock) : mneme_cli_fail(cli, &error);
    mneme_locks_close(locks);
    return code;
}

static const struct mneme_cli_option options[] = {
    MNEME_LOCK_TTL_OPTIONS,
    MNEME_LOCK_WAIT_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_lock_acquire = {
    .name = "acquire",
    .summary = "Take a lock for one lease.",
    .arguments = "NAME",
    .details = "Exit code 4 when somebody else has it, 3 when no majority of the servers of\n"
               "MNEME_LOCK_URLS answers. Give the token to the store with each write: it is greater\n"
               "than that of every holder before, so that a store that refuses lower ones refuses\n"
               "the writes of a holder that was too late (docs/locks.md).\n"
               "--json: {\"name\",\"tenant\",\"value\",\"token\",\"valid_ms\",\"valid_until\"}.",
    .examples = "  mneme lock acquire nightly --ttl 60\n"
                "  mneme lock acquire nightly --ttl-ms 5000 --wait 10 --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
