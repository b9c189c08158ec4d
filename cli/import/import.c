/*
 * mneme import: publishes files of other formats as events.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/progress.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/import/import_files.h"
#include "cli/import/import_log.h"
#include "cli/import/import_report.h"
#include "cli/import/import_validate.h"
#include "cli/write.h"
#include "producers/client.h"

struct import {
    const struct mneme_cli *cli;
    const struct mneme_import_format *format;
    struct mneme_client *client;                /* NULL for a dry run, and to validate */
    struct mneme_postgres *postgres;            /* to validate; otherwise NULL */
    struct mneme_import_validation *validation; /* of the current file */
    struct mneme_import_source source;
    struct mneme_import_log log;
    struct mneme_progress progress;
    enum mneme_exit worst;
    int64_t files;       /* with data to import, or refused */
    int64_t passed_over; /* files of exports with other data, or none */
    int64_t others;      /* those of them with other data */
};

static void show_progress(void *context, int64_t done, int64_t total) {
    struct import *import = context;
    import->progress.total = total;
    mneme_progress_update(&import->progress, done);
}

static int say_refused(void *context, int64_t entry, int64_t line, const char *why,
                       struct mneme_error *error) {
    struct import *import = context;
    mneme_progress_clear(&import->progress);
    if (mneme_cli_import_refused(import->cli, import->source.path, entry, line, why) != MNEME_EXIT_DONE) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
    }
    return MNEME_OK;
}

static int say_warned(void *context, int64_t entry, int64_t line, const char *why,
                      struct mneme_error *error) {
    struct import *import = context;
    mneme_progress_clear(&import->progress);
    if (mneme_cli_import_warned(import->cli, import->source.path, entry, line, why) != MNEME_EXIT_DONE) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
    }
    return MNEME_OK;
}

static bool is_in_log(void *context, struct mneme_position position, struct mneme_uuid event_id) {
    struct import *import = context;
    return mneme_import_log_has(&import->log, position, event_id);
}

static int validate_event(void *context, const struct mneme_event *event,
                          const struct mneme_import_place *place, struct mneme_error *error) {
    struct import *import = context;
    return mneme_import_validation_take(import->validation, event, place, error);
}

static enum mneme_exit report_one(const struct import *import, const struct mneme_import_report *report,
                                  const struct mneme_import_validated *validated) {
    const struct mneme_import_said said = {
        .path = import->source.path,
        .format = import->format->name,
        .noun = import->format->noun,
        .is_judged_by_entry = import->format->is_judged_by_entry,
        .is_dry_run = import->client == NULL,
        .report = report,
        .validated = validated,
    };
    enum mneme_exit exit_code = mneme_cli_import_report(import->cli, &said);
    if (exit_code == MNEME_EXIT_DONE && validated != NULL && validated->missing + validated->differing > 0) {
        return MNEME_EXIT_UNSAFE;
    }
    return exit_code == MNEME_EXIT_DONE && report->refused > 0 ? MNEME_EXIT_REFUSED : exit_code;
}

static void count_file(struct import *import, const struct mneme_import_report *report) {
    bool is_passed_over = report->holding != MNEME_IMPORT_HOLDS_ENTRIES;
    import->files += is_passed_over ? 0 : 1;
    import->passed_over += is_passed_over ? 1 : 0;
    import->others += report->holding == MNEME_IMPORT_HOLDS_OTHER ? 1 : 0;
}

