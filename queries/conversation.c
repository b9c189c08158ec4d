/*
 * Conversations: one by its id, and lists.
 */
#include "queries/conversation.h"

#include "common/base/read_scope.h"
#include "queries/compose.h"
#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_conversation_row, column_name) }

const struct mneme_row_column mneme_conversation_columns[] = {
    COLUMN(conversation_id, MNEME_ROW_STR),   COLUMN(tenant, MNEME_ROW_STR),
    COLUMN(stream_id, MNEME_ROW_STR),         COLUMN(user_id, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),          COLUMN(title, MNEME_ROW_STR),
    COLUMN(metadata, MNEME_ROW_JSON),         COLUMN(is_active, MNEME_ROW_BOOL),
    COLUMN(is_deleted, MNEME_ROW_BOOL),       COLUMN(turn_count, MNEME_ROW_LONG),
    COLUMN(created_at, MNEME_ROW_TIME),       COLUMN(updated_at, MNEME_ROW_TIME),
    COLUMN(last_activity_at, MNEME_ROW_TIME), COLUMN(version, MNEME_ROW_LONG),
    COLUMN(source_event_id, MNEME_ROW_UUID),
};
#define COLUMN_COUNT (sizeof mneme_conversation_columns / sizeof *mneme_conversation_columns)
const size_t mneme_conversation_column_count = COLUMN_COUNT;

static const struct mneme_question list_question = {"conversations were not listed",
                                                    mneme_sql_conversation_list, mneme_conversation_columns,
                                                    COLUMN_COUNT, sizeof(struct mneme_conversation_row)};
static const struct mneme_question get_question = {"the conversation was not read",
                                                   mneme_sql_conversation_get, mneme_conversation_columns,
                                                   COLUMN_COUNT, sizeof(struct mneme_conversation_row)};

int mneme_conversation_list(struct mneme_postgres *postgres, const struct mneme_conversation_filter *filter,
                            mneme_row_visitor *visit, void *context, size_t *count,
                            struct mneme_error *error) {
    const struct mneme_str scope[] = {filter->user_id, filter->agent_id};
    int status = mneme_read_scope_check(scope, sizeof scope / sizeof *scope, filter->all_scopes,
                                        "conversations were not listed", "user_id or agent_id", error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_pg_params params = {0};
    struct mneme_str is_active = mneme_str_from(filter->is_active.value ? "true" : "false");
    mneme_pg_param_str(&params, filter->tenant);
    mneme_query_param_as_of(&params, &filter->as_of);
    mneme_pg_param_str(&params, filter->user_id);
    mneme_pg_param_str(&params, filter->agent_id);
    mneme_pg_param_str(&params, filter->is_active.is_set ? is_active : MNEME_STR_NULL);
    mneme_query_param_opt_time(&params,
                               (struct mneme_opt_long){filter->cursor.micros, filter->cursor.is_set});
    mneme_pg_param_str(&params, filter->cursor.id);
    mneme_pg_param_str(&params, filter->cursor.stream_id);
    mneme_pg_param_long(&params, filter->limit);
    mneme_pg_param_long(&params, filter->offset);
    status = mneme_query_run_composed(
        postgres, &list_question, &(struct mneme_composed){list_question.sql, &filter->as_of, NULL, NULL, 0},
        &params, visit, context, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_conversation_get(struct mneme_postgres *postgres, const struct mneme_conversation_key *key,
                           mneme_row_visitor *visit, void *context, size_t *count,
                           struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, key->tenant);
    mneme_query_param_as_of(&params, &key->as_of);
    mneme_pg_param_str(&params, key->conversation_id);
    mneme_pg_param_str(&params, key->stream_id);
    int status = mneme_query_run_composed(
        postgres, &get_question, &(struct mneme_composed){get_question.sql, &key->as_of, NULL, NULL, 0},
        &params, visit, context, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
