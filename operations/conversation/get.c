/*
 * conversation.get: one conversation without its turns, from Redis if Redis has it.
 */
#include "operations/call.h"
#include "operations/conversation/conversation.h"
#include "operations/conversation/fields.h"
#include "operations/statements.h"
#include "sql/embedded.h"

enum { ID, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {[ID] = MNEME_CONVERSATION_ID_FIELD};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_conversation_get,
     .what = "the conversation was not read",
     .inputs = (const int[]){ID, MNEME_OP_INPUT(MNEME_OP_STREAM), MNEME_OP_END}},
    {0},
};

/* Reads the conversation from the hot tier; null if the hot tier does not have it or is not asked. */
static int read_hot(struct mneme_str *object, struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    const struct mneme_str names[] = {
        mneme_op_tenant(request), mneme_op_common_text(request, MNEME_OP_STREAM), mneme_op_text(request, ID)};
    struct mneme_hot_reader *hot = NULL;
    *object = MNEME_STR_NULL;
    int status = names[1].data != NULL ? mneme_op_call_hot(&hot, call, error) : MNEME_OK;
    if (status == MNEME_OK && hot != NULL) {
        *object = mneme_hot_reader_value(hot, MNEME_HOT_CONVERSATION, names, 3, call->arena);
    }
    return status;
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_op_rows rows = {.call = call};
    struct mneme_str object;
    bool goes_on;
    int status = read_hot(&object, call, error);
    if (status != MNEME_OK || object.data == NULL) {
        return status == MNEME_OK ? mneme_op_statements_run(call, error) : status;
    }
    status = mneme_op_rows_put_object(&goes_on, &rows, object, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_conversation_get = {
    .name = "conversation.get",
    .summary = "One conversation, without its turns.",
    .details = "--json: one object whose keys are the columns of the table conversations. Exit code 5 when "
               "there is no such conversation. With --stream (by default the user's or agent's id)\n"
               "Redis is asked first, if a worker of group redis keeps it up to date.",
    .examples = "  mneme conversation get chat-1\n"
                "  mneme conversation get chat-1 --as-of 2026-01-31 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_DETAILS,
    .columns = mneme_conversation_op_columns,
    .not_found = "the conversation was not found",
    .read = read,
    .statements = statements,
};
