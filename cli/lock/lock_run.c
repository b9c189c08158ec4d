/*
 * mneme lock run: holds a lock for as long as a command runs. The other verbs are in operations/lock/.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/lock/lock_child.h"
#include "stores/locks/open.h"

/* Reads seconds as milliseconds. */
static int read_seconds(struct mneme_opt_long *out, const struct mneme_cli *cli, const char *option,
                        int64_t least_ms, struct mneme_error *error) {
    struct mneme_opt_double seconds;
    int status = mneme_cli_opt_double(&seconds, cli, option, (double)least_ms / 1000,
                                      (double)MNEME_LOCK_MAX_TTL_MS / 1000, error);
    *out = (struct mneme_opt_long){(int64_t)(seconds.value * 1000 + 0.5), seconds.is_set};
    return status;
}

static int read_options(struct mneme_lock_options *out, const struct mneme_cli *cli,
                        struct mneme_error *error) {
    *out = (struct mneme_lock_options){.tenant = mneme_session_tenant(cli).data, .cancel = &mneme_cli_cancel};
    int status = read_seconds(&out->ttl_ms, cli, "ttl", MNEME_LOCK_MIN_TTL_MS, error);
    return status == MNEME_OK ? read_seconds(&out->wait_ms, cli, "wait", 0, error) : status;
}

/* For the command; called before there is a second thread. */
static int export_lock(const struct mneme_lock *lock, struct mneme_error *error) {
    char token[24];
    (void)snprintf(token, sizeof token, "%lld", (long long)lock->token);
    if (setenv("MNEME_LOCK_NAME", lock->name, 1) != 0 || setenv("MNEME_LOCK_VALUE", lock->value, 1) != 0 ||
        setenv("MNEME_LOCK_TOKEN", token, 1) != 0) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the command was not run: out of memory; free some memory");
    }
    return MNEME_OK;
}

/* Reports only what the command's own exit code does not say. */
static enum mneme_exit conclude(const struct mneme_cli *cli, const struct mneme_lock_run *run, int released,
                                const struct mneme_error *release_error) {
    struct mneme_error error = {0};
    if (run->is_lost) {
        mneme_error_set(&error, MNEME_E_CONFLICT, "the command %s had to end: %s", cli->arguments[1],
                        run->why.code != MNEME_OK
                            ? run->why.message
                            : "the lease ran out before it could be extended; give a longer --ttl");
        (void)mneme_cli_fail(cli, &error);
        return MNEME_EXIT_LEASE_LOST;
    }
    if (released != MNEME_OK) {
        (void)mneme_cli_fail(cli, release_error);
    }
    if (released == MNEME_E_CONFLICT || released == MNEME_E_NOT_FOUND) {
        return MNEME_EXIT_LEASE_LOST; /* the servers lost the lock while the command ran */
    }
    return (enum mneme_exit)run->exit_code;
}

static int run_under(struct mneme_lock_run *out, const struct mneme_cli *cli, const struct mneme_lock *lock,
                     struct mneme_locks *locks, const struct mneme_lock_options *how,
                     struct mneme_error *error) {
    int64_t ttl_ms =
        how->ttl_ms.is_set ? how->ttl_ms.value : mneme_config_long(cli->config, MNEME_SETTING_LOCK_TTL_MS);
    int status = export_lock(lock, error);
    return status == MNEME_OK ? mneme_lock_run_command(out, cli->arguments + 1, lock, locks, ttl_ms, error)
                              : status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_error release_error = {0};
    struct mneme_locks *locks = NULL;
    struct mneme_lock_options how;
    struct mneme_lock_run result;
    struct mneme_lock lock;
    enum mneme_exit code;
    int status = read_options(&how, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_locks_open_with(&locks, cli->config, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_lock_acquire(&lock, locks, mneme_str_from(cli->arguments[0]), &how, &error);
    }
    if (status != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        status = run_under(&result, cli, &lock, locks, &how, &error);
        int released = mneme_lock_release(&lock, locks, &release_error);
        code = status == MNEME_OK ? conclude(cli, &result, released, &release_error)
                                  : mneme_cli_fail(cli, &error);
    }
    mneme_locks_close(locks);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"ttl", 't', "S", -1, "The lease in seconds, such as 30 or 0.5."},
    {"ttl-ms", 0, "MS", MNEME_SETTING_LOCK_TTL_MS, "The lease in milliseconds, unless --ttl is given."},
    {"wait", 'w', "S", -1, "How many seconds to wait while somebody else holds the lock."},
    {"wait-ms", 0, "MS", MNEME_SETTING_LOCK_WAIT_MS, "The same in milliseconds, unless --wait is given."},
    {0},
};

static const struct mneme_command lock_run = {
    .name = "run",
    .summary = "Run a command while holding a lock.",
    .arguments = "NAME -- COMMAND [ARGUMENT…]",
    .details = "Everything after -- is the command and its arguments.\n"
               "The lease is extended while the command runs, and the lock is released when it ends.\n"
               "The command's environment has MNEME_LOCK_NAME, MNEME_LOCK_TOKEN and MNEME_LOCK_VALUE;\n"
               "signals are passed on to it. If the lease is lost, the command and its children get\n"
               "SIGTERM, and SIGKILL if they have not ended by the end of the lease.\n"
               "Exit code: that of the command, 128 plus the signal's number if a signal ended it, 127 if\n"
               "it was not found; 4 when somebody else holds the lock and the command was not run; 7\n"
               "when the lease was lost.",
    .examples = "  mneme lock run nightly --ttl 60 -- ./consolidate.sh\n"
                "  mneme lock run nightly --wait 600 -- sh -c 'echo token $MNEME_LOCK_TOKEN'\n",
    .min_arguments = 2,
    .max_arguments = -1,
    .before_dashes = 1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};

static const struct mneme_command *const verbs[] = {&lock_run, NULL};

const struct mneme_command mneme_command_lock = {
    .name = "lock",
    .summary = "Locks shared by programs on many machines, with fencing tokens.",
    .arguments = "",
    .examples = "  mneme lock run nightly --ttl 60 -- ./consolidate.sh\n"
                "  mneme lock acquire nightly --ttl 60 --wait 10 --json\n",
    .subcommands = verbs,
};
