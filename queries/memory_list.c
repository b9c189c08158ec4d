/*
 * Lists of memories, newest first.
 */
#include "common/uuid.h"
#include "queries/memory.h"
#include "queries/memory_columns.h"
#include "sql/embedded.h"

int mneme_memory_list(struct mneme_postgres *postgres, const struct mneme_memory_filter *filter,
                      mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error) {
    struct mneme_uuid cursor_id = {{0}};
    if (filter->cursor.is_set && !mneme_uuid_parse(&cursor_id, filter->cursor.id)) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "memories were not listed: the cursor is of another list; give one of a memory");
    }
    struct mneme_memory_asking asking = {"memories were not listed", mneme_sql_memory_list, &filter->as_of,
                                         filter->filter};
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, filter->tenant);
    mneme_query_param_as_of(&params, &filter->as_of);
    mneme_pg_param_str(&params, filter->agent_id);
    mneme_pg_param_str(&params, filter->user_id);
    mneme_pg_param_str(&params, filter->run_id);
    mneme_pg_param_str(&params, filter->conversation_id);
    mneme_query_param_str_array(&params, filter->types);
    mneme_query_param_str_array(&params, filter->tags);
    mneme_pg_param_str(&params, filter->metadata);
    mneme_pg_param_bool(&params, filter->include_expired);
    mneme_pg_param_bool(&params, filter->include_archived);
    mneme_query_param_opt_time(&params,
                               (struct mneme_opt_long){filter->cursor.micros, filter->cursor.is_set});
    mneme_pg_param_uuid(&params, cursor_id);
    mneme_pg_param_str(&params, filter->cursor.stream_id);
    mneme_pg_param_long(&params, filter->limit);
    mneme_pg_param_long(&params, filter->offset);
    int status = mneme_memory_ask(postgres, &asking, &params, visit, context, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
