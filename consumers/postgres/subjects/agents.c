/*
 * What agents do: decisions and hand-offs, which leave memories behind, and hypotheses.
 */
#include "consumers/postgres/subjects/subject.h"

/* A memory that another event leaves behind. */
#define MEMORY_DEFAULTS                                                                                      \
    TEXT("tags", NULL), TEXT("entities", NULL), NUMBER("importance", 0.5), NUMBER("priority", 5),            \
        ENVELOPE("created_at", "occurred_at"), NUMBER("is_deleted", false), NUMBER("is_archived", false),    \
        TEXT("tier", "warm"), CHANGED_BY_EVENT

#define DECISION                                                                                             \
    SCOPE("agent_id"), SCOPE("user_id"), SCOPE("run_id"), SCOPE("conversation_id"), PAYLOAD("decision"),     \
        PAYLOAD("confidence"), PAYLOAD("context"), PAYLOAD_OR("insights_used", NULL),                        \
        PAYLOAD_OR("triggering_events", NULL), PAYLOAD_OR("metadata", "{}"),                                 \
        ENVELOPE("created_at", "occurred_at"), ENVELOPE("source_event_id", "event_id")

static const struct mneme_source decision_made_1[] = {DECISION, PAYLOAD("category"), PAYLOAD("urgency")};

static const struct mneme_source decision_made[] = {
    DECISION,
    PAYLOAD_OR("category", "general"),
    PAYLOAD_OR("urgency", "normal"),
    PAYLOAD("context_summary"),
    PAYLOAD("cross_agent_collaboration"),
};

static const struct mneme_source decision_memory[] = {
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    SCOPE("conversation_id"),
    TEXT("memory_type", "decision"),
    LEFT_CONTENT,
    LEFT_METADATA,
    {.column = "confidence",
     .kind = MNEME_SOURCE_PAYLOAD,
     .field = "confidence",
     .has_default = true,
     .number = 1},
    MEMORY_DEFAULTS,
};

static const struct mneme_action decision_actions[] = {
    {.type = MNEME_EVENT_AGENT_DECISION,
     .until = 1,
     NEW(MNEME_FOLD_TABLE_AGENT_DECISIONS, "decision_id"),
     CREATES(decision_made_1)},
    {.type = MNEME_EVENT_AGENT_DECISION,
     .since = 2,
     NEW(MNEME_FOLD_TABLE_AGENT_DECISIONS, "decision_id"),
     CREATES(decision_made)},
    {.type = MNEME_EVENT_AGENT_DECISION,
     NEW(MNEME_FOLD_TABLE_MEMORIES, "decision_id"),
     CREATES(decision_memory)},
};

const struct mneme_fold_table mneme_fold_table_agent_decisions = {
    ACTIONS(decision_actions),
};

#define HANDOFF                                                                                              \
    PAYLOAD("from_agent"), PAYLOAD("to_agent"), SCOPE("user_id"), SCOPE("run_id"), SCOPE("conversation_id"), \
        PAYLOAD("topic"), PAYLOAD("context"), ENVELOPE("created_at", "occurred_at"),                         \
        ENVELOPE("source_event_id", "event_id")

static const struct mneme_source handed_off_1[] = {HANDOFF, PAYLOAD("reason")};

static const struct mneme_source handed_off[] = {
    HANDOFF,
    PAYLOAD_OR("reason", "specialist_expertise_required"),
    PAYLOAD_OR("handoff_type", "consultation"),
    PAYLOAD_OR("urgency", "normal"),
    PAYLOAD_OR("expected_duration", "unknown"),
    {.column = "requires_response",
     .kind = MNEME_SOURCE_PAYLOAD,
     .field = "requires_response",
     .has_default = true,
     .number = true},
};

/* For the receiver. */
#define HANDOFF_MEMORY                                                                                       \
    {.column = "agent_id", .kind = MNEME_SOURCE_PAYLOAD, .field = "to_agent"}, SCOPE("user_id"),             \
        SCOPE("run_id"), SCOPE("conversation_id"), LEFT_CONTENT, LEFT_METADATA, NUMBER("confidence", 1),     \
        MEMORY_DEFAULTS

static const struct mneme_source handoff_memory_1[] = {HANDOFF_MEMORY, TEXT("memory_type", "knowledge")};

static const struct mneme_source handoff_memory[] = {HANDOFF_MEMORY, TEXT("memory_type", "conversation")};

#define HANDED_OFF .type = MNEME_EVENT_AGENT_HANDOFF

static const struct mneme_action handoff_actions[] = {
    {HANDED_OFF, .until = 1, NEW(MNEME_FOLD_TABLE_AGENT_HANDOFFS, "handoff_id"), CREATES(handed_off_1)},
    {HANDED_OFF, .until = 1, NEW(MNEME_FOLD_TABLE_MEMORIES, "handoff_id"), CREATES(handoff_memory_1)},
    {HANDED_OFF, .since = 2, NEW(MNEME_FOLD_TABLE_AGENT_HANDOFFS, "handoff_id"), CREATES(handed_off)},
    {HANDED_OFF, .since = 2, NEW(MNEME_FOLD_TABLE_MEMORIES, "handoff_id"), CREATES(handoff_memory)},
};

const struct mneme_fold_table mneme_fold_table_agent_handoffs = {
    ACTIONS(handoff_actions),
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

static const struct mneme_action hypothesis_actions[] = {
    {.type = MNEME_EVENT_HYPOTHESIS_FORMED,
     NEW(MNEME_FOLD_TABLE_HYPOTHESES, "hypothesis_id"),
     CREATES(hypothesis_formed)},
    {.type = MNEME_EVENT_HYPOTHESIS_VALIDATED,
     .kind = MNEME_ACTION_CHANGE,
     .table = MNEME_FOLD_TABLE_HYPOTHESES,
     .id = "hypothesis_id",
     CHANGES(hypothesis_validated)},
};

const struct mneme_fold_table mneme_fold_table_hypotheses = {
    ACTIONS(hypothesis_actions),
};
