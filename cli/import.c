/*
 * mneme import: files of other formats become events.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/values.h"
#include "common/json_write.h"
#include "producers/client.h"
#include "producers/import.h"

struct import {
    const struct mneme_cli *cli;
    const struct mneme_import_format *format;
    struct mneme_client *client; /* NULL for a dry run */
    struct mneme_import_source source;
    struct mneme_progress progress;
};

static void show_progress(void *context, int64_t done, int64_t total) {
    struct import *import = context;
    import->progress.total = total;
    mneme_progress_update(&import->progress, done);
}

static enum mneme_exit print_json(const struct import *import, const struct mneme_import_report *report) {
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("file"));
    mneme_json_string(&json, mneme_str_from(import->source.path));
    mneme_json_key(&json, MNEME_STR_LIT("format"));
    mneme_json_string(&json, mneme_str_from(import->format->name));
    mneme_json_key(&json, MNEME_STR_LIT("events"));
    mneme_json_long(&json, report->events);
    mneme_json_key(&json, MNEME_STR_LIT("published"));
    mneme_json_long(&json, report->acknowledged);
    mneme_json_key(&json, MNEME_STR_LIT("skipped"));
    mneme_json_long(&json, report->skipped);
    mneme_json_key(&json, MNEME_STR_LIT("dry_run"));
    mneme_json_bool(&json, import->client == NULL);
    mneme_json_key(&json, MNEME_STR_LIT("seconds"));
    mneme_json_double(&json, report->seconds);
    mneme_json_end_object(&json);
    enum mneme_exit exit_code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return exit_code;
}

static void print_text(const struct import *import, const struct mneme_import_report *report) {
    if (import->client == NULL) {
        printf("%s: fine, %lld events, %lld skipped; nothing was published\n", import->source.path,
               (long long)report->events, (long long)report->skipped);
        return;
    }
    double rate = report->seconds > 0 ? (double)report->acknowledged / report->seconds : 0;
    printf("%s: %lld events published, %lld skipped, in %.2f s (%.0f events/s)\n", import->source.path,
           (long long)report->acknowledged, (long long)report->skipped, report->seconds, rate);
}

static enum mneme_exit import_one(struct import *import, const char *path) {
    struct mneme_error error = {0};
    struct mneme_import_report report;
    const struct mneme_import_observer observer = {
        .on_progress = show_progress, .is_cancelled = mneme_cli_interrupted, .context = import};
    import->source.path = path;
    mneme_progress_begin(&import->progress, path, "events", 0,
                         import->cli->stderr_is_terminal && !import->cli->json);
    int status = mneme_import_file(&report, import->client, import->cli->config, import->format,
                                   &import->source, &observer, &error);
    mneme_progress_end(&import->progress);
    if (status != MNEME_OK) {
        return mneme_cli_fail(import->cli, &error);
    }
    enum mneme_exit exit_code = MNEME_EXIT_DONE;
    if (import->cli->json) {
        exit_code = print_json(import, &report);
    } else {
        print_text(import, &report);
    }
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : exit_code;
}

/* A file that is refused or not there keeps no other from being imported; what the brokers say concerns them
 * all. */
static bool goes_on(enum mneme_exit exit_code) {
    return exit_code == MNEME_EXIT_DONE || exit_code == MNEME_EXIT_REFUSED ||
           exit_code == MNEME_EXIT_NOT_FOUND;
}

static enum mneme_exit import_all(struct import *import) {
    enum mneme_exit worst = MNEME_EXIT_DONE;
    for (int i = 1; i < import->cli->argument_count && goes_on(worst); i++) {
        enum mneme_exit exit_code = import_one(import, import->cli->arguments[i]);
        worst = worst == MNEME_EXIT_DONE || !goes_on(exit_code) ? exit_code : worst;
    }
    return worst;
}

static int find_format(const struct mneme_import_format **out, const struct mneme_cli *cli,
                       struct mneme_error *error) {
    *out = mneme_import_format_by_name(cli->arguments[0]);
    if (*out != NULL) {
        return MNEME_OK;
    }
    char names[128] = "";
    for (size_t i = 0, len = 0; mneme_import_formats[i] != NULL && len < sizeof names; i++) {
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "",
                                mneme_import_formats[i]->name);
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "cannot import \"%s\": there is no such format; give one of %s", cli->arguments[0],
                           names);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct import import = {
        .cli = cli,
        .source = {.user_id = mneme_cli_opt_str(cli, "user"),
                   .agent_id = mneme_cli_opt_str(cli, "agent"),
                   .run_id = mneme_cli_opt_str(cli, "run")},
    };
    if (find_format(&import.format, cli, &error) != MNEME_OK ||
        (!mneme_cli_flag(cli, "dry-run") &&
         mneme_client_open(&import.client, cli->config, &error) != MNEME_OK)) {
        return mneme_cli_fail(cli, &error);
    }
    enum mneme_exit exit_code = import_all(&import);
    if (mneme_close(import.client, -1, &error) != MNEME_OK && exit_code == MNEME_EXIT_DONE) {
        return mneme_cli_fail(cli, &error);
    }
    return exit_code;
}

static const struct mneme_cli_option options[] = {
    {"dry-run", 'n', NULL, -1, "Check the files and publish nothing; needs no brokers."},
    {"user", 0, "ID", -1, "The user, where the file names none."},
    {"agent", 0, "ID", -1, "The agent, where the file names none."},
    {"run", 0, "ID", -1, "The run, where the file names none."},
    {0},
};

const struct mneme_command mneme_command_import = {
    .name = "import",
    .summary = "Publish what files of other formats hold.",
    .arguments = "FORMAT FILE…",
    .details = "Formats:\n"
               "  locomo  conversations in LoCoMo's form: speakers, dated sessions, turns. Each\n"
               "          session becomes a conversation, each turn a turn of it and a memory.\n"
               "          The user is named after the speakers unless --user is given.\n"
               "  jsonl   events, one JSON object on each line, as `mneme publish` takes them.\n"
               "\n"
               "A file is checked as a whole first: if anything is wrong with it, nothing of it is\n"
               "published, and the exit code is 1. Importing is idempotent: events are known by\n"
               "their content (in jsonl by event_id or idempotency_key where a line has one), so\n"
               "that the same file again, under any name, has no further effect, and two equal\n"
               "lines count once.",
    .examples = "  mneme import locomo tests/data/sample-conversation.json\n"
                "  mneme import locomo --dry-run *.json\n"
                "  mneme import jsonl --user ada events.jsonl\n",
    .min_arguments = 2,
    .max_arguments = -1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
