/*
 * Knowledge of specialists, and knowledge about users.
 */
#include "consumers/postgres/subjects/subject.h"

#define KNOWN                                                                                                \
    PAYLOAD("domain"), PAYLOAD("knowledge_type"), PAYLOAD("content"), PAYLOAD("confidence"),                 \
        PAYLOAD("evidence")
#define RECORDED                                                                                             \
    SCOPE("agent_id"), SCOPE("user_id"), KNOWN, PAYLOAD_OR("metadata", "{}"),                                \
        ENVELOPE("created_at", "occurred_at"), CHANGED_BY_EVENT
#define REVISED KNOWN, PAYLOAD("validation_status"), PAYLOAD("metadata"), CHANGED_BY_EVENT
/* When it was checked: as the event says, or by the event that says that it is validated. */
#define VALIDATED_AT                                                                                         \
    {                                                                                                        \
        .column = "validated_at", .kind = MNEME_SOURCE_TIME_OR_AFTER, .field = "validated_at",               \
        .when_field = "validation_status", .text = "validated"                                               \
    }

static const struct mneme_source knowledge_recorded_1[] = {RECORDED, PAYLOAD("validation_status")};

static const struct mneme_source knowledge_revised_1[] = {REVISED};

static const struct mneme_source knowledge_recorded[] = {RECORDED, PAYLOAD_OR("validation_status", "pending"),
                                                         VALIDATED_AT};

static const struct mneme_source knowledge_revised[] = {REVISED, VALIDATED_AT};

#define KNOWLEDGE_RECORDED                                                                                   \
    .type = MNEME_EVENT_KNOWLEDGE_RECORDED, .kind = MNEME_ACTION_PUT, .table = MNEME_FOLD_TABLE_KNOWLEDGE,   \
    .id = "knowledge_id"

static const struct mneme_action knowledge_actions[] = {
    {KNOWLEDGE_RECORDED, .until = 1, CREATES(knowledge_recorded_1), CHANGES(knowledge_revised_1)},
    {KNOWLEDGE_RECORDED, .since = 2, CREATES(knowledge_recorded), CHANGES(knowledge_revised)},
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
