/*
 * mneme dead-letters redrive: tries parked events again, in order.
 */
#include "consumers/redrive.h"

#include <stdio.h>

#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/output.h"
#include "common/base/position.h"
#include "common/json/write.h"

static int read_options(struct mneme_redrive *redrive, const struct mneme_cli *cli,
                        struct mneme_error *error) {
    bool is_all = mneme_cli_flag(cli, "all");
    int status = mneme_dead_letters_projection(&redrive->projection, cli, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (redrive->projection.data != NULL && redrive->projection.data[0] == 'v') {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was tried again: vectors has no order to keep; run `mneme rebuild "
                               "vectors`, which reads all records of the embeddings topic again");
    }
    if (redrive->projection.data != NULL && redrive->projection.data[0] == 'r') {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was tried again: redis parks nothing itself; redrive postgres, and "
                               "the redis worker follows");
    }
    if (is_all == (cli->argument_count > 0)) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was tried again: %s; give a position such as 3:17, a key such as default/ada, or --all",
            is_all ? "both --all and an argument were given" : "no position or key was given");
    }
    if (is_all) {
        return MNEME_OK;
    }
    struct mneme_str text = mneme_str_from(cli->arguments[0]);
    redrive->has_position = mneme_position_parse(&redrive->position, text);
    if (!redrive->has_position && memchr(text.data, '/', text.len) == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was tried again: '%s' is neither a position nor a key; give a "
                               "position such as 3:17 or a key such as default/ada",
                               text.data);
    }
    redrive->key = redrive->has_position ? MNEME_STR_NULL : text;
    return MNEME_OK;
}

static enum mneme_exit print_counts(struct mneme_redrive_report *report,
                                    const struct mneme_redrive_counts *counts) {
    if (report->cli->json) {
        struct mneme_json_writer json = {.out = &report->line};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("applied"));
        mneme_json_long(&json, counts->applied);
        mneme_json_key(&json, MNEME_STR_LIT("parked"));
        mneme_json_long(&json, counts->parked);
        mneme_json_end_object(&json);
        (void)mneme_cli_put_line(&report->line);
    } else {
        mneme_redrive_report_rest(report);
        printf("applied %lld, still parked %lld\n", (long long)counts->applied, (long long)counts->parked);
    }
    if (mneme_cli_interrupted()) {
        return MNEME_EXIT_INTERRUPTED;
    }
    return counts->parked > 0 ? MNEME_EXIT_REFUSED : MNEME_EXIT_DONE;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_redrive_report report = {.cli = cli};
    struct mneme_redrive redrive = {.config = cli->config,
                                    .cancel = &mneme_cli_cancel,
                                    .on_event = mneme_redrive_report_event,
                                    .context = &report};
    struct mneme_redrive_counts counts = {0};
    int status = read_options(&redrive, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_redrive_run(&counts, &redrive, &error);
    }
    if (status == MNEME_OK && counts.applied + counts.parked == 0 && cli->argument_count > 0) {
        status = mneme_error_set(
            &error, MNEME_E_NOT_FOUND,
            "nothing was tried again: nothing is parked at %s; see `mneme dead-letters list --all`",
            cli->arguments[0]);
    }
    enum mneme_exit code = status == MNEME_OK ? print_counts(&report, &counts) : mneme_cli_fail(cli, &error);
    mneme_buffer_clean_up(&report.line);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"projection", 'p', "PROJECTION", -1,
     "Only what this projection has parked: postgres, search or embed (default: all three)."},
    {"all", 'a', NULL, -1, "Everything that is parked."},
    {0},
};

const struct mneme_command mneme_command_dead_letters_redrive = {
    .name = "redrive",
    .summary = "Try parked events again, in order.",
    .arguments = "[KEY|POSITION]",
    .details =
        "Takes a key (TENANT/STREAM), a parked position, which stands for its key, or everything (--all). "
        "Tries\n"
        "the first event that cannot be applied and those behind it again, as if they were applied in their\n"
        "place. An event that can be applied now is no longer parked; one that cannot stays parked with its "
        "new\n"
        "reason, and so do those behind it. The ledger and its tables come first, then what waits for them "
        "in\n"
        "search and embed; the redis worker follows. Workers may run: the one that has the partition joins "
        "its\n"
        "group again. If the command is killed, no event is applied twice, and the next run continues.\n"
        "--json: {\"position\",\"projection\",\"outcome\",\"reason\"} for each event, outcome applied or "
        "parked;\n"
        "then {\"applied\",\"parked\"}. Exit code 1 when something stays parked.",
    .examples = "  mneme dead-letters redrive 3:17\n"
                "  mneme dead-letters redrive default/ada --projection postgres\n"
                "  mneme dead-letters redrive --all --json\n",
    .max_arguments = 1,
    .options = options,
    .run = run,
};
