/*
 * The history of one memory: its versions from the tables, and what made each from the ledger.
 */
#include "queries/memory.h"
#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_memory_version_row, column_name) }

const struct mneme_row_column mneme_memory_version_columns[] = {
    COLUMN(version, MNEME_ROW_LONG),
    COLUMN(event_id, MNEME_ROW_UUID),
    COLUMN(event_type, MNEME_ROW_STR),
    COLUMN(position, MNEME_ROW_POSITION),
    COLUMN(stream_version, MNEME_ROW_OPT_LONG),
    COLUMN(actor, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),
    COLUMN(reason, MNEME_ROW_STR),
    COLUMN(occurred_at, MNEME_ROW_TIME),
    COLUMN(recorded_at, MNEME_ROW_TIME),
    COLUMN(valid_to, MNEME_ROW_OPT_TIME),
    COLUMN(correlation_id, MNEME_ROW_STR),
    COLUMN(causation_id, MNEME_ROW_STR),
    COLUMN(changes, MNEME_ROW_JSON),
    COLUMN(memory_type, MNEME_ROW_STR),
    COLUMN(term, MNEME_ROW_STR),
    COLUMN(content, MNEME_ROW_JSON),
    COLUMN(metadata, MNEME_ROW_JSON),
    COLUMN(tags, MNEME_ROW_STR_ARRAY),
    COLUMN(entities, MNEME_ROW_STR_ARRAY),
    COLUMN(confidence, MNEME_ROW_DOUBLE),
    COLUMN(importance, MNEME_ROW_DOUBLE),
    COLUMN(priority, MNEME_ROW_DOUBLE),
    COLUMN(expires_at, MNEME_ROW_OPT_TIME),
    COLUMN(is_deleted, MNEME_ROW_BOOL),
    COLUMN(is_archived, MNEME_ROW_BOOL),
    COLUMN(tier, MNEME_ROW_STR),
};
const size_t mneme_memory_version_column_count =
    sizeof mneme_memory_version_columns / sizeof *mneme_memory_version_columns;

int mneme_memory_history(struct mneme_postgres *postgres, const struct mneme_memory_key *key, int64_t after,
                         int64_t limit, mneme_row_visitor *visit, void *context, size_t *count,
                         struct mneme_error *error) {
    const struct mneme_question question = {"the history was not read", mneme_sql_memory_history,
                                            mneme_memory_version_columns, mneme_memory_version_column_count,
                                            sizeof(struct mneme_memory_version_row)};
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, key->tenant);
    mneme_query_param_as_of(&params, &key->as_of);
    mneme_pg_param_str(&params, key->stream_id);
    mneme_pg_param_uuid(&params, key->id);
    mneme_pg_param_long(&params, after);
    mneme_pg_param_long(&params, limit);
    int status = mneme_query_run(postgres, &question, &params, visit, context, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
