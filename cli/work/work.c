/*
 * mneme work: runs a worker of one projection, or with all a worker of each, until it is stopped.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/frame/signals.h"
#include "cli/work/group.h"
#include "common/log/log.h"
#include "consumers/projections.h"
#include "consumers/runtime/worker.h"

/* Whether this process belongs to a group, which it does not outlive. */
static bool is_member(void) {
    int signal_number = 0;
    return prctl(PR_GET_PDEATHSIG, &signal_number) == 0 && signal_number == SIGTERM;
}

/* A worker whose parent was killed must end by itself, within the time that a group waits for its members. */
static bool should_stop(void *context) {
    bool *is_bounded = context;
    if (mneme_cli_interrupted() && !*is_bounded) {
        *is_bounded = true;
        (void)alarm(is_member() ? MNEME_WORK_STOP_S : 0);
    }
    return mneme_cli_interrupted();
}

static enum mneme_exit unknown_projection(const struct mneme_cli *cli) {
    struct mneme_buffer names = {0};
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        mneme_buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", mneme_projections[i].name);
    }
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_USAGE,
                    "cannot work for \"%s\": there is no such projection; give one of: %.*s, all",
                    cli->arguments[0], MNEME_STR_ARG(mneme_buffer_str(&names)));
    mneme_buffer_clean_up(&names);
    return mneme_cli_fail(cli, &error);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    if (strcmp(cli->arguments[0], "all") == 0) {
        return mneme_work_all(cli);
    }
    bool is_bounded = false;
    const struct mneme_projection_ops *projection = mneme_projection_by_name(cli->arguments[0]);
    if (projection == NULL) {
        return unknown_projection(cli);
    }
    struct mneme_worker_options options = {
        .projection = projection,
        .instance_id = mneme_cli_value(cli, "id"),
        .should_stop = should_stop,
        .context = &is_bounded,
    };
    struct mneme_error error = {0};
    mneme_log_set_projection(projection->facts->name);
    mneme_cli_bound_interrupt(MNEME_CLI_SERVICE_INTERRUPT_MS);
    if (mneme_worker_run(cli->config, &options, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    return MNEME_EXIT_DONE;
}

static const struct mneme_cli_option options[] = {
    {"id", 0, "NAME", -1,
     "A unique name: after a restart the worker gets the same partitions, without a rebalance."},
    {"metrics", 0, "PORT", MNEME_SETTING_METRICS_PORT,
     "Serve /metrics, /healthz and /readyz; with all, each worker has a port, counting up from this one."},
    {"verbose", 'v', NULL, -1, "With all: show every line of the workers' logs on a terminal, too."},
    {0},
};

const struct mneme_command mneme_command_work = {
    .name = "work",
    .summary = "Run a worker that folds events into a projection, or one for each projection.",
    .arguments = "PROJECTION|all",
    .details =
        "Workers of a projection share the partitions of the topic: start up to one for each partition, stop "
        "and kill them at any time; nothing is lost or doubled. While Kafka or the projection's store is "
        "down, a worker waits for it, even when it starts. SIGTERM and SIGINT finish the current batch and "
        "leave the group; SIGINT, which a person sends, waits at most 5 s for that and ends with exit code "
        "130. Logs go to stderr. If two workers have the same --id, the first ends (exit 4) one session "
        "time-out later.\n"
        "\n"
        "Projections: postgres (the ledger of events with their verdicts, and the tables), search (full "
        "text), embed (turns texts into vectors, with the endpoint of the settings), vectors (puts those "
        "into the active store) and redis (hot data); search, embed and redis follow postgres, vectors "
        "follows embed.\n"
        "\n"
        "all runs a process for each: postgres and search; redis if REDIS_URL is set; embed and vectors if "
        "OPENAI_BASE_URL is set. They share one log, in which each line names its projection; on a terminal "
        "it shows a line for each change of a worker's state. A worker that dies is restarted after a pause "
        "that grows (up to MNEME_RETRY_MAX_MS). A worker that only a person can help (wrong settings, a "
        "missing topic, a log that does not match) is not; the others go on, and the exit code is that of "
        "the first such worker. No worker outlives the parent, even if the parent is killed.\n",
    .examples = "  mneme work all\n"
                "  mneme work postgres\n"
                "  mneme work embed --metrics 9103\n"
                "  mneme work postgres --id worker-1 --metrics 9100\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_SERVICE,
    .run = run,
};
