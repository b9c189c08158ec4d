/*
 * mneme dead-letters drop: gives up a parked event for good.
 */
#include "consumers/drop.h"

#include <stdio.h>

#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/consent.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "common/base/printable.h"
#include "common/json/write.h"

struct dropping {
    struct mneme_redrive_report report; /* first, so that a pointer to this struct is also one to it */
    const char *position;
    struct mneme_position at;
    int64_t dropped;
};

static void print_json(struct dropping *dropping, const struct mneme_drop_item *item) {
    struct mneme_json_writer json = {.out = &dropping->report.line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, dropping->at);
    mneme_json_key(&json, MNEME_STR_LIT("projection"));
    mneme_json_string(&json, mneme_str_from(item->projection));
    mneme_json_key(&json, MNEME_STR_LIT("outcome"));
    mneme_json_string(&json, MNEME_STR_LIT("dropped"));
    mneme_json_key(&json, MNEME_STR_LIT("reason"));
    mneme_json_string(&json, mneme_str_from(item->reason));
    mneme_json_key(&json, MNEME_STR_LIT("was_dropped"));
    mneme_json_bool(&json, item->is_dropped);
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&dropping->report.line);
}

static void print_dropped(void *context, const struct mneme_drop_item *item) {
    struct dropping *dropping = context;
    dropping->dropped += item->is_dropped ? 0 : 1;
    if (dropping->report.cli->json) {
        print_json(dropping, item);
    } else {
        printf("%s %s dropped in %s\n", dropping->position, item->is_dropped ? "was already" : "is",
               item->projection);
    }
}

static enum mneme_exit print_counts(struct dropping *dropping, const struct mneme_redrive_counts *counts) {
    struct mneme_redrive_report *report = &dropping->report;
    if (report->cli->json) {
        struct mneme_json_writer json = {.out = &report->line};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("dropped"));
        mneme_json_long(&json, dropping->dropped);
        mneme_json_key(&json, MNEME_STR_LIT("applied"));
        mneme_json_long(&json, counts->applied);
        mneme_json_key(&json, MNEME_STR_LIT("parked"));
        mneme_json_long(&json, counts->parked);
        mneme_json_end_object(&json);
        (void)mneme_cli_put_line(&report->line);
    } else {
        mneme_redrive_report_rest(report);
        printf("of the events behind it: applied %lld, still parked %lld\n", (long long)counts->applied,
               (long long)counts->parked);
    }
    if (mneme_cli_interrupted()) {
        return MNEME_EXIT_INTERRUPTED;
    }
    return counts->parked > 0 ? MNEME_EXIT_REFUSED : MNEME_EXIT_DONE;
}

/* Asks for consent, unless all of it was dropped before. */
static enum mneme_exit agree(const struct mneme_cli *cli, const struct mneme_drop_list *list) {
    struct mneme_buffer question = {0};
    int64_t behind = 0;
    size_t count = 0;
    mneme_buffer_printf(&question, "Drop %s", cli->arguments[0]);
    for (size_t i = 0; i < list->count; i++) {
        const struct mneme_drop_item *item = &list->items[i];
        if (item->is_dropped) {
            continue;
        }
        if (count++ == 0 && item->shown_key[0] != '\0') {
            mneme_buffer_append_str(&question, MNEME_STR_LIT(" of key "));
            mneme_printable(&question, mneme_str_from(item->shown_key), false);
        }
        behind = item->behind > behind ? item->behind : behind;
        mneme_buffer_printf(&question, "%s%s", count == 1 ? " in " : ", ", item->projection);
    }
    mneme_buffer_printf(&question, "? It will never be applied; %lld behind it %s tried again.",
                        (long long)behind, behind == 1 ? "is" : "are");
    mneme_buffer_append_byte(&question, '\0');
    enum mneme_exit code = MNEME_EXIT_DONE;
    if (question.failed) {
        struct mneme_error error = {0};
        mneme_error_set(&error, MNEME_E_NO_MEMORY, "nothing was dropped: out of memory");
        code = mneme_cli_fail(cli, &error);
    } else if (count > 0) {
        code = mneme_cli_consent(cli, "nothing was dropped", question.data);
    }
    mneme_buffer_clean_up(&question);
    return code;
}