static enum mneme_exit import_one(struct import *import, const char *path) {
    struct mneme_error error = {0};
    struct mneme_import_report report = {0};
    struct mneme_import_validated validated = {0};
    bool validates = import->postgres != NULL;
    const struct mneme_import_observer observer = {.on_progress = show_progress,
                                                   .cancel = &mneme_cli_cancel,
                                                   .on_refused = say_refused,
                                                   .on_warned = say_warned,
                                                   .on_event = validates ? validate_event : NULL,
                                                   .is_in_log = is_in_log,
                                                   .context = import};
    import->source.path = path;
    mneme_progress_begin(&import->progress, path, "events", 0,
                         import->cli->stderr_is_terminal && !import->cli->json && !validates);
    int status = validates ? mneme_import_validation_begin(&import->validation, import->cli, import->postgres,
                                                           path, &error)
                           : MNEME_OK;
    if (status == MNEME_OK) {
        status = mneme_import_file(&report, import->client, import->cli->config, import->format,
                                   &import->source, &observer, &error);
    }
    if (import->validation != NULL) {
        status = mneme_import_validation_end(&validated, import->validation, status, &error);
        import->validation = NULL;
    }
    mneme_progress_end(&import->progress);
    count_file(import, &report);
    enum mneme_exit exit_code = status == MNEME_OK
                                    ? report_one(import, &report, validates ? &validated : NULL)
                                    : mneme_cli_fail(import->cli, &error);
    mneme_import_agents_clean_up(&validated.agents);
    mneme_import_report_clean_up(&report);
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : exit_code;
}

/* A file that is refused or missing does not stop the others; an error of the brokers does. */
static bool may_continue(enum mneme_exit exit_code) {
    return exit_code == MNEME_EXIT_DONE || exit_code == MNEME_EXIT_REFUSED ||
           exit_code == MNEME_EXIT_NOT_FOUND || exit_code == MNEME_EXIT_UNSAFE;
}

static void note_exit(struct import *import, enum mneme_exit exit_code) {
    import->worst = import->worst == MNEME_EXIT_DONE || !may_continue(exit_code) ? exit_code : import->worst;
}

static bool visit(void *context, const char *path) {
    struct import *import = context;
    note_exit(import, import_one(import, path));
    return may_continue(import->worst);
}

static void import_folder(struct import *import, const char *folder) {
    struct mneme_error error = {0};
    if (mneme_import_visit_folder(folder, visit, import, &error) != MNEME_OK) {
        note_exit(import, mneme_cli_fail(import->cli, &error));
    }
}

/* Sums up all files if some were passed over. It is a failure if all were. */
static enum mneme_exit sum_up(const struct import *import) {
    if (import->passed_over == 0 || mneme_cli_interrupted()) {
        return import->worst;
    }
    if (import->files == 0 && import->others > 0) {
        struct mneme_error error = {0};
        (void)mneme_error_set(&error, MNEME_E_INVALID,
                              "nothing was imported: %lld file%s no conversations; give the %s export's "
                              "folder, or its conversations*.json",
                              (long long)import->passed_over, import->passed_over == 1 ? " has" : "s have",
                              import->format->name);
        return mneme_cli_fail(import->cli, &error);
    }
    mneme_cli_import_sum(import->cli, import->files, import->passed_over);
    return import->worst;
}

static enum mneme_exit import_all(struct import *import) {
    for (int i = 1; i < import->cli->argument_count && may_continue(import->worst); i++) {
        const char *path = import->cli->arguments[i];
        if (import->format->takes_folders && mneme_is_folder(path)) {
            import_folder(import, path);
        } else {
            note_exit(import, import_one(import, path));
        }
    }
    return import->format->passes_over ? sum_up(import) : import->worst;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct import import = {
        .cli = cli,
        .format = mneme_import_format_by_name(cli->arguments[0]), /* parsing takes no other */
        .source = {.user_id = mneme_cli_opt_str(cli, "user"),
                   .agent_id = mneme_cli_opt_str(cli, "agent"),
                   .run_id = mneme_cli_opt_str(cli, "run"),
                   .is_again = mneme_cli_flag(cli, "again")},
        .log = {.config = cli->config},
    };
    bool validates = mneme_cli_flag(cli, "validate");
    bool publishes = !validates && !mneme_cli_flag(cli, "dry-run");
    if ((validates && mneme_session_open_read(&import.postgres, cli, &error) != MNEME_OK) ||
        (publishes && mneme_write_open(&import.client, cli, &error) != MNEME_OK)) {
        return mneme_cli_fail(cli, &error);
    }
    enum mneme_exit exit_code = import_all(&import);
    mneme_pg_close(import.postgres);
    mneme_import_log_close(&import.log);
    if (mneme_close(import.client, -1, &error) != MNEME_OK && exit_code == MNEME_EXIT_DONE) {
        return mneme_cli_fail(cli, &error);
    }
    return exit_code;
}

