/*
 * agent.context: what an agent should know about the other agents.
 */
#include "operations/agent/agent.h"
#include "operations/fields.h"
#include "sql/embedded.h"

enum { AGENT, MEMORIES, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [AGENT] = {.name = "requesting_agent",
               .type = MNEME_OP_TEXT,
               .shown = "AGENT",
               .help = "The agent that asks.",
               .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY},
    [MEMORIES] = {.name = "memories",
                  .type = MNEME_OP_INTEGER,
                  .minimum = 1,
                  .maximum = 1000,
                  .setting = MNEME_OP_SETTING(CONTEXT_MEMORIES),
                  .help = "Maximum number of memories for each other agent."},
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("requesting_agent", MNEME_ROW_STR),
    MNEME_OP_BESIDE("cross_agent_memories", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("recent_decisions", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("validated_hypotheses", MNEME_ROW_JSON),
    {0},
};

static const struct mneme_op_column memories[] = {
    MNEME_OP_BESIDE("memory_id", MNEME_ROW_UUID),
    MNEME_OP_SHOWN("memory_type", MNEME_ROW_STR, "TYPE"),
    MNEME_OP_SHOWN("confidence", MNEME_ROW_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("content", MNEME_ROW_JSON, "MEMORY"),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("tags", MNEME_ROW_STR_ARRAY),
    MNEME_OP_BESIDE("importance", MNEME_ROW_DOUBLE),
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("timestamp", MNEME_ROW_TIME),
    {0},
};

static const struct mneme_op_column decisions[] = {
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_BESIDE("confidence", MNEME_ROW_OPT_DOUBLE),
    MNEME_OP_BESIDE("timestamp", MNEME_ROW_TIME),
    MNEME_OP_SHOWN("decision", MNEME_ROW_STR, "DECISION"),
    {0},
};

static const struct mneme_op_column hypotheses[] = {
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_BESIDE("evidence", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("timestamp", MNEME_ROW_TIME),
    MNEME_OP_SHOWN("hypothesis", MNEME_ROW_STR, "HYPOTHESIS"),
    {0},
};

static const struct mneme_op_part parts[] = {
    {"cross_agent_memories", memories},
    {"recent_decisions", decisions},
    {"validated_hypotheses", hypotheses},
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_agent_context,
     .what = "the context of the agent was not read",
     .inputs = (const int[]){AGENT, MNEME_OP_INPUT(MNEME_OP_USER), MEMORIES, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_agent_context = {
    .name = "agent.context",
    .summary = "What an agent should know about the other agents.",
    .details =
        "For each other agent, its latest memories with a confidence of at least 0.7; for all agents "
        "together, the last 5 decisions and the last 3 hypotheses that held.\n"
        "--json: one object "
        "{\"user_id\",\"requesting_agent\",\"cross_agent_memories\":{AGENT:[{\"memory_id\", "
        "\"memory_type\",\"content\",\"confidence\",…}]},\"recent_decisions\":[{\"agent_id\",\"decision\", "
        "\"confidence\",\"timestamp\"}],\"validated_hypotheses\":[{\"agent_id\",\"hypothesis\","
        "\"confidence\", "
        "\"evidence\",\"timestamp\"}]}.",
    .examples = "  mneme agent context planner --all\n"
                "  mneme agent context planner --user ada --memories 3\n"
                "  mneme agent context planner --user ada --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE,
    .scopes = (const char *const[]){"user_id", NULL},
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_DETAILS,
    .columns = columns,
    .parts = parts,
    .statements = statements,
};
