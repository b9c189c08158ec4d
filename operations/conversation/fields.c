#include "operations/conversation/fields.h"

#include "operations/fields.h"

const struct mneme_op_column mneme_conversation_op_columns[] = {
    {"conversation_id", MNEME_ROW_STR, "CONVERSATION", "conversation", NULL},
    {"user_id", MNEME_ROW_STR, "SUBJECT", "user", "agent_id"},
    {"turn_count", MNEME_ROW_OPT_LONG, "TURNS", "turns", NULL},
    {"is_active", MNEME_ROW_OPT_BOOL, "ACTIVE", "active", NULL},
    {"last_activity_at", MNEME_ROW_OPT_TIME, "LAST ACTIVITY", "last activity", NULL},
    MNEME_OP_SHOWN("title", MNEME_ROW_STR, "TITLE"),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    {"stream_id", MNEME_ROW_STR, NULL, "stream", NULL},
    {"agent_id", MNEME_ROW_STR, NULL, "agent", NULL},
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    {"is_deleted", MNEME_ROW_OPT_BOOL, NULL, "deleted", NULL},
    {"created_at", MNEME_ROW_OPT_TIME, NULL, "created", NULL},
    {"updated_at", MNEME_ROW_OPT_TIME, NULL, "updated", NULL},
    MNEME_OP_BESIDE("version", MNEME_ROW_OPT_LONG),
    {"source_event_id", MNEME_ROW_OPT_UUID, NULL, "source event", NULL},
    {0},
};

static void write_cursor(struct mneme_buffer *out, const void *row) {
    const struct mneme_conversation_row *conversation = row;
    mneme_cursor_write(out, conversation->last_activity_at, conversation->conversation_id,
                       conversation->stream_id);
}

struct mneme_op_rows mneme_conversation_rows(struct mneme_op_call *call, int64_t limit) {
    return (struct mneme_op_rows){.call = call,
                                  .columns = mneme_conversation_columns,
                                  .column_count = mneme_conversation_column_count,
                                  .limit = limit,
                                  .write_cursor = write_cursor};
}
