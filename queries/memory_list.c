/*
 * Lists of memories, newest first.
 */
#include "common/base/read_scope.h"
#include "common/base/uuid.h"
#include "queries/memory.h"
#include "queries/memory_columns.h"
#include "sql/embedded.h"

/* A typed parameter, so that a statement need not use it. */
static void add_str(struct mneme_pg_params *params, struct mneme_str text, enum mneme_pg_oid type) {
    mneme_pg_param_str(params, text);
    mneme_query_param_type(params, type);
}

int mneme_memory_list(struct mneme_postgres *postgres, const struct mneme_memory_filter *filter,
                      mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error) {
    struct mneme_uuid cursor_id = {{0}};
    if (filter->cursor.is_set && !mneme_uuid_parse(&cursor_id, filter->cursor.id)) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "memories were not listed: the cursor belongs to another list; give one from a list of memories");
    }
    const struct mneme_sql_part parts[] = {
        MNEME_SQL_GIVEN("agent", filter->agent_id.data != NULL),
        MNEME_SQL_GIVEN("user", filter->user_id.data != NULL),
        MNEME_SQL_GIVEN("run", filter->run_id.data != NULL),
        MNEME_SQL_GIVEN("conversation", filter->conversation_id.data != NULL),
        MNEME_SQL_GIVEN("type", filter->types.is_set && filter->types.count == 1),
        MNEME_SQL_GIVEN("types", filter->types.is_set && filter->types.count != 1),
        MNEME_SQL_GIVEN("tags", filter->tags.is_set),
        MNEME_SQL_GIVEN("metadata", filter->metadata.data != NULL),
        MNEME_SQL_GIVEN("since", filter->since.is_set),
        MNEME_SQL_GIVEN("until", filter->until.is_set),
        MNEME_SQL_GIVEN("cursor", filter->cursor.is_set),
    };
    struct mneme_composed composed = {mneme_sql_memory_list, &filter->as_of, filter->filter, parts,
                                      sizeof parts / sizeof *parts};
    const struct mneme_str scope[] = {filter->user_id, filter->agent_id, filter->run_id,
                                      filter->conversation_id};
    int status = mneme_read_scope_check(scope, sizeof scope / sizeof *scope, filter->all_scopes,
                                        "memories were not listed",
                                        "user_id, agent_id, run_id or conversation_id", error);
    if (status != MNEME_OK) {
        return status;
    }
    /* Whether the scope's index or that of a label is the shorter way depends on how frequent the label is.
     */
    struct mneme_pg_params params = {.wants_own_plan = filter->types.is_set || filter->tags.is_set ||
                                                       filter->metadata.data != NULL ||
                                                       filter->filter != NULL};
    add_str(&params, filter->tenant, MNEME_PG_OID_TEXT);
    mneme_query_param_as_of(&params, &filter->as_of);
    add_str(&params, filter->agent_id, MNEME_PG_OID_TEXT);
    add_str(&params, filter->user_id, MNEME_PG_OID_TEXT);
    add_str(&params, filter->run_id, MNEME_PG_OID_TEXT);
    add_str(&params, filter->conversation_id, MNEME_PG_OID_TEXT);
    mneme_query_param_str_array(&params, filter->types);
    mneme_query_param_type(&params, MNEME_PG_OID_TEXT_ARRAY);
    mneme_query_param_str_array(&params, filter->tags);
    mneme_query_param_type(&params, MNEME_PG_OID_TEXT_ARRAY);
    add_str(&params, filter->metadata, MNEME_PG_OID_JSONB);
    mneme_pg_param_bool(&params, filter->include_expired);
    mneme_pg_param_bool(&params, filter->include_archived);
    mneme_query_param_opt_time(&params,
                               (struct mneme_opt_long){filter->cursor.micros, filter->cursor.is_set});
    mneme_query_param_type(&params, MNEME_PG_OID_TIMESTAMPTZ);
    mneme_pg_param_uuid(&params, cursor_id);
    mneme_query_param_type(&params, MNEME_PG_OID_UUID);
    add_str(&params, filter->cursor.stream_id, MNEME_PG_OID_TEXT);
    mneme_pg_param_long(&params, filter->limit);
    mneme_pg_param_long(&params, filter->offset);
    mneme_query_param_opt_time(&params, filter->since);
    mneme_query_param_type(&params, MNEME_PG_OID_TIMESTAMPTZ);
    mneme_query_param_opt_time(&params, filter->until);
    mneme_query_param_type(&params, MNEME_PG_OID_TIMESTAMPTZ);
    status = mneme_memory_ask(postgres, "memories were not listed", &composed, &params, visit, context, count,
                              error);
    mneme_pg_params_clean_up(&params);
    return status;
}
