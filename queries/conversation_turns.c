/*
 * The turns of one conversation, by index and time.
 */
#include "queries/compose.h"
#include "queries/conversation.h"
#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_turn_row, column_name) }

const struct mneme_row_column mneme_turn_columns[] = {
    COLUMN(conversation_id, MNEME_ROW_STR), COLUMN(stream_id, MNEME_ROW_STR),
    COLUMN(turn_index, MNEME_ROW_LONG),     COLUMN(role, MNEME_ROW_STR),
    COLUMN(speaker, MNEME_ROW_STR),         COLUMN(content, MNEME_ROW_STR),
    COLUMN(content_hash, MNEME_ROW_STR),    COLUMN(token_count, MNEME_ROW_OPT_LONG),
    COLUMN(model, MNEME_ROW_STR),           COLUMN(metadata, MNEME_ROW_JSON),
    COLUMN(created_at, MNEME_ROW_TIME),     COLUMN(source_event_id, MNEME_ROW_UUID),
};
#define COLUMN_COUNT (sizeof mneme_turn_columns / sizeof *mneme_turn_columns)
const size_t mneme_turn_column_count = COLUMN_COUNT;

static const struct mneme_question question = {"the turns were not read", mneme_sql_conversation_turns,
                                               mneme_turn_columns, COLUMN_COUNT,
                                               sizeof(struct mneme_turn_row)};

int mneme_conversation_turns(struct mneme_postgres *postgres, const struct mneme_turn_range *range,
                             mneme_row_visitor *visit, void *context, size_t *count,
                             struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, range->conversation.tenant);
    mneme_query_param_as_of(&params, &range->conversation.as_of);
    mneme_pg_param_str(&params, range->conversation.stream_id);
    mneme_pg_param_str(&params, range->conversation.conversation_id);
    mneme_query_param_opt_long(&params, range->from_index);
    mneme_query_param_opt_long(&params, range->to_index);
    mneme_query_param_opt_time(&params, range->since);
    mneme_query_param_opt_time(&params, range->until);
    mneme_pg_param_long(&params, range->limit);
    int status = mneme_query_run_composed(
        postgres, &question,
        &(struct mneme_composed){question.sql, &range->conversation.as_of, NULL, NULL, 0}, &params, visit,
        context, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
