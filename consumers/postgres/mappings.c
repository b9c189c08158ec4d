/*
 * The mapping from events to tables. One entry for each thing that an event does.
 */
#include "consumers/postgres/mappings.h"

#define DAY_MICROS 86400e6

#define PAYLOAD(name)                                                                                        \
    { .column = (name), .kind = MNEME_SOURCE_PAYLOAD, .field = (name) }
#define PAYLOAD_OR(name, default_text)                                                                       \
    {                                                                                                        \
        .column = (name), .kind = MNEME_SOURCE_PAYLOAD, .field = (name), .has_default = true,                \
        .text = (default_text)                                                                               \
    }
#define ENVELOPE(column_name, field_name)                                                                    \
    { .column = (column_name), .kind = MNEME_SOURCE_ENVELOPE, .field = (field_name) }
#define SCOPE(name) ENVELOPE(name, "scope." name)
#define NUMBER(name, value)                                                                                  \
    { .column = (name), .kind = MNEME_SOURCE_CONSTANT, .number = (value) }
#define TEXT(name, value)                                                                                    \
    { .column = (name), .kind = MNEME_SOURCE_CONSTANT, .text = (value) }
#define NOTHING(name)                                                                                        \
    { .column = (name), .kind = MNEME_SOURCE_NULL }
#define CHANGED_BY_EVENT ENVELOPE("updated_at", "occurred_at"), ENVELOPE("source_event_id", "event_id")

static const struct mneme_source memory_created[] = {
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    PAYLOAD("memory_type"),
    PAYLOAD("term"),
    PAYLOAD("content"),
    PAYLOAD_OR("metadata", "{}"),
    PAYLOAD_OR("tags", NULL),
    PAYLOAD_OR("entities", NULL),
    PAYLOAD("confidence"),
    PAYLOAD("importance"),
    PAYLOAD("priority"),
    NUMBER("access_count", 0),
    ENVELOPE("created_at", "occurred_at"),
    {.column = "expires_at",
     .kind = MNEME_SOURCE_TIME_OR_AFTER,
     .field = "expires_at",
     .when_field = "term",
     .text = "short_term",
     .number = 7 * DAY_MICROS},
    NUMBER("is_deleted", false),
    NUMBER("is_archived", false),
    PAYLOAD("tier"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source memory_updated[] = {
    PAYLOAD("content"),  PAYLOAD("metadata"),   PAYLOAD("tags"),
    PAYLOAD("entities"), PAYLOAD("confidence"), PAYLOAD("importance"),
    PAYLOAD("priority"), PAYLOAD("expires_at"), CHANGED_BY_EVENT,
};

static const struct mneme_source marked_deleted[] = {NUMBER("is_deleted", true), CHANGED_BY_EVENT};

static const struct mneme_source memory_promoted[] = {
    TEXT("term", "long_term"),
    NOTHING("expires_at"),
    {.column = "importance", .kind = MNEME_SOURCE_PLUS, .number = 0.1, .minimum = 0, .maximum = 1},
    CHANGED_BY_EVENT,
};

static const struct mneme_source memory_prioritized[] = {
    {.column = "priority", .kind = MNEME_SOURCE_TIMES, .field = "boost_factor", .minimum = 0, .maximum = 10},
    CHANGED_BY_EVENT,
};

static const struct mneme_source memory_archived[] = {NUMBER("is_archived", true), CHANGED_BY_EVENT};

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

#define CREATES(array) .creates = (array), .create_count = sizeof(array) / sizeof *(array)
#define CHANGES(array) .changes = (array), .change_count = sizeof(array) / sizeof *(array)
#define MEMORY(change)                                                                                       \
    .kind = MNEME_ACTION_CHANGE, .table = MNEME_TABLE_MEMORIES, .id = "memory_id",                           \
    .expected_version = "expected_memory_version", CHANGES(change)
#define CONVERSATION(action_kind)                                                                            \
    .kind = (action_kind), .table = MNEME_TABLE_CONVERSATIONS, .id = "conversation_id"

const struct mneme_action mneme_actions[] = {
    {.type = MNEME_EVENT_MEMORY_CREATED,
     .kind = MNEME_ACTION_CREATE,
     .table = MNEME_TABLE_MEMORIES,
     .id = "memory_id",
     CREATES(memory_created)},
    {.type = MNEME_EVENT_MEMORY_UPDATED, MEMORY(memory_updated)},
    {.type = MNEME_EVENT_MEMORY_DELETED, MEMORY(marked_deleted)},
    {.type = MNEME_EVENT_MEMORY_PROMOTED, MEMORY(memory_promoted)},
    {.type = MNEME_EVENT_MEMORY_PRIORITIZED, MEMORY(memory_prioritized)},
    {.type = MNEME_EVENT_MEMORY_ARCHIVED, MEMORY(memory_archived)},
    {.type = MNEME_EVENT_CONVERSATION_CREATED,
     CONVERSATION(MNEME_ACTION_CREATE),
     CREATES(conversation_created)},
    {.type = MNEME_EVENT_CONVERSATION_UPDATED,
     CONVERSATION(MNEME_ACTION_CHANGE),
     CHANGES(conversation_updated)},
    {.type = MNEME_EVENT_CONVERSATION_CLOSED,
     CONVERSATION(MNEME_ACTION_CHANGE),
     CHANGES(conversation_closed)},
    {.type = MNEME_EVENT_CONVERSATION_DELETED, CONVERSATION(MNEME_ACTION_CHANGE), CHANGES(marked_deleted)},
    {.type = MNEME_EVENT_CONVERSATION_TURN,
     CONVERSATION(MNEME_ACTION_ENSURE),
     CREATES(conversation_begun),
     CHANGES(conversation_active)},
    {.type = MNEME_EVENT_CONVERSATION_TURN,
     .kind = MNEME_ACTION_APPEND,
     .table = MNEME_TABLE_TURNS,
     .id = "conversation_id",
     .index = "turn_index",
     CREATES(turn_added)},
};
const size_t mneme_action_count = sizeof mneme_actions / sizeof *mneme_actions;
