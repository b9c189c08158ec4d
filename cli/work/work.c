/*
 * mneme work: this process becomes a worker of one projection, or the parent of one for each, until it is
 * told to end.
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

/* Whether it is a member of a group, which it does not outlive. */
static bool is_member(void) {
    int signal_number = 0;
    return prctl(PR_GET_PDEATHSIG, &signal_number) == 0 && signal_number == SIGTERM;
}

/* A group waits so long for its members; one whose group was killed has nobody but itself to end it. */
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
                    "cannot work for \"%s\": there is no such projection; there are: %.*s, all",
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
     "A name of its own: after a restart it gets the same partitions, without a rebalance."},
    {"metrics", 0, "PORT", MNEME_SETTING_METRICS_PORT,
     "Serve /metrics, /healthz and /readyz; with all, on as many ports from this one on as there are "
     "workers."},
    {"verbose", 'v', NULL, -1, "With all: every line of the workers' logs, on a terminal too."},
    {0},
};

const struct mneme_command mneme_command_work = {
    .name = "work",
    .summary = "Fold events into a projection, as one worker of its group; or into all of them.",
    .arguments = "PROJECTION|all",
    .details =
        "Workers of a projection share the partitions of the topic: start as many as there are partitions, "
        "stop and "
        "kill them as you like; nothing is lost or doubled. While Kafka or the projection's store is away, a "
        "worker "
        "waits for it, also when it starts. SIGTERM and SIGINT finish the batch at hand and leave the group; "
        "SIGINT, which is a person's, waits for "
        "that no longer than 5 s and ends with exit code 130. "
        "Logs go to "
        "stderr. Of two workers with the same --id the first ends (exit 4), a session time-out later.\n"
        "\n"
        "Projections: postgres (the ledger of events with their verdicts, and the tables), search (full "
        "text), embed "
        "(texts into vectors, by the endpoint of the settings), vectors (those into the store that answers) "
        "and redis "
        "(what is hot); search, embed and redis follow postgres, vectors follows embed.\n"
        "\n"
        "all runs a process for each: postgres and search, redis where REDIS_URL is set, embed and vectors "
        "where "
        "OPENAI_BASE_URL is. They share one log, in which each line says its projection; on a terminal it is "
        "a line for "
        "each change of a worker's state. A worker that dies is started again, after a pause that grows (up "
        "to "
        "MNEME_RETRY_MAX_MS). One that only a person can help (wrong settings, a missing topic, a log that "
        "does not fit) "
        "is not; the others go on, and the exit code is that of the first which failed so. None outlives the "
        "parent, "
        "also where that is killed.\n",
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
