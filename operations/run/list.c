/*
 * flow-runs: records of runs of flows, the latest first.
 */
#include "operations/fields.h"
#include "operations/run/run.h"
#include "sql/embedded.h"

enum { FLOW, RUN, SINCE, UNTIL, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [FLOW] = {.name = "flow", .type = MNEME_OP_TEXT, .shown = "NAME", .help = "Only runs of this flow."},
    [RUN] = {.name = "run",
             .type = MNEME_OP_TEXT,
             .shown = "NAME",
             .help = "Only the run of this name.",
             .flags = MNEME_OP_NOT_EMPTY},
    [SINCE] = MNEME_OP_SINCE_FIELD,
    [UNTIL] = MNEME_OP_UNTIL_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("flow", MNEME_ROW_STR, "FLOW"),
    MNEME_OP_SHOWN("run", MNEME_ROW_STR, "RUN"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("data", MNEME_ROW_JSON, "DATA"),
    MNEME_OP_BESIDE("flow_run_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("run_id", MNEME_ROW_STR),
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_flow_runs,
     .what = "runs of flows were not listed",
     .inputs = (const int[]){FLOW, RUN, MNEME_OP_INPUT(MNEME_OP_AGENT), MNEME_OP_INPUT(MNEME_OP_USER), SINCE,
                             UNTIL, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_run_list = {
    .name = "flow-runs",
    .alias = "run.list",
    .summary = "List records of runs of flows, the latest first.",
    .details = "--json: one object per row whose keys are the columns of the table flow_run_history.",
    .examples = "  mneme flow-runs --flow onboarding --all --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_READS_A_SCOPE |
              MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED,
    .scopes = (const char *const[]){"run", "agent_id", "user_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no run of a flow matches",
    .statements = statements,
};
