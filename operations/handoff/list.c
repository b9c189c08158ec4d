/*
 * agent.handoffs: what agents handed over, the latest first.
 */
#include "operations/fields.h"
#include "operations/handoff/handoff.h"
#include "sql/embedded.h"

enum { FROM, TO, SINCE, UNTIL, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [FROM] = {.name = "from_agent",
              .option = "from",
              .type = MNEME_OP_TEXT,
              .shown = "ID",
              .help = "Hand-offs from this agent.",
              .flags = MNEME_OP_NOT_EMPTY},
    [TO] = {.name = "to_agent",
            .option = "to",
            .type = MNEME_OP_TEXT,
            .shown = "ID",
            .help = "Hand-offs to this agent.",
            .flags = MNEME_OP_NOT_EMPTY},
    [SINCE] = MNEME_OP_SINCE_FIELD,
    [UNTIL] = MNEME_OP_UNTIL_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("from_agent", MNEME_ROW_STR, "FROM"),
    MNEME_OP_SHOWN("to_agent", MNEME_ROW_STR, "TO"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("urgency", MNEME_ROW_STR, "URGENCY"),
    MNEME_OP_SHOWN("topic", MNEME_ROW_STR, "TOPIC"),
    MNEME_OP_SHOWN("reason", MNEME_ROW_STR, "REASON"),
    MNEME_OP_BESIDE("handoff_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("context", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("handoff_type", MNEME_ROW_STR),
    MNEME_OP_BESIDE("expected_duration", MNEME_ROW_STR),
    MNEME_OP_BESIDE("requires_response", MNEME_ROW_OPT_BOOL),
    MNEME_OP_SCOPE_COLUMNS,
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_agent_handoffs,
     .what = "hand-offs were not listed",
     .inputs = (const int[]){MNEME_OP_INPUT(MNEME_OP_AGENT), FROM, TO, MNEME_OP_INPUT(MNEME_OP_USER), SINCE,
                             UNTIL, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_handoff_list = {
    .name = "agent.handoffs",
    .alias = "handoff.list",
    .summary = "List hand-offs between agents, the latest first.",
    .details = "--agent: those from or to this agent.\n"
               "--json: one object per hand-off whose keys are the columns of the table agent_handoffs.",
    .examples = "  mneme agent handoffs --to writer\n"
                "  mneme agent handoffs --agent planner --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_READS_A_SCOPE |
              MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED,
    .scopes = (const char *const[]){"agent_id", "from_agent", "to_agent", "user_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no hand-off matches",
    .statements = statements,
};
