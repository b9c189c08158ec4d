/*
 * mneme eval: measures how much of what answers a question is recalled, going through the log and the workers
 * as a user's data does.
 */
#include "cli/eval/eval.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/eval/eval_scratch.h"
#include "cli/frame/output.h"
#include "cli/frame/progress.h"
#include "cli/write.h"
#include "common/base/text_check.h"
#include "importers/import.h"
#include "importers/input.h"
#include "importers/locomo.h"

struct evaluation {
    struct mneme_cli *cli;
    struct mneme_recall *recall;
    struct mneme_eval_scores scores;
    bool without_vectors;
};

/* Each file is a separate user. */
static void name_user(char name[32], int file) {
    snprintf(name, 32, "file-%d", file);
}

/* --- files into the log --- */

static int import(const struct mneme_cli *cli, struct mneme_client *client, int file,
                  struct mneme_error *error) {
    char user[32];
    struct mneme_import_report report = {0};
    name_user(user, file);
    const struct mneme_import_source source = {.path = cli->arguments[file], .user_id = mneme_str_from(user)};
    const struct mneme_import_observer observer = {.cancel = &mneme_cli_cancel};
    int status =
        mneme_import_file(&report, client, cli->config, &mneme_import_locomo, &source, &observer, error);
    mneme_import_report_clean_up(&report);
    return status;
}

static int import_all(const struct mneme_cli *cli, struct mneme_error *error) {
    struct mneme_client *client = NULL;
    int status = mneme_write_open(&client, cli, error);
    for (int file = 1; file < cli->argument_count && status == MNEME_OK; file++) {
        status = import(cli, client, file, error);
    }
    int closed = mneme_close(client, -1, status == MNEME_OK ? error : NULL);
    return status == MNEME_OK ? closed : status;
}

/* --- asking --- */

static int ask(struct evaluation *evaluation, const struct mneme_eval_question *question,
               struct mneme_str user, struct mneme_error *error) {
    struct mneme_recalled recalled = {0};
    const struct mneme_recall_question asked = {
        .which = {.scope = {.tenant = mneme_str_from(
                                mneme_config_string(evaluation->cli->config, MNEME_SETTING_TENANT)),
                            .user_id = user}},
        .text = question->text,
        .top_k = MNEME_EVAL_TOP_K,
        .without_vectors = evaluation->without_vectors,
    };
    int status = mneme_recall_ask(&recalled, evaluation->recall, &asked, error);
    if (status == MNEME_OK) {
        mneme_eval_count(&evaluation->scores, question, &recalled);
    }
    mneme_recalled_clean_up(&recalled);
    return status;
}

static int ask_questions(struct evaluation *evaluation, const struct mneme_eval_questions *questions,
                         int file, struct mneme_error *error) {
    char user[32];
    struct mneme_progress progress;
    const struct mneme_cli *cli = evaluation->cli;
    int status = MNEME_OK;
    name_user(user, file);
    mneme_progress_begin(&progress, cli->arguments[file], "questions", (int64_t)questions->count,
                         cli->stderr_is_terminal && !cli->json);
    for (size_t i = 0; i < questions->count && status == MNEME_OK && !mneme_cli_interrupted(); i++) {
        mneme_progress_update(&progress, (int64_t)i);
        status = ask(evaluation, &questions->items[i], mneme_str_from(user), error);
    }
    mneme_progress_end(&progress);
    return status;
}

static int ask_file(struct evaluation *evaluation, int file, struct mneme_error *error) {
    struct mneme_eval_questions questions;
    struct mneme_buffer content = {0};
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    const char *path = evaluation->cli->arguments[file];
    int fd = -1;
    int status = mneme_input_open(&fd, path, &mneme_cli_cancel, error);
    if (status == MNEME_OK) {
        status = mneme_locomo_load(&content, fd, path, error);
        close(fd);
    }
    if (status == MNEME_OK) {
        status = mneme_eval_read_questions(&questions, mneme_without_mark(mneme_buffer_str(&content)), &arena,
                                           error);
    }
    if (status == MNEME_OK) {
        status = ask_questions(evaluation, &questions, file, error);
    }
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&content);
    return status;
}

