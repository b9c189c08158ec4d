/*
 * Opens the publisher of commands that write.
 */
#include "cli/write.h"

#include "cli/last_write.h"
#include "common/log/log.h"
#include "producers/client.h"

/* A write has succeeded even if it cannot be noted. */
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
