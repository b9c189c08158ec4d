/*
 * conversation.turns: what was said lately, in all conversations.
 */
#include "operations/conversation/conversation.h"
#include "operations/fields.h"
#include "sql/embedded.h"

enum { HOURS, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [HOURS] = {.name = "hours",
               .type = MNEME_OP_DECIMAL,
               .maximum = 876000,
               .fallback = "24",
               .help = "How many hours to look back (default 24)."},
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("conversation_id", MNEME_ROW_STR, "CONVERSATION"),
    MNEME_OP_SHOWN("turn_index", MNEME_ROW_OPT_LONG, "TURN"),
    {"speaker", MNEME_ROW_STR, "WHO", NULL, "role"},
    MNEME_OP_SHOWN("content", MNEME_ROW_STR, "CONTENT"),
    MNEME_OP_BESIDE("role", MNEME_ROW_STR),
    MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("agent_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("content_hash", MNEME_ROW_STR),
    MNEME_OP_BESIDE("token_count", MNEME_ROW_OPT_LONG),
    MNEME_OP_BESIDE("model", MNEME_ROW_STR),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("source_event_id", MNEME_ROW_OPT_UUID),
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_turns_recent,
     .what = "the turns were not read",
     .inputs =
         (const int[]){MNEME_OP_INPUT(MNEME_OP_USER), MNEME_OP_INPUT(MNEME_OP_AGENT), HOURS, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_conversation_turns = {
    .name = "conversation.turns",
    .summary = "What was said lately, in all conversations.",
    .details =
        "The latest 50 turns of the last 24 hours, unless --limit and --hours say otherwise, in the\n"
        "order in which they were said; with --as-of the hours end at that moment.\n"
        "--json: one object per turn: \"user_id\" and \"agent_id\" of its conversation, and the columns\n"
        "of conversation_turns.",
    .examples = "  mneme conversation turns --user ada\n"
                "  mneme conversation turns --user ada --hours 1 --limit 10 --json\n"
                "  mneme conversation turns --all --as-of 2026-01-31T12:00:00Z\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_READS_A_SCOPE |
              MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_LIMITED,
    .scopes = (const char *const[]){"user_id", "agent_id", NULL},
    .page = 50,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "nothing was said lately",
    .statements = statements,
};
