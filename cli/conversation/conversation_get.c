/*
 * mneme conversation get: one conversation without its turns.
 */
#include "cli/conversation/conversation.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/read.h"
#include "sql/embedded.h"

static const struct mneme_read reads[] = {
    {
        .what = "the conversation was not read",
        .sql = mneme_sql_conversation_get,
        .inputs = {{MNEME_READ_ARGUMENT, "conversation"}, {MNEME_READ_TEXT, "stream"}},
        .not_found = "the conversation was not found",
    },
    {0},
};

/* Puts the line that the hot tier has; false when it has none. */
static bool put_hot(enum mneme_exit *code, struct mneme_cli *cli, struct mneme_hot_reader *hot) {
    const struct mneme_str names[] = {mneme_session_tenant(cli), mneme_cli_opt_str(cli, "stream"),
                                      mneme_str_from(cli->arguments[0])};
    struct mneme_buffer line = {0};
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    struct mneme_str json = mneme_hot_reader_value(hot, MNEME_HOT_CONVERSATION, names, 3, &arena);
    if (json.data != NULL) {
        mneme_buffer_append_str(&line, json);
        *code = mneme_cli_put_line(&line);
    }
    mneme_buffer_clean_up(&line);
    mneme_arena_clean_up(&arena);
    return json.data != NULL;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_hot_reader *hot = NULL;
    enum mneme_exit code = MNEME_EXIT_DONE;
    bool can_be_hot = cli->json && mneme_cli_value(cli, "stream") != NULL;
    if (can_be_hot && mneme_session_open_hot(&hot, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (hot == NULL || !put_hot(&code, cli, hot)) {
        code = mneme_read_run(cli);
    }
    mneme_hot_reader_close(hot);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"stream", 0, "ID", -1, "The stream: when several use the id, and so that Redis can answer."},
    {0},
};

const struct mneme_command mneme_command_conversation_get = {
    .name = "get",
    .summary = "One conversation, without its turns.",
    .arguments = "ID",
    .details =
        "--json: one object whose keys are the columns of the table conversations. Exit code 5 when "
        "there is none. With --json and --stream (by default the user's or agent's id) Redis is asked\n"
        "first, where a worker of group redis keeps it up to date.",
    .examples = "  mneme conversation get chat-1\n"
                "  mneme conversation get chat-1 --as-of 2026-01-31 --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .run = run,
    .reads = reads,
};
