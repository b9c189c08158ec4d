/*
 * agent.decisions: what agents decided, the latest first.
 */
#include "operations/decision/decision.h"
#include "operations/fields.h"
#include "sql/embedded.h"

enum { CATEGORIES, URGENCIES, SINCE, UNTIL, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [CATEGORIES] = {.name = "categories",
                    .option = "category",
                    .type = MNEME_OP_LIST,
                    .shown = "NAME,…",
                    .help = "Any of these categories."},
    [URGENCIES] = {.name = "urgencies",
                   .option = "urgency",
                   .type = MNEME_OP_LIST,
                   .shown = "URGENCY,…",
                   .help = "Any of these urgencies."},
    [SINCE] = MNEME_OP_SINCE_FIELD,
    [UNTIL] = MNEME_OP_UNTIL_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("category", MNEME_ROW_STR, "CATEGORY"),
    MNEME_OP_SHOWN("urgency", MNEME_ROW_STR, "URGENCY"),
    MNEME_OP_SHOWN("confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("decision", MNEME_ROW_STR, "DECISION"),
    MNEME_OP_BESIDE("decision_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("context", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("insights_used", MNEME_ROW_STR_ARRAY),
    MNEME_OP_BESIDE("triggering_events", MNEME_ROW_STR_ARRAY),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("context_summary", MNEME_ROW_STR),
    MNEME_OP_BESIDE("cross_agent_collaboration", MNEME_ROW_JSON),
    MNEME_OP_SCOPE_COLUMNS,
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_agent_decisions,
     .what = "decisions were not listed",
     .inputs = (const int[]){MNEME_OP_INPUT(MNEME_OP_AGENT), MNEME_OP_INPUT(MNEME_OP_USER),
                             MNEME_OP_INPUT(MNEME_OP_CONVERSATION), CATEGORIES, URGENCIES, SINCE, UNTIL,
                             MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_decision_list = {
    .name = "agent.decisions",
    .alias = "decision.list",
    .summary = "List decisions, the latest first.",
    .details = "--json: one object per decision whose keys are the columns of the table agent_decisions.",
    .examples = "  mneme agent decisions --agent planner --limit 5\n"
                "  mneme agent decisions --all --urgency high,critical --since 2026-01-31 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_OF_CONVERSATION |
              MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED,
    .scopes = (const char *const[]){"agent_id", "user_id", "conversation_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no decision matches",
    .statements = statements,
};
