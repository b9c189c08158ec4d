/*
 * memory.history: every version of one memory.
 */
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"

enum { ID, AFTER, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [ID] = {.name = "memory_id",
            .type = MNEME_OP_ID,
            .help = "The memory's id.",
            .shown = "ID",
            .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [AFTER] = {.name = "after",
               .type = MNEME_OP_INTEGER,
               .maximum = 9.2e18,
               .shown = "VERSION",
               .help = "Only versions after this one."},
};

static const struct mneme_op_column columns[] = {
    {"version", MNEME_ROW_LONG, "VERSION", NULL, NULL},
    {"event_id", MNEME_ROW_UUID, NULL, NULL, NULL},
    {"event_type", MNEME_ROW_STR, "EVENT", NULL, NULL},
    {"position", MNEME_ROW_POSITION, NULL, NULL, NULL},
    {"stream_version", MNEME_ROW_OPT_LONG, NULL, NULL, NULL},
    {"occurred_at", MNEME_ROW_TIME, "WHEN", NULL, NULL},
    {"actor", MNEME_ROW_STR, "WHO", NULL, "agent_id"},
    {"agent_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"reason", MNEME_ROW_STR, "WHY", NULL, NULL},
    {"changes", MNEME_ROW_JSON, "CHANGES", NULL, NULL},
    {"recorded_at", MNEME_ROW_TIME, NULL, NULL, NULL},
    {"valid_to", MNEME_ROW_OPT_TIME, NULL, NULL, NULL},
    {"correlation_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"causation_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"memory_type", MNEME_ROW_STR, NULL, NULL, NULL},
    {"term", MNEME_ROW_STR, NULL, NULL, NULL},
    {"content", MNEME_ROW_JSON, NULL, NULL, NULL},
    {"metadata", MNEME_ROW_JSON, NULL, NULL, NULL},
    {"tags", MNEME_ROW_STR_ARRAY, NULL, NULL, NULL},
    {"entities", MNEME_ROW_STR_ARRAY, NULL, NULL, NULL},
    {"confidence", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"importance", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"priority", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"expires_at", MNEME_ROW_OPT_TIME, NULL, NULL, NULL},
    {"is_deleted", MNEME_ROW_BOOL, NULL, NULL, NULL},
    {"is_archived", MNEME_ROW_BOOL, NULL, NULL, NULL},
    {"tier", MNEME_ROW_STR, NULL, NULL, NULL},
    {0},
};

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_memory_key key = {.id = mneme_op_own(request, ID)->id, .include_deleted = true};
    struct mneme_op_rows rows = {.call = call,
                                 .columns = mneme_memory_version_columns,
                                 .column_count = mneme_memory_version_column_count,
                                 .limit = mneme_op_limit(request)};
    struct mneme_postgres *postgres;
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    key.as_of = call->as_of;
    if (status == MNEME_OK) {
        status = mneme_memory_find_stream(&key, call, postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_memory_history(postgres, &key, mneme_op_number(request, AFTER).value, rows.limit + 1,
                                      mneme_op_rows_visit, &rows, NULL, error);
    }
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_memory_history = {
    .name = "memory.history",
    .summary = "Every version of a memory: who made it, when and why.",
    .details =
        "Oldest first; deleted memories have a history too. Who, when and why come from the ledger.\n"
        "--json: "
        "{\"version\",\"event_id\",\"event_type\",\"position\",\"stream_version\",\"actor\",\"agent_id\",\n"
        "\"reason\",\"occurred_at\",\"recorded_at\",\"valid_to\",\"correlation_id\",\"causation_id\","
        "\"changes\"},\n"
        "where \"changes\" holds the event's fields; then the version's fields: \"memory_type\", \"term\",\n"
        "\"content\", \"metadata\", \"tags\", \"entities\", \"confidence\", \"importance\" (without "
        "accesses), \"priority\", \"expires_at\", \"is_deleted\", \"is_archived\", \"tier\". A version is "
        "valid from its recorded_at until valid_to.",
    .examples = "  mneme memory history 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory history 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --json | jq .changes\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST |
              MNEME_OP_LIMITED,
    .page = 1000,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no version matches",
    .read = read,
};
