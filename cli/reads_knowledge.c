/*
 * mneme knowledge and mneme profile: what specialists know, and what is known of users.
 */
#include "cli/reads.h"
#include "sql/embedded.h"

#define AS_OF_READ (MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF)

static const struct mneme_cli_option stream_options[] = {
    {"stream", 0, "ID", -1, "The stream, when several use the id."},
    {0},
};

static const struct mneme_cli_option history_options[] = {
    {"stream", 0, "ID", -1, "The stream, when several use the id."},
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

/* --- knowledge --- */

static const struct mneme_read knowledge_list[] = {
    {
        .what = "knowledge was not listed",
        .sql = mneme_sql_knowledge_list,
        .inputs = {{MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "user"},
                   {MNEME_READ_LIST, "domain"},
                   {MNEME_READ_LIST, "type"},
                   {MNEME_READ_LIST, "status"}},
        .headings = {{"ID", "knowledge_id"},
                     {"AGENT", "agent_id"},
                     {"DOMAIN", "domain"},
                     {"UPDATED", "updated_at"},
                     {"STATUS", "validation_status"},
                     {"CONTENT", "content"}},
        .none = "no knowledge matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option knowledge_options[] = {
    {"agent", 'a', "ID", -1, "What this agent knows."},
    {"user", 'u', "ID", -1, "What is about this user."},
    {"domain", 0, "NAME,…", -1, "Any of these domains."},
    {"type", 't', "NAME,…", -1, "Any of these types of knowledge."},
    {"status", 0, "STATUS,…", -1, "Any of these states."},
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

static const struct mneme_command command_knowledge_list = {
    .name = "list",
    .summary = "List knowledge, what was changed last first.",
    .arguments = "",
    .details = "--json: one object per piece whose keys are the columns of the table knowledge.",
    .examples = "  mneme knowledge list --all --domain cooking --status validated\n"
                "  mneme knowledge list --agent chef --as-of 2026-01-31 --json\n",
    .options = knowledge_options,
    .common = AS_OF_READ,
    .scopes = MNEME_CLI_SCOPES("agent", "user"),
    .run = mneme_read_run,
    .reads = knowledge_list,
};

static const struct mneme_read knowledge_get[] = {
    {
        .what = "the knowledge was not read",
        .sql = mneme_sql_knowledge_get,
        .inputs = {{MNEME_READ_UUID_ARGUMENT, "knowledge id"}, {MNEME_READ_TEXT, "stream"}},
        .not_found = "the knowledge was not found",
    },
    {0},
};

static const struct mneme_command command_knowledge_get = {
    .name = "get",
    .summary = "Show one piece of knowledge.",
    .arguments = "ID",
    .details = "--json: one object whose keys are the columns of the table knowledge. Exit code 5 when there "
               "is none.",
    .examples = "  mneme knowledge get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = stream_options,
    .common = AS_OF_READ,
    .run = mneme_read_run,
    .reads = knowledge_get,
};

static const struct mneme_read knowledge_history[] = {
    {
        .what = "the history was not read",
        .sql = mneme_sql_knowledge_history,
        .inputs = {{MNEME_READ_UUID_ARGUMENT, "knowledge id"}, {MNEME_READ_TEXT, "stream"}},
        .headings = {{"VERSION", "version"},
                     {"WHEN", "occurred_at"},
                     {"WHO", "agent_id"},
                     {"STATUS", "validation_status"},
                     {"CONFIDENCE", "confidence"},
                     {"CONTENT", "content"}},
        .not_found = "the knowledge was not found",
        .page = 1000,
    },
    {0},
};

static const struct mneme_command command_knowledge_history = {
    .name = "history",
    .summary = "Every version of a piece of knowledge: who recorded it, when, from which event.",
    .arguments = "ID",
    .details = "--json: \"version\", \"event_id\", \"event_type\", \"position\", \"actor\", \"agent_id\", "
               "\"occurred_at\",\n"
               "\"recorded_at\", \"valid_to\", and what the version says.",
    .examples = "  mneme knowledge history 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = history_options,
    .common = AS_OF_READ,
    .run = mneme_read_run,
    .reads = knowledge_history,
};

static const struct mneme_command *const knowledge_verbs[] = {
    &command_knowledge_list,
    &command_knowledge_get,
    &command_knowledge_history,
    NULL,
};

const struct mneme_command mneme_command_knowledge = {
    .name = "knowledge",
    .summary = "Read what specialists know.",
    .arguments = "",
    .examples = "  mneme knowledge list --all --domain cooking\n",
    .subcommands = knowledge_verbs,
};

/* --- profiles --- */

static const struct mneme_read profile_show[] = {
    {
        .what = "the profile was not read",
        .sql = mneme_sql_profile_show,
        .inputs = {{MNEME_READ_ARGUMENT, "user"}, {MNEME_READ_TEXT, "stream"}},
        .not_found = "the profile was not found",
    },
    {0},
};

static const struct mneme_command command_profile_show = {
    .name = "show",
    .summary = "What is known of a user.",
    .arguments = "USER",
    .details = "--json: one object whose keys are the columns of the table profiles. Exit code 5 when there "
               "is none.",
    .examples = "  mneme profile show ada\n"
                "  mneme profile show ada --as-of 2026-01-31 --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = stream_options,
    .common = AS_OF_READ,
    .run = mneme_read_run,
    .reads = profile_show,
};

static const struct mneme_read profile_history[] = {
    {
        .what = "the history was not read",
        .sql = mneme_sql_profile_history,
        .inputs = {{MNEME_READ_ARGUMENT, "user"}, {MNEME_READ_TEXT, "stream"}},
        .headings = {{"VERSION", "version"},
                     {"WHEN", "occurred_at"},
                     {"WHO", "actor"},
                     {"SOURCE", "source"},
                     {"PROFILE", "profile"},
                     {"PREFERENCES", "preferences"}},
        .not_found = "the profile was not found",
        .page = 1000,
    },
    {0},
};

static const struct mneme_command command_profile_history = {
    .name = "history",
    .summary = "Every version of a user's profile: who made it, when, from which event.",
    .arguments = "USER",
    .details = "--json: \"version\", \"event_id\", \"event_type\", \"position\", \"actor\", \"agent_id\", "
               "\"occurred_at\",\n"
               "\"recorded_at\", \"valid_to\", \"changes\", and what the version says.",
    .examples = "  mneme profile history ada --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = history_options,
    .common = AS_OF_READ,
    .run = mneme_read_run,
    .reads = profile_history,
};

static const struct mneme_command *const profile_verbs[] = {
    &command_profile_show,
    &command_profile_history,
    NULL,
};

const struct mneme_command mneme_command_profile = {
    .name = "profile",
    .summary = "Read what is known of users.",
    .arguments = "",
    .examples = "  mneme profile show ada\n",
    .subcommands = profile_verbs,
};
