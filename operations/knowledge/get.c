/*
 * knowledge.get: one piece of knowledge.
 */
#include "operations/knowledge/knowledge.h"
#include "sql/embedded.h"

enum { ID, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {[ID] = MNEME_KNOWLEDGE_ID_FIELD};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_knowledge_get,
     .what = "the knowledge was not read",
     .inputs = (const int[]){ID, MNEME_OP_INPUT(MNEME_OP_STREAM), MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_knowledge_get = {
    .name = "knowledge.get",
    .summary = "Show one piece of knowledge.",
    .details = "--json: one object whose keys are the columns of the table knowledge. Exit code 5 when it is "
               "not found.",
    .examples = "  mneme knowledge get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_DETAILS,
    .columns = mneme_knowledge_op_columns,
    .not_found = "the knowledge was not found",
    .statements = statements,
};
