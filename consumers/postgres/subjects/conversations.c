/*
 * Conversations, their turns, and the links of memories to them.
 */
#include "consumers/postgres/subjects/subject.h"

static const struct mneme_source conversation_created[] = {
    SCOPE("user_id"),
    SCOPE("agent_id"),
    PAYLOAD("title"),
    PAYLOAD_OR("metadata", "{}"),
    NUMBER("is_active", true),
    NUMBER("is_deleted", false),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("last_activity_at", "occurred_at"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source conversation_updated[] = {PAYLOAD("title"), PAYLOAD("metadata"),
                                                           CHANGED_BY_EVENT};

static const struct mneme_source conversation_closed[] = {NUMBER("is_active", false), CHANGED_BY_EVENT};

static const struct mneme_source conversation_deleted[] = {MARKED_DELETED};

static const struct mneme_source working_cleared[] = {WORKING_CLEARED};

#define CONVERSATION(action_kind)                                                                            \
    .kind = (action_kind), .table = MNEME_FOLD_TABLE_CONVERSATIONS, .id = "conversation_id"

static const struct mneme_action conversation_actions[] = {
    {.type = MNEME_EVENT_CONVERSATION_CREATED,
     CONVERSATION(MNEME_ACTION_CREATE),
     CREATES(conversation_created)},
    {.type = MNEME_EVENT_CONVERSATION_UPDATED,
     CONVERSATION(MNEME_ACTION_CHANGE),
     CHANGES(conversation_updated)},
    {.type = MNEME_EVENT_CONVERSATION_CLOSED,
     CONVERSATION(MNEME_ACTION_CHANGE),
     CHANGES(conversation_closed)},
    {.type = MNEME_EVENT_CONVERSATION_DELETED,
     CONVERSATION(MNEME_ACTION_CHANGE),
     CHANGES(conversation_deleted)},
    {.type = MNEME_EVENT_CONVERSATION_DELETED, WORKING(MNEME_ACTION_TOUCH), CHANGES(working_cleared)},
};

const struct mneme_fold_table mneme_fold_table_conversations = {
    ACTIONS(conversation_actions),
};

/* A conversation that begins with its first turn. */
static const struct mneme_source conversation_begun[] = {
    SCOPE("user_id"),
    SCOPE("agent_id"),
    TEXT("metadata", "{}"),
    NUMBER("is_active", true),
    NUMBER("is_deleted", false),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("last_activity_at", "occurred_at"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source conversation_active[] = {
    {.column = "last_activity_at", .kind = MNEME_SOURCE_LATEST, .field = "occurred_at"},
};

static const struct mneme_source turn_added[] = {
    PAYLOAD("role"),
    PAYLOAD("speaker"),
    PAYLOAD("content"),
    {.column = "content_hash", .kind = MNEME_SOURCE_SHA256, .field = "content"},
    PAYLOAD("token_count"),
    PAYLOAD("model"),
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

/* A correction replaces everything except when the turn was first said. */
#define CORRECTED                                                                                            \
    {.column = "metadata",                                                                                   \
     .kind = MNEME_SOURCE_REPLACE,                                                                           \
     .field = "metadata",                                                                                    \
     .has_default = true,                                                                                    \
     .text = "{}"},                                                                                          \
        ENVELOPE("corrected_at", "occurred_at"), ENVELOPE("source_event_id", "event_id")
#define SAID                                                                                                 \
    PAYLOAD("role"), REPLACE("speaker"), PAYLOAD("content"),                                                 \
        {.column = "content_hash", .kind = MNEME_SOURCE_SHA256, .field = "content"}, REPLACE("token_count"), \
    {                                                                                                        \
        .column = "model", .kind = MNEME_SOURCE_REPLACE, .field = "model", .clear_field = "agent_response"   \
    }

static const struct mneme_source turn_said[] = {
    SAID,
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

static const struct mneme_source turn_corrected[] = {SAID, CORRECTED};

/* The turn behind a user's, of the same event. */
#define ANSWERED                                                                                             \
    TEXT("role", "assistant"), NOTHING("speaker"),                                                           \
        {.column = "content", .kind = MNEME_SOURCE_PAYLOAD, .field = "agent_response"},                      \
        {.column = "content_hash", .kind = MNEME_SOURCE_SHA256, .field = "agent_response"},                  \
        NOTHING("token_count"), REPLACE("model")

static const struct mneme_source answer_given[] = {
    ANSWERED,
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

static const struct mneme_source answer_corrected[] = {ANSWERED, CORRECTED};

#define TURN                                                                                                 \
    .kind = MNEME_ACTION_APPEND, .table = MNEME_FOLD_TABLE_CONVERSATION_TURNS, .id = "conversation_id",      \
    .index = "turn_index"

static const struct mneme_action turn_actions[] = {
    {.type = MNEME_EVENT_CONVERSATION_TURN,
     CONVERSATION(MNEME_ACTION_ENSURE),
     CREATES(conversation_begun),
     CHANGES(conversation_active)},
    {.type = MNEME_EVENT_CONVERSATION_TURN, .until = 1, TURN, CREATES(turn_added)},
    {.type = MNEME_EVENT_CONVERSATION_TURN, .since = 2, TURN, CREATES(turn_said), CHANGES(turn_corrected)},
    {.type = MNEME_EVENT_CONVERSATION_TURN,
     .since = 2,
     .only_with = "agent_response",
     .is_behind = true,
     TURN,
     CREATES(answer_given),
     CHANGES(answer_corrected)},
};

const struct mneme_fold_table mneme_fold_table_conversation_turns = {
    ACTIONS(turn_actions),
    .parent = MNEME_FOLD_TABLE_CONVERSATIONS,
    .next_index = "turn_count",
};

static const struct mneme_source memory_linked[] = {
    PAYLOAD("message_context"),
    PAYLOAD("insights"),
    PAYLOAD("follow_up_actions"),
    ENVELOPE("created_at", "occurred_at"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source link_changed[] = {
    PAYLOAD("message_context"),
    PAYLOAD("insights"),
    PAYLOAD("follow_up_actions"),
    CHANGED_BY_EVENT,
};

static const struct mneme_action link_actions[] = {
    {.type = MNEME_EVENT_CONVERSATION_MEMORY_LINKED, CONVERSATION(MNEME_ACTION_REQUIRE)},
    {.type = MNEME_EVENT_CONVERSATION_MEMORY_LINKED,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_FOLD_TABLE_CONVERSATION_MEMORIES,
     .id = "conversation_id",
     .second = "memory_id",
     CREATES(memory_linked),
     CHANGES(link_changed)},
};

const struct mneme_fold_table mneme_fold_table_conversation_memories = {
    ACTIONS(link_actions),
};
