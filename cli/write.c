/*
 * Events from the command line into the log.
 */
#include "cli/write.h"

#include "cli/last_write.h"
#include "common/log/log.h"
#include "producers/client.h"

/* What was written is written, also where it cannot be noted. */
static void note_last_write(const int64_t *offsets, size_t partitions, void *context) {
    const struct mneme_cli *cli = context;
    struct mneme_error error = {0};
    if (mneme_last_write_save(cli->config, offsets, partitions, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "--at-least last will not know of this write",
                  MNEME_LOG_S("reason", error.message));
    }
}

int mneme_write_open(struct mneme_client **out, const struct mneme_cli *cli, struct mneme_error *error) {
    int status = mneme_client_open(out, cli->config, error);
    if (status == MNEME_OK) {
        (*out)->on_close = note_last_write;
        (*out)->on_close_context = (void *)cli;
    }
    return status;
}

int mneme_write_event(struct mneme_event *event, const struct mneme_cli *cli,
                      const struct mneme_client *client, enum mneme_event_type type,
                      struct mneme_error *error) {
    struct mneme_str key = mneme_cli_opt_str(cli, "idempotency-key");
    int status = mneme_event_init(event, client, type, error);
    if (status == MNEME_OK && key.data != NULL) {
        status = mneme_event_set_idempotency_key(event, key, error);
    }
    event->scope.user_id = mneme_cli_opt_str(cli, "user");
    event->scope.agent_id = mneme_cli_opt_str(cli, "agent");
    event->scope.run_id = mneme_cli_opt_str(cli, "run");
    event->scope.conversation_id = mneme_cli_opt_str(cli, "conversation");
    event->stream_id = mneme_cli_opt_str(cli, "stream");
    event->correlation_id = mneme_cli_opt_str(cli, "correlation");
    event->causation_id = mneme_cli_opt_str(cli, "causation");
    event->actor = mneme_cli_opt_str(cli, "actor");
    return status;
}
