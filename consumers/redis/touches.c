/*
 * Which event touches what, as a table.
 */
#include "consumers/redis/touches.h"

#include <stddef.h>

#include "common/base/uuid.h"
#include "schemas/access_stream.h"
#include "stores/redis/keys.h"
#include "stores/redis/memory_load.h"

/* A value filled just before an event was recorded may outlive it by as much as clocks differ. */
#define CLOCKS_MICROS INT64_C(60000000)

/* Offset in the event of the name or id of what is touched. */
#define FIELD(payload_name, field) offsetof(struct mneme_event, payload.payload_name.field)

static const struct {
    enum mneme_event_type type;
    enum mneme_touch_kind kind;
    size_t field;
} touching[] = {
    {MNEME_EVENT_MEMORY_CREATED, MNEME_TOUCH_MEMORY, FIELD(memory_created, memory_id)},
    {MNEME_EVENT_MEMORY_UPDATED, MNEME_TOUCH_MEMORY, FIELD(memory_updated, memory_id)},
    {MNEME_EVENT_MEMORY_DELETED, MNEME_TOUCH_MEMORY, FIELD(memory_deleted, memory_id)},
    {MNEME_EVENT_MEMORY_PROMOTED, MNEME_TOUCH_MEMORY, FIELD(memory_promoted, memory_id)},
    {MNEME_EVENT_MEMORY_PRIORITIZED, MNEME_TOUCH_MEMORY, FIELD(memory_prioritized, memory_id)},
    {MNEME_EVENT_MEMORY_ARCHIVED, MNEME_TOUCH_MEMORY, FIELD(memory_archived, memory_id)},
    {MNEME_EVENT_MEMORY_UNARCHIVED, MNEME_TOUCH_MEMORY, FIELD(memory_unarchived, memory_id)},
    {MNEME_EVENT_MEMORY_RESTORED, MNEME_TOUCH_MEMORY, FIELD(memory_restored, memory_id)},
    {MNEME_EVENT_AGENT_DECISION, MNEME_TOUCH_MEMORY, FIELD(agent_decision, decision_id)},
    {MNEME_EVENT_AGENT_DECISION, MNEME_TOUCH_DECISIONS, offsetof(struct mneme_event, scope.agent_id)},
    {MNEME_EVENT_AGENT_HANDOFF, MNEME_TOUCH_MEMORY, FIELD(agent_handoff, handoff_id)},
    {MNEME_EVENT_CONVERSATION_CREATED, MNEME_TOUCH_CONVERSATION,
     FIELD(conversation_created, conversation_id)},
    {MNEME_EVENT_CONVERSATION_UPDATED, MNEME_TOUCH_CONVERSATION,
     FIELD(conversation_updated, conversation_id)},
    {MNEME_EVENT_CONVERSATION_CLOSED, MNEME_TOUCH_CONVERSATION, FIELD(conversation_closed, conversation_id)},
    {MNEME_EVENT_CONVERSATION_DELETED, MNEME_TOUCH_CONVERSATION,
     FIELD(conversation_deleted, conversation_id)},
    {MNEME_EVENT_CONVERSATION_TURN, MNEME_TOUCH_CONVERSATION, FIELD(conversation_turn, conversation_id)},
    {MNEME_EVENT_CONVERSATION_CREATED, MNEME_TOUCH_WORKING, FIELD(conversation_created, conversation_id)},
    {MNEME_EVENT_CONVERSATION_DELETED, MNEME_TOUCH_WORKING, FIELD(conversation_deleted, conversation_id)},
    {MNEME_EVENT_CONVERSATION_TURN, MNEME_TOUCH_WORKING, FIELD(conversation_turn, conversation_id)},
    {MNEME_EVENT_CONTEXT_SET, MNEME_TOUCH_WORKING, FIELD(context_set, conversation_id)},
    {MNEME_EVENT_CONTEXT_DELETED, MNEME_TOUCH_WORKING, FIELD(context_deleted, conversation_id)},
    {MNEME_EVENT_CONTEXT_CLEARED, MNEME_TOUCH_WORKING, FIELD(context_cleared, conversation_id)},
    {MNEME_EVENT_CONTEXT_APPENDED, MNEME_TOUCH_WORKING, FIELD(context_appended, conversation_id)},
    {MNEME_EVENT_WORKING_THOUGHT, MNEME_TOUCH_WORKING, FIELD(working_thought, conversation_id)},
    {MNEME_EVENT_WORKING_GOAL_SET, MNEME_TOUCH_WORKING, FIELD(working_goal_set, conversation_id)},
    {MNEME_EVENT_WORKING_CLEARED, MNEME_TOUCH_WORKING, FIELD(working_cleared, conversation_id)},
};

int mneme_touches_init(struct mneme_touches *touches, struct mneme_error *error) {
    struct mneme_uuid random;
    int status = mneme_uuid_v7(&random, error);
    memcpy(&touches->seed, random.bytes + 8, sizeof touches->seed);
    return status;
}

void mneme_touches_clean_up(struct mneme_touches *touches) {
    mneme_buffer_clean_up(&touches->scratch);
}

static bool is_same(const struct mneme_touch *a, const struct mneme_touch *b) {
    return a->kind == b->kind && a->partition == b->partition && mneme_uuid_compare(a->id, b->id) == 0 &&
           mneme_str_equal(a->name, b->name) && mneme_str_equal(a->stream_id, b->stream_id) &&
           mneme_str_equal(a->tenant, b->tenant);
}

