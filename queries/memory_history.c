/*
 * The history of one memory: its accepted events, from the ledger.
 */
#include "common/uuid.h"
#include "queries/memory.h"
#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_memory_version_row, column_name) }

static const struct mneme_row_column columns[] = {
    COLUMN(version, MNEME_ROW_LONG),        COLUMN(event_id, MNEME_ROW_UUID),
    COLUMN(event_type, MNEME_ROW_STR),      COLUMN(position, MNEME_ROW_POSITION),
    COLUMN(stream_version, MNEME_ROW_LONG), COLUMN(actor, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),        COLUMN(reason, MNEME_ROW_STR),
    COLUMN(occurred_at, MNEME_ROW_TIME),    COLUMN(recorded_at, MNEME_ROW_TIME),
    COLUMN(correlation_id, MNEME_ROW_STR),  COLUMN(causation_id, MNEME_ROW_STR),
    COLUMN(changes, MNEME_ROW_JSON),
};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

static const struct mneme_question question = {"the history was not read", mneme_sql_memory_history, columns,
                                               COLUMN_COUNT, sizeof(struct mneme_memory_version_row)};

void mneme_memory_version_row_json(const struct mneme_memory_version_row *row,
                                   struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_row_json(row, columns, COLUMN_COUNT, json);
    mneme_json_end_object(json);
}

int mneme_memory_history(struct mneme_postgres *postgres, struct mneme_str tenant, struct mneme_str stream_id,
                         struct mneme_uuid id, int64_t after, int64_t limit, mneme_row_visitor *visit,
                         void *context, size_t *count, struct mneme_error *error) {
    char id_text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(id, id_text); /* the payload holds it as text */
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, tenant);
    mneme_pg_param_str(&params, stream_id);
    mneme_pg_param_str(&params, (struct mneme_str){id_text, sizeof id_text});
    mneme_pg_param_long(&params, after);
    mneme_pg_param_long(&params, limit);
    int status = mneme_query_run(postgres, &question, &params, visit, context, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
