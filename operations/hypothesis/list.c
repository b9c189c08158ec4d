/*
 * agent.hypotheses: hypotheses of agents and whether they held, the latest first.
 */
#include "operations/fields.h"
#include "operations/hypothesis/hypothesis.h"
#include "sql/embedded.h"

enum { VALIDATED, VALID, TESTED, SINCE, UNTIL, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [VALIDATED] = {.name = "validated",
                   .type = MNEME_OP_BOOLEAN,
                   .help = "Those that were found valid, or those that were not or not yet."},
    [VALID] = {.name = "valid", .type = MNEME_OP_BOOLEAN, .help = "Those that held, or those that did not."},
    [TESTED] = {.name = "tested",
                .type = MNEME_OP_BOOLEAN,
                .help = "Those that were tested, or those that were not."},
    [SINCE] = MNEME_OP_SINCE_FIELD,
    [UNTIL] = MNEME_OP_UNTIL_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("is_valid", MNEME_ROW_OPT_BOOL, "VALID"),
    MNEME_OP_SHOWN("confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("final_confidence", MNEME_ROW_OPT_DOUBLE, "FINAL"),
    MNEME_OP_SHOWN("hypothesis", MNEME_ROW_STR, "HYPOTHESIS"),
    MNEME_OP_BESIDE("hypothesis_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("evidence", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("final_evidence", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("updated_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("validated_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_SCOPE_COLUMNS,
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_hypotheses,
     .what = "hypotheses were not listed",
     .inputs = (const int[]){MNEME_OP_INPUT(MNEME_OP_AGENT), MNEME_OP_INPUT(MNEME_OP_USER), VALIDATED, VALID,
                             TESTED, SINCE, UNTIL, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_hypothesis_list = {
    .name = "agent.hypotheses",
    .alias = "hypothesis.list",
    .summary = "List hypotheses and whether they held, the latest first.",
    .details = "--json: one object per hypothesis whose keys are the columns of the table hypotheses.",
    .examples = "  mneme agent hypotheses --agent planner\n"
                "  mneme agent hypotheses --all --validated true --json\n"
                "  mneme agent hypotheses --all --tested false\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_READS_A_SCOPE |
              MNEME_OP_UP_TO_DATE | MNEME_OP_PAGED,
    .scopes = (const char *const[]){"agent_id", "user_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no hypothesis matches",
    .statements = statements,
};
