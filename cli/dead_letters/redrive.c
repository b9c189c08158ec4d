/*
 * mneme dead-letters redrive: parked events once more, in their order.
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
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was tried again: vectors keeps no order; run `mneme rebuild vectors`, which "
            "takes all records of the embeddings topic once more");
    }
    if (redrive->projection.data != NULL && redrive->projection.data[0] == 'r') {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was tried again: redis parks nothing itself; redrive postgres, and its "
            "worker follows");
    }
    if (is_all == (cli->argument_count > 0)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was tried again: %s; name a position such as 3:17, a key such as "
                               "default/ada, or --all",
                               is_all ? "both --all and one of them were given" : "it is not said what");
    }
    if (is_all) {
        return MNEME_OK;
    }
    struct mneme_str text = mneme_str_from(cli->arguments[0]);
    redrive->has_position = mneme_position_parse(&redrive->position, text);
    if (!redrive->has_position && memchr(text.data, '/', text.len) == NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was tried again: '%s' is neither a position such as 3:17 nor a key such as "
            "default/ada; give one of them",
            text.data);
    }
    redrive->key = redrive->has_position ? MNEME_STR_NULL : text;
    return MNEME_OK;
}

static enum mneme_exit tell_counts(struct mneme_retelling *telling,
                                   const struct mneme_redrive_counts *counts) {
    if (telling->cli->json) {
        struct mneme_json_writer json = {.out = &telling->line};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("applied"));
        mneme_json_long(&json, counts->applied);
        mneme_json_key(&json, MNEME_STR_LIT("parked"));
        mneme_json_long(&json, counts->parked);
        mneme_json_end_object(&json);
        (void)mneme_cli_put_line(&telling->line);
    } else {
        mneme_retelling_rest(telling);
        printf("applied %lld, still parked %lld\n", (long long)counts->applied, (long long)counts->parked);
    }
    if (mneme_cli_interrupted()) {
        return MNEME_EXIT_INTERRUPTED;
    }
    return counts->parked > 0 ? MNEME_EXIT_REFUSED : MNEME_EXIT_DONE;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_retelling telling = {.cli = cli};
    struct mneme_redrive redrive = {.config = cli->config,
                                    .cancel = &mneme_cli_cancel,
                                    .on_event = mneme_retelling_event,
                                    .context = &telling};
    struct mneme_redrive_counts counts = {0};
    int status = read_options(&redrive, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_redrive_run(&counts, &redrive, &error);
    }
    if (status == MNEME_OK && counts.applied + counts.parked == 0 && cli->argument_count > 0) {
        status = mneme_error_set(
            &error, MNEME_E_NOT_FOUND,
            "nothing was tried again: nothing is parked at %s; `mneme dead-letters list --all` "
            "tells what is",
            cli->arguments[0]);
    }
    enum mneme_exit code = status == MNEME_OK ? tell_counts(&telling, &counts) : mneme_cli_fail(cli, &error);
    mneme_buffer_clean_up(&telling.line);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"projection", 'p', "PROJECTION", -1,
     "What this projection has parked: postgres, search or embed (default: each)."},
    {"all", 'a', NULL, -1, "Everything that is parked."},
    {0},
};

const struct mneme_command mneme_command_dead_letters_redrive = {
    .name = "redrive",
    .summary = "Try parked events again, in their order.",
    .arguments = "[KEY|POSITION]",
    .details =
        "Of a key (TENANT/STREAM), of the key of a parked position, or of everything (--all): the first "
        "event\n"
        "that cannot be applied and those behind it, as if they were applied in their place. What can be\n"
        "applied now leaves the parked ones; what cannot stays, with its new reason, and so does what comes\n"
        "behind it. First the ledger and its tables, then what waits for them in search and embed; Redis "
        "follows\n"
        "by its worker. Workers may run: the one that has the partition joins its group again. Killed at "
        "any\n"
        "moment, what was applied is applied once, and the next run goes on.\n"
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