static int read_options(struct mneme_drop *drop, const struct mneme_cli *cli, struct mneme_error *error) {
    int status = mneme_dead_letters_position(&drop->position, cli, error);
    if (status == MNEME_OK) {
        status = mneme_dead_letters_projection(&drop->projection, cli, error);
    }
    struct mneme_str name = drop->projection;
    if (status == MNEME_OK && name.data != NULL && !mneme_projection_named(name.data)->has_schema) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was dropped: redis parks nothing itself; drop the event in postgres, "
                               "which redis follows");
    }
    if (status == MNEME_OK && name.data != NULL && memchr(name.data, '.', name.len) != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was dropped: an event can only be dropped for all models and "
                               "generations of a projection; give --projection %.*s",
                               (int)strcspn(name.data, "."), name.data);
    }
    return status;
}

static int find(struct mneme_drop_list *list, const struct mneme_drop *drop, const struct mneme_cli *cli,
                struct mneme_error *error) {
    int status = mneme_drop_find(list, drop, error);
    return status == MNEME_OK && list->count == 0
               ? mneme_error_set(error, MNEME_E_NOT_FOUND,
                                 "nothing was dropped: nothing is parked at %s%s%s; see `mneme dead-letters "
                                 "list --all`; for a record of the embeddings topic add --projection vectors",
                                 cli->arguments[0], drop->projection.data == NULL ? "" : " by ",
                                 drop->projection.data == NULL ? "" : drop->projection.data)
               : status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct dropping dropping = {.report = {.cli = cli}, .position = cli->arguments[0]};
    struct mneme_drop drop = {.config = cli->config,
                              .note = mneme_cli_value(cli, "reason"),
                              .cancel = &mneme_cli_cancel,
                              .on_dropped = print_dropped,
                              .on_event = mneme_redrive_report_event,
                              .context = &dropping};
    struct mneme_drop_list list = {0};
    struct mneme_redrive_counts counts = {0};
    int status = read_options(&drop, cli, &error);
    dropping.at = drop.position;
    if (status == MNEME_OK) {
        status = find(&list, &drop, cli, &error);
    }
    enum mneme_exit code = status == MNEME_OK ? agree(cli, &list) : MNEME_EXIT_DONE;
    if (status == MNEME_OK && code == MNEME_EXIT_DONE) {
        status = mneme_drop_run(&counts, &drop, &list, &error);
        code = status == MNEME_OK ? print_counts(&dropping, &counts) : code;
    }
    if (status != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    }
    mneme_drop_list_clean_up(&list);
    mneme_buffer_clean_up(&dropping.report.line);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"projection", 'p', "PROJECTION", -1,
     "Drop it only in this projection: search, embed or vectors (postgres: all but vectors)."},
    {"reason", 0, "TEXT", -1, "Why it was dropped, for later readers."},
    {0},
};

const struct mneme_command mneme_command_dead_letters_drop = {
    .name = "drop",
    .summary = "Give up a parked event for good, and apply what waits behind it.",
    .arguments = "POSITION",
    .details =
        "The event stays in the log and is listed by mneme dead-letters list --dropped. No projection waits "
        "for\n"
        "it or applies it any more, not even in a rebuild; this cannot be undone. Events that waited behind "
        "it\n"
        "are tried again in order, as by `mneme dead-letters redrive`.\n"
        "An event that the ledger (postgres) has parked is dropped in every projection; one that only search "
        "or\n"
        "embed has parked is dropped there alone, and the ledger keeps it. --projection drops it in one of "
        "them\n"
        "only. A position of the embeddings topic needs --projection vectors.\n"
        "The command asks on a terminal, or takes --yes. If it is killed, run it again: it does what is "
        "left.\n"
        "--json: {\"position\",\"projection\",\"outcome\":\"dropped\",\"reason\",\"was_dropped\"} for each\n"
        "projection, lines of redrive for what waited behind it, then {\"dropped\",\"applied\",\"parked\"}.\n"
        "Exit code 1 when something behind it stays parked, 5 when nothing is parked there.",
    .examples = "  mneme dead-letters drop 3:17\n"
                "  mneme dead-letters drop 3:17 --yes --reason \"written by a test\"\n"
                "  mneme dead-letters drop 3:17 --projection search --yes --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_CONSENT,
    .run = run,
};
