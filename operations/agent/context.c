/*
 * agent.context: what an agent should know of the others.
 */
#include "operations/agent/agent.h"
#include "operations/fields.h"
#include "sql/embedded.h"

enum { AGENT, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [AGENT] = {.name = "requesting_agent",
               .type = MNEME_OP_TEXT,
               .shown = "AGENT",
               .help = "The agent that asks.",
               .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY},
};

static const struct mneme_op_column memory_columns[] = {
    MNEME_OP_BESIDE("kind", MNEME_ROW_STR),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("memory_type", MNEME_ROW_STR, "TYPE"),
    MNEME_OP_SHOWN("confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("content", MNEME_ROW_JSON, "MEMORY"),
    MNEME_OP_BESIDE("id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("tags", MNEME_ROW_STR_ARRAY),
    MNEME_OP_BESIDE("importance", MNEME_ROW_OPT_DOUBLE),
    MNEME_OP_BESIDE("updated_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_SCOPE_COLUMNS,
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_column decision_columns[] = {
    MNEME_OP_BESIDE("kind", MNEME_ROW_STR),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("urgency", MNEME_ROW_STR, "URGENCY"),
    MNEME_OP_SHOWN("decision", MNEME_ROW_STR, "DECISION"),
    MNEME_OP_BESIDE("decision_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("category", MNEME_ROW_STR),
    MNEME_OP_BESIDE("confidence", MNEME_ROW_OPT_DOUBLE),
    MNEME_OP_BESIDE("context", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_SCOPE_COLUMNS,
    MNEME_OP_BESIDE("source_event_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("is_own", MNEME_ROW_OPT_BOOL),
    {0},
};

static const struct mneme_op_column hypothesis_columns[] = {
    MNEME_OP_BESIDE("kind", MNEME_ROW_STR),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("validated_at", MNEME_ROW_OPT_TIME, "VALIDATED"),
    MNEME_OP_SHOWN("is_valid", MNEME_ROW_OPT_BOOL, "VALID"),
    MNEME_OP_SHOWN("final_confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("hypothesis", MNEME_ROW_STR, "HYPOTHESIS"),
    MNEME_OP_BESIDE("hypothesis_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("final_evidence", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("created_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_SCOPE_COLUMNS,
    MNEME_OP_BESIDE("source_event_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("is_own", MNEME_ROW_OPT_BOOL),
    {0},
};

#define INPUTS ((const int[]){AGENT, MNEME_OP_INPUT(MNEME_OP_USER), MNEME_OP_END})

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_agent_context_memories,
     .what = "the memories of other agents were not read",
     .inputs = INPUTS,
     .columns = memory_columns,
     .nothing = "no other agent has a memory it is sure of"},
    {.sql = mneme_sql_agent_context_decisions,
     .what = "decisions were not read",
     .inputs = INPUTS,
     .columns = decision_columns,
     .nothing = "no decision was made"},
    {.sql = mneme_sql_agent_context_hypotheses,
     .what = "hypotheses were not read",
     .inputs = INPUTS,
     .columns = hypothesis_columns,
     .nothing = "no hypothesis was validated"},
    {0},
};

const struct mneme_operation mneme_op_agent_context = {
    .name = "agent.context",
    .summary = "What an agent should know of the others.",
    .details =
        "Of each other agent the latest 10 memories with a confidence of 0.7 and more; the last 5 decisions\n"
        "and the last 3 validated hypotheses of all agents.\n"
        "--json: one object per row; \"kind\" is memory, decision or hypothesis.",
    .examples = "  mneme agent context planner --all\n"
                "  mneme agent context planner --user ada --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE,
    .scopes = (const char *const[]){"user_id", NULL},
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = memory_columns,
    .statements = statements,
};
