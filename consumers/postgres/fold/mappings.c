/*
 * The mapping from events to tables. One entry for each thing that an event does.
 */
#include "consumers/postgres/fold/mappings.h"

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
#define REPLACE(name)                                                                                        \
    { .column = (name), .kind = MNEME_SOURCE_REPLACE, .field = (name) }
#define NOTHING(name)                                                                                        \
    { .column = (name), .kind = MNEME_SOURCE_NULL }
#define SEQUENCE(name)                                                                                       \
    { .column = (name), .kind = MNEME_SOURCE_SEQUENCE }
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

/* What a policy does not name does not count any more. */
#define POLICY REPLACE("min_priority"), REPLACE("max_age_days"), REPLACE("score_threshold"), CHANGED_BY_EVENT

static const struct mneme_source retention_set[] = {
    SCOPE("user_id"),
    SCOPE("agent_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    ENVELOPE("created_at", "occurred_at"),
    POLICY,
};

static const struct mneme_source retention_changed[] = {POLICY};

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

/* A memory that another event leaves behind. */
#define MEMORY_DEFAULTS                                                                                      \
    TEXT("tags", NULL), TEXT("entities", NULL), NUMBER("importance", 0.5), NUMBER("priority", 5),            \
        ENVELOPE("created_at", "occurred_at"), NUMBER("is_deleted", false), NUMBER("is_archived", false),    \
        TEXT("tier", "warm"), CHANGED_BY_EVENT

static const struct mneme_source decision_memory[] = {
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    TEXT("memory_type", "decision"),
    {.column = "content", .kind = MNEME_SOURCE_OBJECT, .members = mneme_decision_content},
    PAYLOAD_OR("metadata", "{}"),
    {.column = "confidence",
     .kind = MNEME_SOURCE_PAYLOAD,
     .field = "confidence",
     .has_default = true,
     .number = 1},
    MEMORY_DEFAULTS,
};

static const struct mneme_source decision_made[] = {
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    PAYLOAD("decision"),
    PAYLOAD("category"),
    PAYLOAD("urgency"),
    PAYLOAD("confidence"),
    PAYLOAD("context"),
    PAYLOAD_OR("insights_used", NULL),
    PAYLOAD_OR("triggering_events", NULL),
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

/* For the receiver. */
static const struct mneme_source handoff_memory[] = {
    {.column = "agent_id", .kind = MNEME_SOURCE_PAYLOAD, .field = "to_agent"},
    SCOPE("user_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    TEXT("memory_type", "knowledge"),
    {.column = "content", .kind = MNEME_SOURCE_OBJECT, .members = mneme_handoff_content},
    TEXT("metadata", "{}"),
    NUMBER("confidence", 1),
    MEMORY_DEFAULTS,
};

static const struct mneme_source handed_off[] = {
    PAYLOAD("from_agent"),
    PAYLOAD("to_agent"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    PAYLOAD("topic"),
    PAYLOAD("context"),
    PAYLOAD("reason"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

static const struct mneme_source hypothesis_formed[] = {
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    PAYLOAD("hypothesis"),
    PAYLOAD("confidence"),
    PAYLOAD("evidence"),
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source hypothesis_validated[] = {
    PAYLOAD("is_valid"),
    PAYLOAD("final_confidence"),
    {.column = "final_evidence", .kind = MNEME_SOURCE_PAYLOAD, .field = "evidence"},
    PAYLOAD("metadata"),
    ENVELOPE("validated_at", "occurred_at"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source knowledge_recorded[] = {
    SCOPE("agent_id"),
    SCOPE("user_id"),
    PAYLOAD("domain"),
    PAYLOAD("knowledge_type"),
    PAYLOAD("content"),
    PAYLOAD("confidence"),
    PAYLOAD("evidence"),
    PAYLOAD("validation_status"),
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source knowledge_revised[] = {
    PAYLOAD("domain"),   PAYLOAD("knowledge_type"),    PAYLOAD("content"),  PAYLOAD("confidence"),
    PAYLOAD("evidence"), PAYLOAD("validation_status"), PAYLOAD("metadata"), CHANGED_BY_EVENT,
};

static const struct mneme_source user_onboarded[] = {
    PAYLOAD_OR("profile", "{}"),
    PAYLOAD_OR("preferences", "{}"),
    PAYLOAD("source"),
    ENVELOPE("created_at", "occurred_at"),
    CHANGED_BY_EVENT,
};

static const struct mneme_source profile_changed[] = {
    PAYLOAD("profile"),
    PAYLOAD("preferences"),
    PAYLOAD("source"),
    CHANGED_BY_EVENT,
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

static const struct mneme_source flow_run_recorded[] = {
    PAYLOAD("flow"),
    PAYLOAD("run"),
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    PAYLOAD("data"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

static const struct mneme_source task_output_recorded[] = {
    PAYLOAD("task"),
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    PAYLOAD("output"),
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

/* The working memory of a conversation; `goal_source` tells its goal. */
#define WORKING_BEGUN(goal_source, cleared)                                                                  \
    SCOPE("user_id"), SCOPE("agent_id"), goal_source, cleared, NUMBER("context_cleared_sequence", -1),       \
        ENVELOPE("created_at", "occurred_at"), CHANGED_BY_EVENT

static const struct mneme_source working_begun[] = {
    WORKING_BEGUN(NOTHING("goal"), NUMBER("cleared_sequence", -1)),
};

static const struct mneme_source working_begun_with_goal[] = {
    WORKING_BEGUN(PAYLOAD("goal"), NUMBER("cleared_sequence", -1)),
};

static const struct mneme_source working_begun_empty[] = {
    WORKING_BEGUN(NOTHING("goal"), SEQUENCE("cleared_sequence")),
};

static const struct mneme_source goal_set[] = {REPLACE("goal"), CHANGED_BY_EVENT};

static const struct mneme_source context_cleared[] = {SEQUENCE("context_cleared_sequence"), CHANGED_BY_EVENT};

static const struct mneme_source working_cleared[] = {
    NOTHING("goal"),
    SEQUENCE("cleared_sequence"),
    SEQUENCE("context_cleared_sequence"),
    CHANGED_BY_EVENT,
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

#define CONTEXT_VALUE                                                                                        \
    PAYLOAD("value"), PAYLOAD("ttl_s"),                                                                      \
        {.column = "expires_at", .kind = MNEME_SOURCE_EXPIRY, .field = "ttl_s"},                             \
        NUMBER("is_deleted", false), CHANGED_BY_EVENT

static const struct mneme_source context_begun[] = {ENVELOPE("created_at", "occurred_at"), CONTEXT_VALUE};

static const struct mneme_source context_changed[] = {CONTEXT_VALUE};

#define CREATES(array) .creates = (array), .create_count = sizeof(array) / sizeof *(array)
#define CHANGES(array) .changes = (array), .change_count = sizeof(array) / sizeof *(array)
#define MEMORY(change)                                                                                       \
    .kind = MNEME_ACTION_CHANGE, .table = MNEME_TABLE_MEMORIES, .id = "memory_id",                           \
    .expected_version = "expected_memory_version", CHANGES(change)
#define NEW(table_id, key) .kind = MNEME_ACTION_CREATE, .table = (table_id), .id = (key)
#define CONVERSATION(action_kind)                                                                            \
    .kind = (action_kind), .table = MNEME_TABLE_CONVERSATIONS, .id = "conversation_id"
#define WORKING(action_kind) .kind = (action_kind), .table = MNEME_TABLE_WORKING, .id = "conversation_id"
#define WORKING_ENTRY                                                                                        \
    .kind = MNEME_ACTION_APPEND, .table = MNEME_TABLE_WORKING_ENTRIES, .id = "conversation_id"
#define CONTEXT_KEY(action_kind)                                                                             \
    .kind = (action_kind), .table = MNEME_TABLE_CONTEXT_KEYS, .id = "conversation_id", .second = "key"

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
    {.type = MNEME_EVENT_RETENTION_SET,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_TABLE_RETENTION,
     .id = "scope",
     CREATES(retention_set),
     CHANGES(retention_changed)},
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
    {.type = MNEME_EVENT_CONVERSATION_DELETED, WORKING(MNEME_ACTION_TOUCH), CHANGES(working_cleared)},
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
    {.type = MNEME_EVENT_CONVERSATION_MEMORY_LINKED, CONVERSATION(MNEME_ACTION_REQUIRE)},
    {.type = MNEME_EVENT_CONVERSATION_MEMORY_LINKED,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_TABLE_LINKS,
     .id = "conversation_id",
     .second = "memory_id",
     CREATES(memory_linked),
     CHANGES(link_changed)},
    {.type = MNEME_EVENT_AGENT_DECISION, NEW(MNEME_TABLE_DECISIONS, "decision_id"), CREATES(decision_made)},
    {.type = MNEME_EVENT_AGENT_DECISION, NEW(MNEME_TABLE_MEMORIES, "decision_id"), CREATES(decision_memory)},
    {.type = MNEME_EVENT_AGENT_HANDOFF, NEW(MNEME_TABLE_HANDOFFS, "handoff_id"), CREATES(handed_off)},
    {.type = MNEME_EVENT_AGENT_HANDOFF, NEW(MNEME_TABLE_MEMORIES, "handoff_id"), CREATES(handoff_memory)},
    {.type = MNEME_EVENT_HYPOTHESIS_FORMED,
     NEW(MNEME_TABLE_HYPOTHESES, "hypothesis_id"),
     CREATES(hypothesis_formed)},
    {.type = MNEME_EVENT_HYPOTHESIS_VALIDATED,
     .kind = MNEME_ACTION_CHANGE,
     .table = MNEME_TABLE_HYPOTHESES,
     .id = "hypothesis_id",
     CHANGES(hypothesis_validated)},
    {.type = MNEME_EVENT_KNOWLEDGE_RECORDED,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_TABLE_KNOWLEDGE,
     .id = "knowledge_id",
     CREATES(knowledge_recorded),
     CHANGES(knowledge_revised)},
    {.type = MNEME_EVENT_USER_ONBOARDED,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_TABLE_PROFILES,
     .id = "scope.user_id",
     CREATES(user_onboarded),
     CHANGES(profile_changed)},
    {.type = MNEME_EVENT_FLOW_RUN_RECORDED,
     NEW(MNEME_TABLE_FLOW_RUNS, "flow_run_id"),
     CREATES(flow_run_recorded)},
    {.type = MNEME_EVENT_TASK_OUTPUT_RECORDED,
     NEW(MNEME_TABLE_TASK_OUTPUTS, "task_output_id"),
     CREATES(task_output_recorded)},
    {.type = MNEME_EVENT_CONTEXT_SET, WORKING(MNEME_ACTION_ENSURE), CREATES(working_begun)},
    {.type = MNEME_EVENT_CONTEXT_SET,
     CONTEXT_KEY(MNEME_ACTION_PUT),
     CREATES(context_begun),
     CHANGES(context_changed)},
    {.type = MNEME_EVENT_CONTEXT_DELETED, WORKING(MNEME_ACTION_REQUIRE)},
    {.type = MNEME_EVENT_CONTEXT_DELETED, CONTEXT_KEY(MNEME_ACTION_CHANGE), CHANGES(marked_deleted)},
    {.type = MNEME_EVENT_CONTEXT_CLEARED, WORKING(MNEME_ACTION_TOUCH), CHANGES(context_cleared)},
    {.type = MNEME_EVENT_CONTEXT_APPENDED, WORKING(MNEME_ACTION_ENSURE), CREATES(working_begun)},
    {.type = MNEME_EVENT_CONTEXT_APPENDED, WORKING_ENTRY, CREATES(context_event_added)},
    {.type = MNEME_EVENT_WORKING_THOUGHT, WORKING(MNEME_ACTION_ENSURE), CREATES(working_begun)},
    {.type = MNEME_EVENT_WORKING_THOUGHT, WORKING_ENTRY, CREATES(thought_added)},
    {.type = MNEME_EVENT_WORKING_GOAL_SET,
     WORKING(MNEME_ACTION_PUT),
     CREATES(working_begun_with_goal),
     CHANGES(goal_set)},
    {.type = MNEME_EVENT_WORKING_CLEARED,
     WORKING(MNEME_ACTION_PUT),
     CREATES(working_begun_empty),
     CHANGES(working_cleared)},
};
const size_t mneme_action_count = sizeof mneme_actions / sizeof *mneme_actions;
