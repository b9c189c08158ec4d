/*
 * What specialists know, and what is known of users.
 */
#include "consumers/postgres/subjects/subject.h"

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

static const struct mneme_action knowledge_actions[] = {
    {.type = MNEME_EVENT_KNOWLEDGE_RECORDED,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_FOLD_TABLE_KNOWLEDGE,
     .id = "knowledge_id",
     CREATES(knowledge_recorded),
     CHANGES(knowledge_revised)},
};

const struct mneme_fold_table mneme_fold_table_knowledge = {
    ACTIONS(knowledge_actions),
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

static const struct mneme_action profile_actions[] = {
    {.type = MNEME_EVENT_USER_ONBOARDED,
     .kind = MNEME_ACTION_PUT,
     .table = MNEME_FOLD_TABLE_PROFILES,
     .id = "scope.user_id",
     CREATES(user_onboarded),
     CHANGES(profile_changed)},
};

const struct mneme_fold_table mneme_fold_table_profiles = {
    ACTIONS(profile_actions),
};
