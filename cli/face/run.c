/*
 * Runs any operation.
 */
#include <stdio.h>

#include "cli/face/face.h"
#include "cli/frame/consent.h"
#include "cli/last_write.h"
#include "common/log/log.h"
#include "operations/service.h"

#define RECENT_MICROS INT64_C(60000000)

/* --- own writes: kept in a file between calls (cli/last_write.h) --- */

static void load_writes(struct mneme_op_own_writes *out, struct mneme_arena *arena, void *context) {
    const struct mneme_cli *cli = context;
    struct mneme_recent_write recent;
    *out = (struct mneme_op_own_writes){0};
    if (mneme_last_write_recent(&recent, cli->config, RECENT_MICROS, arena)) {
        *out = (struct mneme_op_own_writes){recent.positions, recent.count, recent.held, recent.stamp};
    }
}

static void hold_writes(const struct mneme_op_own_writes *writes, void *context) {
    const struct mneme_cli *cli = context;
    mneme_last_write_hold(cli->config, &(struct mneme_recent_write){.positions = writes->positions,
                                                                    .count = writes->count,
                                                                    .stamp = writes->stamp,
                                                                    .held = writes->held});
}

static int last_writes(const struct mneme_position **out, size_t *count, struct mneme_arena *arena,
                       void *context, struct mneme_error *error) {
    const struct mneme_cli *cli = context;
    return mneme_last_write_load(out, count, cli->config, arena, error);
}

/* A write has succeeded even if it cannot be noted. */
static void save_writes(const int64_t *offsets, size_t partitions, void *context) {
    const struct mneme_cli *cli = context;
    struct mneme_error error = {0};
    if (mneme_last_write_save(cli->config, offsets, partitions, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "--at-least last will not know of this write",
                  MNEME_LOG_S("reason", error.message));
    }
}

/* --- the run --- */

static enum mneme_exit ask_consent(const struct mneme_cli *cli, const struct mneme_op_request *request) {
    const struct mneme_operation *operation = request->operation;
    bool asks =
        operation->consent != NULL && (operation->needs_consent == NULL || operation->needs_consent(request));
    if (!asks) {
        return MNEME_EXIT_DONE;
    }
    return mneme_cli_consent(cli, operation->not_consented, operation->consent);
}

static enum mneme_exit run_request(struct mneme_cli *cli, struct mneme_op_request *request) {
    const struct mneme_op_own_writes_ops own = {
        .load = load_writes, .hold = hold_writes, .last = last_writes, .save = save_writes, .context = cli};
    const struct mneme_service_options options = {.purpose = "mneme-cli", .connect_tries = 1, .own = &own};
    struct mneme_error error = {0};
    struct mneme_service *service = NULL;
    struct mneme_op_outcome outcome = {0};
    struct mneme_face_printer *printer =
        mneme_face_printer_new(cli, request->operation, mneme_op_limit(request));
    if (printer == NULL) {
        (void)mneme_error_set(&error, MNEME_E_NO_MEMORY, "nothing was run: memory is exhausted; free some");
        return mneme_cli_fail(cli, &error);
    }
    const struct mneme_op_sink sink = mneme_face_printer_sink(printer);
    int status = mneme_service_open(&service, cli->config, &options, &error);
    if (status == MNEME_OK) {
        status = mneme_service_run(&outcome, service, request, &sink, &mneme_cli_cancel, &error);
    }
    mneme_service_close(service, mneme_cli_interrupted() ? 0 : -1);
    enum mneme_exit code = mneme_face_printer_end(printer, status == MNEME_OK, outcome.has_more);
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (code == MNEME_EXIT_DONE) {
        code = mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : mneme_exit_code(outcome.verdict);
    }
    return code;
}

enum mneme_exit mneme_face_run(struct mneme_cli *cli) {
    struct mneme_op_request request;
    struct mneme_face_lines lines;
    struct mneme_error error = {0};
    mneme_op_request_init(&request, cli->command->operation, cli->config);
    mneme_face_lines_init(&lines);
    enum mneme_exit code = mneme_face_request(&request, cli, &lines, &error) == MNEME_OK
                               ? ask_consent(cli, &request)
                               : mneme_cli_fail(cli, &error);
    if (code == MNEME_EXIT_DONE) {
        code = run_request(cli, &request);
    }
    mneme_op_request_clean_up(&request);
    mneme_face_lines_clean_up(&lines);
    return code;
}
