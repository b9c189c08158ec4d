/*
 * The memories of one conversation.
 */
#include "queries/compose.h"
#include "queries/conversation.h"
#include "sql/embedded.h"

static const struct mneme_question question = {"the conversation's memories were not read",
                                               mneme_sql_conversation_memories, NULL, 0, 0};

int mneme_conversation_memories(struct mneme_postgres *postgres,
                                const struct mneme_conversation_memories *which, mneme_row_visitor *visit,
                                void *context, size_t *count, struct mneme_error *error) {
    const struct mneme_conversation_key *conversation = &which->conversation;
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, conversation->tenant);
    mneme_query_param_as_of(&params, &conversation->as_of);
    mneme_pg_param_str(&params, conversation->stream_id);
    mneme_pg_param_str(&params, conversation->conversation_id);
    mneme_pg_param_str(&params, which->user_id);
    mneme_pg_param_str(&params, which->agent_id);
    mneme_pg_param_bool(&params, which->include_expired);
    mneme_pg_param_bool(&params, which->include_archived);
    mneme_query_param_opt_time(&params, which->before_created_at);
    mneme_pg_param_uuid(&params, which->before_id);
    mneme_pg_param_str(&params, which->before_stream_id);
    mneme_pg_param_long(&params, which->limit);
    int status = mneme_query_run_composed(
        postgres, &question, &(struct mneme_composed){question.sql, &conversation->as_of, NULL, NULL, 0},
        &params, visit, context, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
