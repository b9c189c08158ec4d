/*
 * task-outputs: outputs of tasks, the latest first.
 */
#include "operations/fields.h"
#include "operations/output/output.h"
#include "sql/embedded.h"

enum { TASK, SINCE, UNTIL, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TASK] = {.name = "task", .type = MNEME_OP_TEXT, .shown = "NAME", .help = "Outputs of this task."},
    [SINCE] = MNEME_OP_SINCE_FIELD,
    [UNTIL] = MNEME_OP_UNTIL_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("task", MNEME_ROW_STR, "TASK"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("output", MNEME_ROW_JSON, "OUTPUT"),
    MNEME_OP_BESIDE("task_output_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("run_id", MNEME_ROW_STR),
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_task_outputs,
     .what = "outputs of tasks were not listed",
     .inputs = (const int[]){TASK, MNEME_OP_INPUT(MNEME_OP_AGENT), MNEME_OP_INPUT(MNEME_OP_USER),
                             MNEME_OP_INPUT(MNEME_OP_RUN), SINCE, UNTIL, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_output_list = {
    .name = "task-outputs",
    .alias = "output.list",
    .summary = "List outputs of tasks, the latest first.",
    .details = "--json: one object per output whose keys are the columns of the table task_outputs.",
    .examples = "  mneme task-outputs --task summarise --agent writer --limit 1 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_OF_RUN |
              MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED,
    .scopes = (const char *const[]){"agent_id", "user_id", "run_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no output of a task matches",
    .statements = statements,
};
