/*
 * operations: who did what to what, the latest first.
 */
#include "operations/fields.h"
#include "operations/system/system.h"
#include "sql/embedded.h"

enum { ACTOR, TYPES, VERDICTS, OF, CORRELATION, SINCE, UNTIL, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [ACTOR] = {.name = "actor",
               .type = MNEME_OP_TEXT,
               .shown = "NAME",
               .help = "Only operations by this actor, agent or user."},
    [TYPES] = {.name = "event_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "EVENT-TYPE,…",
               .help = "Any of these operations."},
    [VERDICTS] = {.name = "verdicts",
                  .option = "verdict",
                  .type = MNEME_OP_LIST,
                  .shown = "VERDICT,…",
                  .help = "Any of these verdicts."},
    [OF] = {.name = "subject_id",
            .option = "of",
            .type = MNEME_OP_TEXT,
            .shown = "ID",
            .help = "Only operations on this memory, conversation, decision or the like."},
    [CORRELATION] = {.name = "correlation_id",
                     .option = "correlation",
                     .type = MNEME_OP_TEXT,
                     .shown = "ID",
                     .help = "Only operations for this request."},
    [SINCE] = MNEME_OP_SINCE_FIELD,
    [UNTIL] = MNEME_OP_UNTIL_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("recorded_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("actor", MNEME_ROW_STR, "WHO"),
    MNEME_OP_SHOWN("operation", MNEME_ROW_STR, "OPERATION"),
    MNEME_OP_SHOWN("stream_id", MNEME_ROW_STR, "STREAM"),
    MNEME_OP_SHOWN("subject_id", MNEME_ROW_STR, "OF"),
    MNEME_OP_SHOWN("verdict", MNEME_ROW_STR, "VERDICT"),
    MNEME_OP_SHOWN("reason", MNEME_ROW_STR, "WHY"),
    MNEME_OP_BESIDE("sequence_id", MNEME_ROW_OPT_LONG),
    MNEME_OP_BESIDE("occurred_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("event_id", MNEME_ROW_OPT_UUID),
    MNEME_OP_BESIDE("correlation_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("causation_id", MNEME_ROW_STR),
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_operations,
     .what = "operations were not listed",
     .inputs = (const int[]){ACTOR, TYPES, MNEME_OP_INPUT(MNEME_OP_STREAM), VERDICTS, OF, CORRELATION, SINCE,
                             UNTIL, MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_operations = {
    .name = "operations",
    .summary = "List who did what to what, with the verdict, the latest first.",
    .details = "--json: one object per operation whose keys are the columns of the view audit_log.",
    .examples = "  mneme operations --actor carol --limit 20\n"
                "  mneme operations --of 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --json\n"
                "  mneme operations --verdict rejected --since 2026-01-31\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_PAGED,
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no operation matches",
    .statements = statements,
};