static uint64_t hash_of(const struct mneme_touches *touches, const struct mneme_touch *touch) {
    uint64_t hash = mneme_hash_mix(touches->seed, (uint64_t)touch->kind << 32 | (uint32_t)touch->partition);
    hash = mneme_hash_bytes(hash, touch->tenant.data, touch->tenant.len);
    hash = mneme_hash_bytes(hash, touch->stream_id.data, touch->stream_id.len);
    hash = mneme_hash_bytes(hash, touch->name.data, touch->name.len);
    return mneme_hash_bytes(hash, touch->id.bytes, sizeof touch->id.bytes);
}

/* False when memory is exhausted, as all below. */
static bool add(struct mneme_touches *touches, const struct mneme_touch *touch) {
    uint64_t hash = hash_of(touches, touch);
    uint64_t cursor = hash;
    struct mneme_touch *known;
    while ((known = mneme_hash_next(&touches->by_name, hash, &cursor)) != NULL) {
        if (is_same(known, touch)) {
            known->offset = touch->offset;
            known->happened_at = touch->happened_at;
            known->creation = NULL;
            known->user_id = touch->user_id.len > 0 ? touch->user_id : known->user_id;
            return true;
        }
    }
    known = mneme_arena_alloc(touches->arena, sizeof *known);
    if (known == NULL || !mneme_hash_add(&touches->by_name, hash, known)) {
        return false;
    }
    *known = *touch;
    *touches->last[touch->kind] = known;
    touches->last[touch->kind] = &known->next;
    touches->count[touch->kind]++;
    return true;
}

static struct mneme_touch touch_of(const struct mneme_batch_item *item, enum mneme_touch_kind kind) {
    return (struct mneme_touch){
        .kind = kind,
        .partition = item->position.partition,
        .tenant = item->event.tenant,
        .stream_id = item->event.stream_id,
        .user_id = item->event.scope.user_id,
        .offset = item->position.offset,
        .happened_at = mneme_hot_happened_at(item->event.occurred_at, item->recorded_at),
    };
}

/* Accesses are in a separate stream, <stream>#access, which may be in another partition. */
static bool add_accesses(struct mneme_touches *touches, const struct mneme_batch_item *item,
                         const struct mneme_touch_terms *terms) {
    const struct mneme_event *event = &item->event;
    struct mneme_str_array ids = event->type == MNEME_EVENT_MEMORY_ACCESSED
                                     ? event->payload.memory_accessed.memory_ids
                                     : event->payload.memory_retrieved.memory_ids;
    struct mneme_touch touch = touch_of(item, MNEME_TOUCH_ACCESS);
    touch.stream_id = mneme_access_stream_subject(touch.stream_id);
    touch.partition =
        mneme_hot_partition(&touches->scratch, touch.tenant, touch.stream_id, terms->topic_partitions);
    bool is_added = !touches->scratch.failed;
    for (size_t i = 0; is_added && i < ids.count; i++) {
        if (mneme_uuid_parse(&touch.id, ids.items[i])) {
            is_added = add(touches, &touch);
        }
    }
    return is_added;
}

static bool add_item(struct mneme_touches *touches, const struct mneme_batch_item *item, bool is_certain,
                     const struct mneme_touch_terms *terms) {
    int64_t age = terms->now - item->recorded_at - CLOCKS_MICROS;
    enum mneme_event_type type = item->event.type;
    if (type == MNEME_EVENT_MEMORY_ACCESSED || type == MNEME_EVENT_MEMORY_RETRIEVED) {
        return add_accesses(touches, item, terms);
    }
    bool is_added = true;
    for (size_t i = 0; is_added && i < sizeof touching / sizeof *touching; i++) {
        enum mneme_touch_kind kind = touching[i].kind;
        if (touching[i].type != type || age >= terms->keep[kind]) {
            continue;
        }
        struct mneme_touch touch = touch_of(item, kind);
        const char *field = (const char *)&item->event + touching[i].field;
        if (kind == MNEME_TOUCH_MEMORY) {
            memcpy(&touch.id, field, sizeof touch.id);
            touch.creation = is_certain ? item : NULL;
        } else {
            memcpy(&touch.name, field, sizeof touch.name);
        }
        if (kind == MNEME_TOUCH_DECISIONS) {
            touch.stream_id = MNEME_STR_NULL;
        }
        is_added = (kind != MNEME_TOUCH_MEMORY && touch.name.data == NULL) || add(touches, &touch);
    }
    return is_added;
}

bool mneme_touches_are_made_by(enum mneme_event_type type) {
    bool is_found = type == MNEME_EVENT_MEMORY_ACCESSED || type == MNEME_EVENT_MEMORY_RETRIEVED;
    for (size_t i = 0; !is_found && i < sizeof touching / sizeof *touching; i++) {
        is_found = touching[i].type == type;
    }
    return is_found;
}

int mneme_touches_find(struct mneme_touches *touches, struct mneme_batch *batch, const bool *is_accepted,
                       const bool *is_certain, const struct mneme_touch_terms *terms,
                       struct mneme_error *error) {
    touches->arena = &batch->arena;
    touches->now = terms->now;
    for (int kind = 0; kind < MNEME_TOUCH_KIND_COUNT; kind++) {
        touches->first[kind] = NULL;
        touches->last[kind] = &touches->first[kind];
        touches->count[kind] = 0;
    }
    bool is_added = mneme_hash_init(&touches->by_name, touches->arena, batch->count);
    for (size_t i = 0; is_added && i < batch->count; i++) {
        is_added = !is_accepted[i] || add_item(touches, &batch->items[i], is_certain[i], terms);
    }
    return is_added
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}