/* --- the whole of it --- */

static int evaluate(struct evaluation *evaluation, struct mneme_error *error) {
    struct mneme_cli *cli = evaluation->cli;
    const char *model = mneme_cli_value(cli, "model");
    int status = import_all(cli, error);
    if (status == MNEME_OK) {
        status = mneme_eval_wait(cli, model, evaluation->without_vectors, error);
    }
    if (status == MNEME_OK) {
        status = mneme_recall_open(&evaluation->recall, cli->config, model, error);
    }
    for (int file = 1; file < cli->argument_count && status == MNEME_OK && !mneme_cli_interrupted(); file++) {
        status = ask_file(evaluation, file, error);
    }
    mneme_recall_close(evaluation->recall);
    return status;
}

static enum mneme_exit report(const struct evaluation *evaluation) {
    if (!evaluation->cli->json) {
        mneme_eval_print(&evaluation->scores);
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_eval_json(&evaluation->scores, &json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_error while_cleaning = {0};
    struct evaluation evaluation = {.cli = cli, .without_vectors = mneme_cli_flag(cli, "no-vectors")};
    if (strcmp(cli->arguments[0], "locomo") != 0) {
        mneme_error_set(&error, MNEME_E_USAGE, "nothing was evaluated: there is no format %s; give locomo",
                        cli->arguments[0]);
        return mneme_cli_fail(cli, &error);
    }
    int status = mneme_eval_scratch_tenant(cli, &error);
    if (status == MNEME_OK) {
        status = mneme_eval_check_workers(cli, evaluation.without_vectors, &error);
    }
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    status = evaluate(&evaluation, &error);
    int cleaned = mneme_cli_flag(cli, "keep") ? MNEME_OK : mneme_eval_clean_up(cli, &while_cleaning);
    if (status != MNEME_OK || mneme_cli_interrupted()) {
        return status != MNEME_OK ? mneme_cli_fail(cli, &error) : MNEME_EXIT_INTERRUPTED;
    }
    enum mneme_exit code = report(&evaluation);
    return cleaned == MNEME_OK ? code : mneme_cli_fail(cli, &while_cleaning);
}

static const struct mneme_cli_option options[] = {
    {"model", 0, "NAME", -1, "Use the vectors of this model instead of the active one's."},
    {"no-vectors", 0, NULL, -1, "Use full text only."},
    {"wait-timeout", 0, "MS", MNEME_SETTING_WAIT_TIMEOUT_MS,
     "How long the workers may take for the files; default: ten minutes."},
    {"keep", 0, NULL, -1, "Keep the data of the scratch tenant."},
    {0},
};

const struct mneme_command mneme_command_eval = {
    .name = "eval",
    .summary = "Measure recall on conversations with questions.",
    .arguments = "locomo FILE…",
    .details =
        "Imports the files into a scratch tenant, each as a separate user, waits until the workers of "
        "postgres,\n"
        "search, embed and vectors hold them, asks each question with recall, and prints the evidence "
        "recall:\n"
        "the share of the turns that answer a question among the first 5, 10 and 20 results, as a mean over "
        "the\n"
        "questions of categories 1 to 4; category 5 is counted separately. Memories and conversations of "
        "the\n"
        "tenant are deleted afterwards; the log keeps their events. Workers must run; if some are missing, "
        "the\n"
        "error names them.\n"
        "--json: {\"questions\",\"recall\":{\"5\",\"10\",\"20\"},\"by_category\",\"degraded\",\"mean_ms\"}.",
    .examples = "  mneme eval locomo conversation.json\n"
                "  mneme eval locomo *.json --json | tail -1 | jq '.recall[\"10\"]'\n",
    .min_arguments = 2,
    .max_arguments = -1,
    .options = options,
    .run = run,
};
