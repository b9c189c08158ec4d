/*
 * knowledge.list: what specialist agents know, most recently changed first.
 */
#include "operations/fields.h"
#include "operations/knowledge/knowledge.h"
#include "sql/embedded.h"

enum { DOMAINS, TYPES, STATES, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [DOMAINS] = {.name = "domains",
                 .option = "domain",
                 .type = MNEME_OP_LIST,
                 .shown = "NAME,…",
                 .help = "Any of these domains."},
    [TYPES] = {.name = "knowledge_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "NAME,…",
               .help = "Any of these types of knowledge."},
    [STATES] = {.name = "validation_statuses",
                .option = "status",
                .type = MNEME_OP_LIST,
                .shown = "STATUS,…",
                .help = "Any of these states."},
};

const struct mneme_op_column mneme_knowledge_op_columns[] = {
    MNEME_OP_SHOWN("knowledge_id", MNEME_ROW_OPT_UUID, "ID"),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("domain", MNEME_ROW_STR, "DOMAIN"),
    MNEME_OP_SHOWN("updated_at", MNEME_ROW_OPT_TIME, "UPDATED"),
    MNEME_OP_SHOWN("validation_status", MNEME_ROW_STR, "STATUS"),
    MNEME_OP_SHOWN("content", MNEME_ROW_STR, "CONTENT"),
    MNEME_OP_BESIDE("knowledge_type", MNEME_ROW_STR),
    MNEME_OP_BESIDE("confidence", MNEME_ROW_OPT_DOUBLE),
    MNEME_OP_BESIDE("evidence", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("validated_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("created_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_knowledge_list,
     .what = "knowledge was not listed",
     .inputs = (const int[]){MNEME_OP_INPUT(MNEME_OP_AGENT), MNEME_OP_INPUT(MNEME_OP_USER), DOMAINS, TYPES,
                             STATES, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_knowledge_list = {
    .name = "knowledge.list",
    .summary = "List knowledge, most recently changed first.",
    .details = "--json: one object per piece whose keys are the columns of the table knowledge.",
    .examples = "  mneme knowledge list --all --domain cooking --status validated\n"
                "  mneme knowledge list --agent chef --as-of 2026-01-31 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_READS_A_SCOPE |
              MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED,
    .scopes = (const char *const[]){"agent_id", "user_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = mneme_knowledge_op_columns,
    .nothing = "no knowledge matches",
    .statements = statements,
};
