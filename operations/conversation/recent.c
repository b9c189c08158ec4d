/*
 * conversation.recent: what a user talked about lately.
 */
#include "operations/recent.h"
#include "operations/conversation/conversation.h"
#include "operations/conversation/fields.h"

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    return mneme_op_recent(call, &mneme_recent_conversations, MNEME_OP_USER, error);
}

const struct mneme_operation mneme_op_conversation_recent = {
    .name = "conversation.recent",
    .summary = "What a user talked about lately.",
    .details = "At most 10 conversations with activity in the last hour\n"
               "(MNEME_REDIS_RECENT_CONVERSATIONS_TTL_S), the latest first. They come from Redis while a\n"
               "worker of group redis keeps it up to date, else from Postgres.\n"
               "--json: one object per conversation whose keys are the columns of the table conversations.",
    .examples = "  mneme conversation recent --user ada\n"
                "  mneme conversation recent --user ada --at-least last --json\n",
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_UP_TO_DATE,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = mneme_conversation_op_columns,
    .nothing = "no conversation was active lately",
    .read = read,
};