static const struct mneme_cli_option options[] = {
    {"dry-run", 'n', NULL, -1, "Check the files and publish nothing; needs no brokers."},
    {"validate", 0, NULL, -1, "Compare the files with the store and publish nothing."},
    {"user", 0, "ID", -1, "The user, if the file names none."},
    {"agent", 0, "ID", -1, "The agent, if the file names none."},
    {"run", 0, "ID", -1, "The run, if the file names none."},
    {"again", 0, NULL, -1, "Also publish what was already imported."},
    {0},
};

const struct mneme_command mneme_command_import = {
    .name = "import",
    .summary = "Publish files of other formats as events.",
    .arguments = "FORMAT FILE|FOLDER…",
    .details = "Formats:\n"
               "  locomo       conversations in LoCoMo's form: speakers, dated sessions, turns. Each\n"
               "               session becomes a conversation, each turn a turn of it and a memory.\n"
               "               The user is named after the speakers unless --user is given.\n"
               "  jsonl        events, one JSON object on each line, as `mneme publish` takes them.\n"
               "  turns        turns of conversations, one JSON object on each line:\n"
               "               {\"conversation_id\",\"role\",\"content\"} and, if you like, id, speaker,\n"
               "               created_at, turn_index, model, metadata, user_id, agent_id, run_id.\n"
               "  chatgpt      a ChatGPT export: its folder, or its files of conversations\n"
               "               (conversations.json, conversations-000.json, …). Of each conversation,\n"
               "               the branch seen last is imported. --user says whose they are.\n"
               "  claude       a Claude export, in the same way. Files of an export without conversations\n"
               "               are passed over and counted. docs/chats.md has the rules of these three.\n"
               "  legacy-json  memories of older stores: a list of objects, {\"memories\": […]},\n"
               "               {\"results\": […]} as mem0 returns them, {\"data\": …} nested to any\n"
               "               depth, one object, or several; files, or\n"
               "               folders with all *.json below them. A memory without an agent or user\n"
               "               gets it from the objects around it, from --agent or --user, or from\n"
               "               the name of the file or folder. docs/legacy-json.md has all rules.\n"
               "\n"
               "Files may be compressed by gzip and may begin with a byte order mark; archives are\n"
               "refused: unpack them.\n"
               "\n"
               "locomo and jsonl: a file is checked as a whole first; if anything is wrong with it,\n"
               "nothing of it is published, and the exit code is 1. Other formats: each entry is checked\n"
               "by itself; wrong ones are reported with entry and line, the rest is published, and the\n"
               "exit code is 1. With --dry-run it says what would be imported and what would be refused.\n"
               "\n"
               "With --validate, after an import, it compares the files with the store: it counts by\n"
               "agent and type, and names what is missing or differs (exit code 6), and what was\n"
               "changed or deleted since.\n"
               "\n"
               "Importing is idempotent: events are identified by their content (in jsonl by event_id or\n"
               "idempotency_key if a line has one, in exports by the ids of messages). So the same file\n"
               "again, under any name, has no further effect, two equal entries count once, and a later\n"
               "export adds what is new. In the formats checked by entry, an interrupted import continues\n"
               "where it was, and a finished one is reported at once as already imported; MNEME_STATE_DIR\n"
               "holds the notes for this.",
    .examples = "  mneme import locomo tests/data/sample-conversation.json\n"
                "  mneme import locomo --dry-run *.json\n"
                "  mneme import jsonl --user ada events.jsonl\n"
                "  mneme import turns --user ada history.jsonl\n"
                "  mneme import chatgpt --user ada ~/Downloads/chatgpt-export/\n"
                "  mneme import claude --user ada conversations.json\n"
                "  mneme import legacy-json get_all.json\n"
                "  mneme import legacy-json --dry-run --json old-memories/\n"
                "  mneme import legacy-json --validate old-memories/ --at-least last\n",
    .min_arguments = 2,
    .max_arguments = -1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .run = run,
};
