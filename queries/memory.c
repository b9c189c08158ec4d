/*
 * Memories by their ids.
 */
#include "queries/memory.h"

#include "queries/compose.h"
#include "queries/memory_columns.h"
#include "sql/embedded.h"

int mneme_memory_ask(struct mneme_postgres *postgres, const char *what, const struct mneme_composed *composed,
                     struct mneme_pg_params *params, mneme_row_visitor *visit, void *context, size_t *count,
                     struct mneme_error *error) {
    struct mneme_question question = {what, NULL, mneme_memory_columns, MNEME_MEMORY_COLUMN_COUNT,
                                      sizeof(struct mneme_memory_row)};
    return mneme_query_run_composed(postgres, &question, composed, params, visit, context, count, error);
}

int mneme_memory_get(struct mneme_postgres *postgres, const struct mneme_memory_key *key,
                     mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error) {
    const struct mneme_sql_part parts[] = {MNEME_SQL_GIVEN("stream", key->stream_id.data != NULL)};
    struct mneme_composed composed = {mneme_sql_memory_get, &key->as_of, NULL, parts, 1};
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, key->tenant);
    mneme_query_param_as_of(&params, &key->as_of);
    mneme_pg_param_uuid(&params, key->id);
    mneme_pg_param_str(&params, key->stream_id);
    mneme_query_param_type(&params, MNEME_PG_OID_TEXT);
    mneme_pg_param_bool(&params, key->include_deleted);
    int status = mneme_memory_ask(postgres, "the memory was not read", &composed, &params, visit, context,
                                  count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
