/*
 * conversation.list: conversations of a user or an agent, the latest activity first.
 */
#include "operations/call.h"
#include "operations/conversation/conversation.h"
#include "operations/conversation/fields.h"

enum { ACTIVE, CLOSED, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [ACTIVE] = {.name = "active", .type = MNEME_OP_FLAG, .help = "Only open conversations."},
    [CLOSED] = {.name = "closed", .type = MNEME_OP_FLAG, .help = "Only closed conversations."},
};

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    int64_t limit = mneme_op_limit(request);
    bool is_active = mneme_op_truth(request, ACTIVE);
    bool is_closed = mneme_op_truth(request, CLOSED);
    struct mneme_postgres *postgres;
    struct mneme_op_rows rows = mneme_conversation_rows(call, limit);
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    if (status != MNEME_OK) {
        return status;
    }
    const struct mneme_conversation_filter filter = {
        .tenant = mneme_op_tenant(request),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
        .all_scopes = request->common[MNEME_OP_ALL].is_set && request->common[MNEME_OP_ALL].truth,
        .is_active = {.value = is_active, .is_set = is_active != is_closed},
        .as_of = call->as_of,
        .cursor = request->common[MNEME_OP_AFTER].cursor,
        .limit = limit + 1, /* one more row shows that there are more */
        .offset = mneme_op_offset(request),
    };
    status = mneme_conversation_list(postgres, &filter, mneme_op_rows_visit, &rows, NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_conversation_list = {
    .name = "conversation.list",
    .summary = "List conversations, the latest activity first.",
    .details = "100 rows unless --limit says otherwise, 10,000 at most.\n"
               "--json: one object per conversation whose keys are the columns of the table conversations,\n"
               "and \"cursor\": pass it to --cursor to continue the list after that conversation.",
    .examples = "  mneme conversation list --user ada\n"
                "  mneme conversation list --all --active --limit 10 --json\n"
                "  mneme conversation list --user ada --as-of 2026-01-31\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_READS_A_SCOPE |
              MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED | MNEME_OP_WITH_CURSOR,
    .scopes = (const char *const[]){"user_id", "agent_id", NULL},
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = mneme_conversation_op_columns,
    .nothing = "no conversation matches",
    .read = read,
};
