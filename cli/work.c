/*
 * mneme work: this process becomes a worker of one projection until it is told to end.
 */
#include "cli/commands.h"
#include "common/log/log.h"
#include "consumers/projections.h"
#include "consumers/runtime/worker.h"

static bool should_stop(void *context) {
    (void)context;
    return mneme_cli_interrupted();
}

static enum mneme_exit unknown_projection(const struct mneme_cli *cli) {
    struct mneme_buffer names = {0};
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        mneme_buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", mneme_projections[i].name);
    }
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_USAGE,
                    "cannot work for \"%s\": there is no such projection; there are: %.*s", cli->arguments[0],
                    MNEME_STR_ARG(mneme_buffer_str(&names)));
    mneme_buffer_clean_up(&names);
    return mneme_cli_fail(cli, &error);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    const struct mneme_projection_ops *projection = mneme_projection_by_name(cli->arguments[0]);
    if (projection == NULL) {
        return unknown_projection(cli);
    }
    struct mneme_worker_options options = {
        .projection = projection,
        .instance_id = mneme_cli_value(cli, "id"),
        .should_stop = should_stop,
    };
    struct mneme_error error = {0};
    mneme_log_set_projection(projection->name);
    if (mneme_worker_run(cli->config, &options, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    return MNEME_EXIT_DONE;
}

static const struct mneme_cli_option options[] = {
    {"id", 0, "NAME", -1,
     "a name of its own: after a restart it gets the same partitions, without a rebalance"},
    {"metrics", 0, "PORT", MNEME_SETTING_METRICS_PORT, "serve /metrics, /healthz and /readyz"},
    {0},
};

const struct mneme_command mneme_command_work = {
    .name = "work",
    .summary = "Fold events into a projection, as one worker of its group.",
    .arguments = "PROJECTION",
    .details = "Workers of a projection share the partitions of the topic: start as many as there\n"
               "are partitions, stop and kill them as you like; nothing is lost or doubled.\n"
               "While Kafka or the projection's store is away, a worker waits for it, also when it starts.\n"
               "SIGTERM and SIGINT finish the batch at hand and leave the group. Logs go to stderr.\n"
               "Of two workers with the same --id the first ends (exit 4), a session time-out later.\n"
               "\n"
               "Projections: postgres (the ledger of events with their verdicts, and the tables), search\n"
               "(full text), embed (texts into vectors, by the endpoint of the settings), vectors (those\n"
               "into the store that answers) and redis (what is hot); search, embed and redis follow\n"
               "postgres, vectors follows embed.\n",
    .examples = "  mneme work postgres\n"
                "  mneme work search\n"
                "  mneme work embed\n"
                "  mneme work vectors\n"
                "  mneme work redis\n"
                "  mneme work postgres --id worker-1 --metrics 9100\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_SERVICE,
    .run = run,
};
