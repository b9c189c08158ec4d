/*
 * mneme conversation get: one conversation without its turns.
 */
#include "cli/conversation/conversation.h"
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

static const struct mneme_cli_option options[] = {
    {"stream", 0, "ID", -1, "The stream, when several use the id."},
    {0},
};

const struct mneme_command mneme_command_conversation_get = {
    .name = "get",
    .summary = "One conversation, without its turns.",
    .arguments = "ID",
    .details = "--json: one object whose keys are the columns of the table conversations. Exit code 5 when "
               "there is none.",
    .examples = "  mneme conversation get chat-1\n"
                "  mneme conversation get chat-1 --as-of 2026-01-31 --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .run = mneme_read_run,
    .reads = reads,
};
