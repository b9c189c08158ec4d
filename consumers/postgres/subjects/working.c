/*
 * Working memory: a conversation's goal, its entries (thoughts, and events of the context), and the keys of
 * its context.
 */
#include "consumers/postgres/subjects/subject.h"

/* The working memory of a conversation, but for its goal. */
#define WORKING_BEGUN(cleared)                                                                               \
    SCOPE("user_id"), SCOPE("agent_id"), cleared, NUMBER("context_cleared_sequence", -1),                    \
        ENVELOPE("created_at", "occurred_at"), CHANGED_BY_EVENT

#define GOAL_SET                                                                                             \
    REPLACE("goal"), REPLACE("goal_id"), ENVELOPE("goal_event_id", "event_id"),                              \
        ENVELOPE("goal_set_at", "occurred_at")

static const struct mneme_source working_begun_with_goal[] = {
    GOAL_SET,
    WORKING_BEGUN(NUMBER("cleared_sequence", -1)),
};

static const struct mneme_source working_begun_empty[] = {
    NO_GOAL,
    WORKING_BEGUN(SEQUENCE("cleared_sequence")),
};

static const struct mneme_source goal_set[] = {GOAL_SET, CHANGED_BY_EVENT};

static const struct mneme_source working_cleared[] = {WORKING_CLEARED};

static const struct mneme_action working_actions[] = {
    {.type = MNEME_EVENT_WORKING_GOAL_SET,
     WORKING(MNEME_ACTION_PUT),
     CREATES(working_begun_with_goal),
     CHANGES(goal_set)},
    {.type = MNEME_EVENT_WORKING_CLEARED,
     WORKING(MNEME_ACTION_PUT),
     CREATES(working_begun_empty),
     CHANGES(working_cleared)},
};

const struct mneme_fold_table mneme_fold_table_working_memory = {
    ACTIONS(working_actions),
};

static const struct mneme_source working_begun[] = {
    NO_GOAL,
    WORKING_BEGUN(NUMBER("cleared_sequence", -1)),
};

static const struct mneme_source thought_added[] = {
    TEXT("kind", "thought"),
    PAYLOAD("thought"),
    PAYLOAD_OR("metadata", "{}"),
    NOTHING("event"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

static const struct mneme_source context_event_added[] = {
    TEXT("kind", "event"),
    NOTHING("thought"),
    NOTHING("metadata"),
    PAYLOAD("event"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

#define WORKING_ENTRY                                                                                        \
    .kind = MNEME_ACTION_APPEND, .table = MNEME_FOLD_TABLE_WORKING_ENTRIES, .id = "conversation_id"

static const struct mneme_action entry_actions[] = {
    {.type = MNEME_EVENT_CONTEXT_APPENDED, WORKING(MNEME_ACTION_ENSURE), CREATES(working_begun)},
    {.type = MNEME_EVENT_CONTEXT_APPENDED, WORKING_ENTRY, CREATES(context_event_added)},
    {.type = MNEME_EVENT_WORKING_THOUGHT, WORKING(MNEME_ACTION_ENSURE), CREATES(working_begun)},
    {.type = MNEME_EVENT_WORKING_THOUGHT, WORKING_ENTRY, CREATES(thought_added)},
};

const struct mneme_fold_table mneme_fold_table_working_entries = {
    ACTIONS(entry_actions),
    .beside_key = "kind",
    .parent = MNEME_FOLD_TABLE_WORKING_MEMORY,
    .next_index = "entry_count",
};

static const struct mneme_source context_cleared[] = {SEQUENCE("context_cleared_sequence"), CHANGED_BY_EVENT};

#define CONTEXT_VALUE                                                                                        \
    PAYLOAD("value"), PAYLOAD("ttl_s"),                                                                      \
        {.column = "expires_at", .kind = MNEME_SOURCE_EXPIRY, .field = "ttl_s"},                             \
        NUMBER("is_deleted", false), CHANGED_BY_EVENT

static const struct mneme_source context_begun[] = {ENVELOPE("created_at", "occurred_at"), CONTEXT_VALUE};

static const struct mneme_source context_changed[] = {CONTEXT_VALUE};

static const struct mneme_source context_deleted[] = {MARKED_DELETED};

#define CONTEXT_KEY(action_kind)                                                                             \
    .kind = (action_kind), .table = MNEME_FOLD_TABLE_CONTEXT_KEYS, .id = "conversation_id", .second = "key"

static const struct mneme_action context_actions[] = {
    {.type = MNEME_EVENT_CONTEXT_SET, WORKING(MNEME_ACTION_ENSURE), CREATES(working_begun)},
    {.type = MNEME_EVENT_CONTEXT_SET,
     CONTEXT_KEY(MNEME_ACTION_PUT),
     CREATES(context_begun),
     CHANGES(context_changed)},
    {.type = MNEME_EVENT_CONTEXT_DELETED, WORKING(MNEME_ACTION_REQUIRE)},
    {.type = MNEME_EVENT_CONTEXT_DELETED, CONTEXT_KEY(MNEME_ACTION_CHANGE), CHANGES(context_deleted)},
    {.type = MNEME_EVENT_CONTEXT_CLEARED, WORKING(MNEME_ACTION_TOUCH), CHANGES(context_cleared)},
};

const struct mneme_fold_table mneme_fold_table_context_keys = {
    ACTIONS(context_actions),
    .parent = MNEME_FOLD_TABLE_WORKING_MEMORY,
    .forgotten = "context_cleared_sequence",
};
