/*
 * Memories, and the policies by which they are kept.
 */
#include "consumers/postgres/subjects/subject.h"

#define DAY_MICROS 86400e6
#define EXPIRES                                                                                              \
    .column = "expires_at", .kind = MNEME_SOURCE_TIME_OR_AFTER, .field = "expires_at", .when_field = "term", \
    .text = "short_term", .number = 7 * DAY_MICROS

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
    {EXPIRES},
    NUMBER("is_deleted", false),
    NUMBER("is_archived", false),
    PAYLOAD("tier"),
    CHANGED_BY_EVENT,
};

/* One that becomes short_term expires, unless the event says that it does not. */
static const struct mneme_source memory_updated[] = {
    PAYLOAD("memory_type"),
    {.column = "term", .kind = MNEME_SOURCE_PAYLOAD, .field = "term", .clear_field = "clear_term"},
    PAYLOAD("content"),
    PAYLOAD("metadata"),
    PAYLOAD("tags"),
    PAYLOAD("entities"),
    PAYLOAD("confidence"),
    PAYLOAD("importance"),
    PAYLOAD("priority"),
    {EXPIRES, .clear_field = "clear_expires_at"},
    CHANGED_BY_EVENT,
};

static const struct mneme_source memory_deleted[] = {MARKED_DELETED};

static const struct mneme_source memory_promoted[] = {
    TEXT("term", "long_term"),
    NOTHING("expires_at"),
    {.column = "importance", .kind = MNEME_SOURCE_PLUS, .number = 0.1, .minimum = 0, .maximum = 1},
    CHANGED_BY_EVENT,
};

#define BOOSTED                                                                                              \
    .column = "priority", .kind = MNEME_SOURCE_TIMES, .field = "boost_factor", .minimum = 0, .maximum = 10

/* Priorities of version 1 are whole numbers. */
static const struct mneme_source memory_prioritized_1[] = {{BOOSTED, .rounds = true}, CHANGED_BY_EVENT};

static const struct mneme_source memory_prioritized[] = {{BOOSTED}, CHANGED_BY_EVENT};

static const struct mneme_source memory_archived[] = {NUMBER("is_archived", true), CHANGED_BY_EVENT};

static const struct mneme_source memory_unarchived[] = {NUMBER("is_archived", false), CHANGED_BY_EVENT};

static const struct mneme_source memory_restored[] = {NUMBER("is_deleted", false), CHANGED_BY_EVENT};

#define MEMORY(change)                                                                                       \
    .kind = MNEME_ACTION_CHANGE, .table = MNEME_FOLD_TABLE_MEMORIES, .id = "memory_id",                      \
    .expected_version = "expected_memory_version", CHANGES(change)

static const struct mneme_action memory_actions[] = {
    {.type = MNEME_EVENT_MEMORY_CREATED,
     .kind = MNEME_ACTION_CREATE,
     .table = MNEME_FOLD_TABLE_MEMORIES,
     .id = "memory_id",
     CREATES(memory_created)},
    {.type = MNEME_EVENT_MEMORY_UPDATED, MEMORY(memory_updated)},
    {.type = MNEME_EVENT_MEMORY_DELETED, MEMORY(memory_deleted)},
    {.type = MNEME_EVENT_MEMORY_PROMOTED, MEMORY(memory_promoted)},
    {.type = MNEME_EVENT_MEMORY_PRIORITIZED, .until = 1, MEMORY(memory_prioritized_1)},
    {.type = MNEME_EVENT_MEMORY_PRIORITIZED, .since = 2, MEMORY(memory_prioritized)},
    {.type = MNEME_EVENT_MEMORY_ARCHIVED, MEMORY(memory_archived)},
    {.type = MNEME_EVENT_MEMORY_UNARCHIVED, MEMORY(memory_unarchived)},
    {.type = MNEME_EVENT_MEMORY_RESTORED,
     .kind = MNEME_ACTION_RESTORE,
     .table = MNEME_FOLD_TABLE_MEMORIES,
     .id = "memory_id",
     .expected_version = "expected_memory_version",
     CHANGES(memory_restored)},
};

const struct mneme_fold_table mneme_fold_table_memories = {
    ACTIONS(memory_actions),
    .has_id_high = true,
};

/* Settings that a policy does not name are reset. */
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

static const struct mneme_action policy_actions[] = {
    {.type = MNEME_EVENT_RETENTION_SET,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_FOLD_TABLE_RETENTION_POLICIES,
     .id = "scope",
     CREATES(retention_set),
     CHANGES(retention_changed)},
};

const struct mneme_fold_table mneme_fold_table_retention_policies = {
    ACTIONS(policy_actions),
};
