/*
 * agent.recent: what an agent decided lately.
 */
#include "operations/recent.h"
#include "operations/agent/agent.h"
#include "operations/fields.h"

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("created_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("category", MNEME_ROW_STR, "CATEGORY"),
    MNEME_OP_SHOWN("urgency", MNEME_ROW_STR, "URGENCY"),
    MNEME_OP_SHOWN("decision", MNEME_ROW_STR, "DECISION"),
    MNEME_OP_BESIDE("decision_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("agent_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("confidence", MNEME_ROW_OPT_DOUBLE),
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

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    return mneme_op_recent(call, &mneme_recent_decisions, MNEME_OP_AGENT, error);
}

const struct mneme_operation mneme_op_agent_recent = {
    .name = "agent.recent",
    .alias = "decision.recent",
    .summary = "What an agent decided lately.",
    .details = "At most 5 decisions of the last half hour (MNEME_REDIS_RECENT_DECISIONS_TTL_S), the latest\n"
               "first. They come from Redis while a worker of group redis keeps it up to date, else from\n"
               "Postgres.\n"
               "--json: one object per decision whose keys are the columns of the table agent_decisions.",
    .examples = "  mneme agent recent --agent planner\n"
                "  mneme agent recent --agent planner --at-least last --json\n",
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_AGENT | MNEME_OP_UP_TO_DATE,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "nothing was decided lately",
    .read = read,
};
