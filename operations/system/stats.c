/*
 * stats: memories counted, and what the tables hold.
 */
#include "operations/fields.h"
#include "operations/system/system.h"
#include "sql/embedded.h"

enum { TYPES, FILTER, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TYPES] = {.name = "memory_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "TYPE,…",
               .help = "Any of these types."},
    [FILTER] = {.name = "filter", .type = MNEME_OP_FILTER, .help = "Memories for which this holds."},
};

static const struct mneme_op_column memory_columns[] = {
    MNEME_OP_SHOWN("kind", MNEME_ROW_STR, "BY"),
    MNEME_OP_SHOWN("agent_id", MNEME_ROW_STR, "AGENT"),
    MNEME_OP_SHOWN("memory_type", MNEME_ROW_STR, "TYPE"),
    MNEME_OP_SHOWN("tier", MNEME_ROW_STR, "TIER"),
    MNEME_OP_SHOWN("total", MNEME_ROW_OPT_LONG, "TOTAL"),
    MNEME_OP_SHOWN("active", MNEME_ROW_OPT_LONG, "ACTIVE"),
    MNEME_OP_BESIDE("deleted", MNEME_ROW_OPT_LONG),
    MNEME_OP_BESIDE("archived", MNEME_ROW_OPT_LONG),
    MNEME_OP_BESIDE("expired", MNEME_ROW_OPT_LONG),
    MNEME_OP_SHOWN("mean_confidence", MNEME_ROW_OPT_DOUBLE, "CONFIDENCE"),
    MNEME_OP_SHOWN("latest", MNEME_ROW_OPT_TIME, "LATEST"),
    {0},
};

static const struct mneme_op_column system_columns[] = {
    MNEME_OP_BESIDE("kind", MNEME_ROW_STR),
    MNEME_OP_SHOWN("memories", MNEME_ROW_OPT_LONG, "MEMORIES"),
    MNEME_OP_SHOWN("conversations", MNEME_ROW_OPT_LONG, "CONVERSATIONS"),
    MNEME_OP_SHOWN("turns", MNEME_ROW_OPT_LONG, "TURNS"),
    MNEME_OP_SHOWN("knowledge", MNEME_ROW_OPT_LONG, "KNOWLEDGE"),
    MNEME_OP_SHOWN("profiles", MNEME_ROW_OPT_LONG, "PROFILES"),
    MNEME_OP_SHOWN("decisions", MNEME_ROW_OPT_LONG, "DECISIONS"),
    MNEME_OP_SHOWN("handoffs", MNEME_ROW_OPT_LONG, "HANDOFFS"),
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_stats_memories,
     .what = "memories were not counted",
     .inputs = (const int[]){MNEME_OP_INPUT(MNEME_OP_AGENT), MNEME_OP_INPUT(MNEME_OP_USER),
                             MNEME_OP_INPUT(MNEME_OP_RUN), MNEME_OP_INPUT(MNEME_OP_CONVERSATION), TYPES,
                             MNEME_OP_END},
     .columns = memory_columns},
    {.sql = mneme_sql_stats_system, .what = "the tables were not counted", .columns = system_columns},
    {0},
};

const struct mneme_operation mneme_op_stats = {
    .name = "stats",
    .summary = "Count memories by agent and type, by tier, and what the tables hold.",
    .details = "total counts all memories, deleted ones too; active those that are not deleted, archived or "
               "expired;\n"
               "the mean confidence is of the active ones, latest the latest creation. The last row counts "
               "what the\n"
               "tenant's tables hold, whatever the scope.\n"
               "--json: "
               "{\"kind\":\"agent\"|\"tier\"|\"all\",\"agent_id\",\"memory_type\",\"tier\",\"total\","
               "\"active\",\"deleted\",\n"
               "\"archived\",\"expired\",\"mean_confidence\",\"latest\"}, then "
               "{\"kind\":\"system\",\"memories\",…}.",
    .examples = "  mneme stats\n"
                "  mneme stats --user ada --json\n"
                "  mneme stats --agent planner --filter 'tags contains tea' --as-of 2026-01-31\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = memory_columns,
    .statements = statements,
};
