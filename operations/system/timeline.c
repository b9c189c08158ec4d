/*
 * timeline: entries of all kinds by time, the latest first.
 */
#include "operations/fields.h"
#include "operations/system/system.h"
#include "sql/embedded.h"

enum { TYPES, SINCE, UNTIL, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TYPES] = {.name = "types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "ENTRY,…",
               .help = "Any of these: turns, or types of memories."},
    [SINCE] = MNEME_OP_SINCE_FIELD,
    [UNTIL] = MNEME_OP_UNTIL_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("type", MNEME_ROW_STR, "TYPE"),
    MNEME_OP_SHOWN("importance", MNEME_ROW_OPT_DOUBLE, "IMPORTANCE"),
    MNEME_OP_SHOWN("access_count", MNEME_ROW_OPT_LONG, "ACCESSES"),
    MNEME_OP_SHOWN("reference", MNEME_ROW_STR, "REFERENCE"),
    MNEME_OP_SHOWN("summary", MNEME_ROW_STR, "SUMMARY"),
    MNEME_OP_BESIDE("last_accessed_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("is_archived", MNEME_ROW_OPT_BOOL),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("agent_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("conversation_id", MNEME_ROW_STR),
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_timeline,
     .what = "the timeline was not read",
     .inputs = (const int[]){MNEME_OP_INPUT(MNEME_OP_USER), MNEME_OP_INPUT(MNEME_OP_AGENT),
                             MNEME_OP_INPUT(MNEME_OP_CONVERSATION), TYPES, SINCE, UNTIL, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_timeline = {
    .name = "timeline",
    .summary = "List memories, turns, hypotheses and knowledge by time, the latest first.",
    .details = "--json: one object per row whose keys are the columns of the view memory_timeline.",
    .examples = "  mneme timeline --user ada\n"
                "  mneme timeline --agent planner --type turn,decision --since 2026-01-31 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_OF_CONVERSATION |
              MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE | MNEME_OP_PAGED,
    .scopes = (const char *const[]){"user_id", "agent_id", "conversation_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "nothing matches",
    .statements = statements,
};
