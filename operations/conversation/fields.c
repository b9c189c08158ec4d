#include "operations/conversation/fields.h"

#include "operations/fields.h"

const struct mneme_op_column mneme_conversation_op_columns[] = {
    MNEME_OP_SHOWN("conversation_id", MNEME_ROW_STR, "CONVERSATION"),
    {"user_id", MNEME_ROW_STR, "SUBJECT", NULL, "agent_id"},
    MNEME_OP_SHOWN("turn_count", MNEME_ROW_OPT_LONG, "TURNS"),
    MNEME_OP_SHOWN("is_active", MNEME_ROW_OPT_BOOL, "ACTIVE"),
    MNEME_OP_SHOWN("last_activity_at", MNEME_ROW_OPT_TIME, "LAST ACTIVITY"),
    MNEME_OP_SHOWN("title", MNEME_ROW_STR, "TITLE"),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("agent_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("is_deleted", MNEME_ROW_OPT_BOOL),
    MNEME_OP_BESIDE("created_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("updated_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_VERSION_COLUMNS,
    {0},
};
