/*
 * mneme replay: prints events of the log as JSON lines.
 */
#include "consumers/replay/replay.h"
#include "consumers/log/hand_parked.h"

#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/progress.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "common/base/moment.h"
#include "consumers/replay/when.h"

#define WRITE_BYTES ((size_t)256 * 1024)
#define MAX_REFUSED_PRINTED 20

struct printing {
    struct mneme_progress progress;
    struct mneme_buffer lines;
    int64_t refused;
};

/* False when nobody reads the output any more. */
static bool write_lines(struct mneme_buffer *lines) {
    (void)fwrite(lines->data, 1, lines->len, stdout); /* the stream remembers a failure */
    mneme_buffer_clear(lines);
    return !mneme_cli_output_is_lost();
}

static bool print_event(void *context, const struct mneme_batch_item *item) {
    struct printing *printing = context;
    struct mneme_json_writer json = {.out = &printing->lines};
    mneme_event_logged_json(&item->event, item->position, item->recorded_at, &json);
    mneme_buffer_append_byte(&printing->lines, '\n');
    if (printing->lines.failed) {
        return false;
    }
    return printing->lines.len < WRITE_BYTES || write_lines(&printing->lines);
}

static bool print_refused(void *context, const struct mneme_batch_item *item) {
    struct printing *printing = context;
    if (printing->refused++ < MAX_REFUSED_PRINTED) {
        mneme_cli_say("%d:%lld was left out: %s", (int)item->position.partition,
                      (long long)item->position.offset, item->park_reason);
    }
    return true;
}

static void show_progress(void *context, int64_t done, int64_t total) {
    struct printing *printing = context;
    printing->progress.total = total;
    mneme_progress_update(&printing->progress, done);
}

/* Checks the option here, so that the error can name it. */
static int check_when(const struct mneme_cli *cli, const char *option, struct mneme_error *error) {
    const char *text = mneme_cli_value(cli, option);
    return text == NULL || mneme_when_is_valid(text)
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_USAGE,
                                 "--%s was not taken: '%s' is not a place in the log; give " MNEME_WHEN_FORMS,
                                 option, text, mneme_moment_forms(MNEME_MOMENT_AGO));
}

static int read_options(struct mneme_log_replay *replay, const struct mneme_cli *cli,
                        struct mneme_arena *arena, struct mneme_error *error) {
    *replay = (struct mneme_log_replay){
        .config = cli->config,
        .from = mneme_cli_value(cli, "from"),
        .to = mneme_cli_value(cli, "to"),
        .filter = {.tenant = mneme_session_tenant(cli),
                   .stream_id = mneme_cli_opt_str(cli, "stream"),
                   .user_id = mneme_cli_opt_str(cli, "user"),
                   .agent_id = mneme_cli_opt_str(cli, "agent"),
                   .run_id = mneme_cli_opt_str(cli, "run"),
                   .conversation_id = mneme_cli_opt_str(cli, "conversation"),
                   .all_scopes = mneme_cli_flag(cli, "all")},
        .read_marks = mneme_hand_parked_read,
        .on_event = print_event,
        .on_refused = print_refused,
        .on_progress = show_progress,
        .cancel = &mneme_cli_cancel,
    };
    int status = check_when(cli, "from", error);
    if (status == MNEME_OK) {
        status = check_when(cli, "to", error);
    }
    if (status == MNEME_OK) {
        status = mneme_cli_opt_list(&replay->filter.types, cli, "type", arena, error);
    }
    return status == MNEME_OK ? mneme_cli_long(&replay->limit, cli, "limit", 0, 1, INT64_MAX, error) : status;
}

/* The outcome, when the replay itself succeeded. */
static enum mneme_exit finish(const struct printing *printing, const struct mneme_log_replay_counts *counts) {
    if (printing->lines.failed) {
        fprintf(stderr, "mneme: the replay ended early: memory is exhausted; free some and run it again\n");
        return MNEME_EXIT_UNAVAILABLE;
    }
    if (mneme_cli_interrupted()) {
        return MNEME_EXIT_INTERRUPTED;
    }
    if (counts->refused > 0) {
        fprintf(stderr,
                "mneme: %lld messages were left out: they are not events, or wait behind a parked event of "
                "their key\n",
                (long long)counts->refused);
        return MNEME_EXIT_REFUSED;
    }
    return MNEME_EXIT_DONE;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_log_replay replay;
    struct mneme_log_replay_counts counts = {0};
    struct printing printing = {.refused = 0};
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    bool is_visible = cli->stderr_is_terminal && !cli->stdout_is_terminal;
    mneme_progress_begin(&printing.progress, "replay", "events", 0, is_visible);
    int status = read_options(&replay, cli, &arena, &error);
    if (status == MNEME_OK) {
        replay.context = &printing;
        status = mneme_log_replay(&counts, &replay, &error);
    }
    mneme_progress_end(&printing.progress);
    (void)write_lines(&printing.lines);
    fflush(stdout);
    enum mneme_exit code = status == MNEME_OK ? finish(&printing, &counts) : mneme_cli_fail(cli, &error);
    mneme_buffer_clean_up(&printing.lines);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"from", 0, "WHEN", -1, "Begin here, inclusive (default: beginning)."},
    {"to", 0, "WHEN", -1, "End here, inclusive (default: the current end)."},
    {"stream", 's', "ID", -1, "Only events of this stream."},
    {"type", 't', "EVENT-TYPE,…", -1, "Only events of these types."},
    {"limit", 'n', "N", -1, "Maximum number of events (default: all)."},
    {0},
};

const struct mneme_command mneme_command_replay = {
    .name = "replay",
    .summary = "Print the log's events again, in a fixed order.",
    .arguments = "",
    .details =
        "Reads only Kafka, no tables, and folds nothing. The same range gives the same bytes each time: "
        "events\n"
        "are ordered by the log's time, then partition, then offset.\n"
        "WHEN is a TIME; a position (partition:offset, which also cuts the other partitions at the time of\n"
        "its event); several positions separated by commas (a partition that is not listed counts as not\n"
        "started); beginning; or end.\n"
        "Each line is one event as JSON, with those keys of `mneme events --json` that the log has: what "
        "was\n"
        "published (\"type\", \"event_id\", …, \"payload\"), and \"position\", \"sequence_id\" and "
        "\"recorded_at\".\n"
        "Verdicts and versions are in the ledger: see mneme events. The lines cannot be used as input for "
        "mneme\n"
        "publish. Messages that are not events are reported on stderr, and the exit code is 1.",
    .examples =
        "  mneme replay --all > all.jsonl\n"
        "  mneme replay --from 2026-01-31 --to 2026-02-01 --user ada --type memory_created,memory_updated\n"
        "  mneme replay --stream ada --from 3:17\n"
        "  mneme replay --all --from 0:100,3:17 --limit 10\n",
    .options = options,
    .common = MNEME_CLI_SCOPE,
    .scopes = MNEME_CLI_SCOPES("stream", "user", "agent", "run", "conversation"),
    .run = run,
};
