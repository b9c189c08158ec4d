/*
 * knowledge.history: every version of a piece of knowledge.
 */
#include "operations/fields.h"
#include "operations/knowledge/knowledge.h"
#include "sql/embedded.h"

enum { ID, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {[ID] = MNEME_KNOWLEDGE_ID_FIELD};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("version", MNEME_ROW_OPT_LONG, "VERSION"),
    MNEME_OP_SHOWN("occurred_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "WHO"),
    MNEME_OP_SHOWN("validation_status", MNEME_ROW_STR, "STATUS"),
    MNEME_OP_SHOWN("confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("content", MNEME_ROW_STR, "CONTENT"),
    MNEME_OP_ORIGIN_COLUMNS,
    MNEME_OP_BESIDE("actor", MNEME_ROW_STR),
    MNEME_OP_BESIDE("domain", MNEME_ROW_STR),
    MNEME_OP_BESIDE("knowledge_type", MNEME_ROW_STR),
    MNEME_OP_BESIDE("evidence", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("validated_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_knowledge_history,
     .what = "the history was not read",
     .inputs = (const int[]){ID, MNEME_OP_INPUT(MNEME_OP_STREAM), MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_knowledge_history = {
    .name = "knowledge.history",
    .summary = "Every version of a piece of knowledge: who recorded it, when, from which event.",
    .details = "--json: \"version\", \"event_id\", \"event_type\", \"position\", \"actor\", \"agent_id\", "
               "\"occurred_at\", \"recorded_at\", \"valid_to\", and the version's fields.",
    .examples = "  mneme knowledge history 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --json\n",
    .fields = fields,
    .groups =
        MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED,
    .page = 1000,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .not_found = "the knowledge was not found",
    .statements = statements,
};
