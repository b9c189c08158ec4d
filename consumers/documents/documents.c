/*
 * The fold of documents in two passes over the batch: this one finds what must be looked up, the second
 * (fold.c) makes the texts.
 */
#include "consumers/documents/documents.h"

#include "common/base/uuid.h"
#include "consumers/documents/documents_fold.h"

#define ARENA_BLOCK_BYTES ((size_t)256 * 1024)
#define ARENA_KEEP_BYTES ((size_t)64 * 1024 * 1024)

const struct mneme_str mneme_document_kinds[MNEME_DOCUMENT_KIND_COUNT] = {
    [MNEME_DOCUMENT_MEMORY] = {"memory", 6},
    [MNEME_DOCUMENT_TURN] = {"turn", 4},
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

int mneme_documents_init(struct mneme_documents *documents, struct mneme_error *error) {
    struct mneme_uuid chance;
    *documents = (struct mneme_documents){0};
    mneme_arena_init(&documents->arena, ARENA_BLOCK_BYTES);
    int status = mneme_uuid_v7(&chance, error);
    if (status == MNEME_OK) {
        memcpy(&documents->seed, chance.bytes + 8, sizeof documents->seed);
    }
    return status;
}

void mneme_documents_clean_up(struct mneme_documents *documents) {
    mneme_arena_clean_up(&documents->arena);
    mneme_buffer_clean_up(&documents->text);
    mneme_buffer_clean_up(&documents->scratch);
    mneme_json_normal_clean_up(&documents->normal);
    for (size_t i = 0; i < sizeof documents->params / sizeof *documents->params; i++) {
        mneme_pg_params_clean_up(&documents->params[i]);
    }
}

/* --- states and conversations by their keys --- */

static uint64_t hash_key(uint64_t seed, const struct mneme_event *event, struct mneme_str rest) {
    uint64_t hash = mneme_hash_bytes(seed, event->tenant.data, event->tenant.len);
    hash = mneme_hash_bytes(hash, event->stream_id.data, event->stream_id.len);
    return mneme_hash_bytes(hash, rest.data, rest.len);
}

/* NULL when the batch has not named the document yet. */
static struct mneme_document_state *find_known(const struct mneme_documents *documents, uint64_t hash,
                                               const struct mneme_event *event, enum mneme_document_kind kind,
                                               struct mneme_str ref) {
    uint64_t cursor = hash;
    struct mneme_document_state *state;
    while ((state = mneme_hash_next(&documents->states_by_key, hash, &cursor)) != NULL) {
        const struct mneme_document *document = &state->document;
        if (document->kind == kind && mneme_str_equal(document->ref, ref) &&
            mneme_str_equal(document->stream_id, event->stream_id) &&
            mneme_str_equal(document->tenant, event->tenant)) {
            return state;
        }
    }
    return NULL;
}

struct mneme_document_state *mneme_document_find(struct mneme_documents *documents, bool *is_new,
                                                 const struct mneme_event *event,
                                                 enum mneme_document_kind kind, struct mneme_str ref) {
    uint64_t hash = hash_key(documents->seed + kind, event, ref);
    struct mneme_document_state *state = find_known(documents, hash, event, kind, ref);
    *is_new = state == NULL;
    if (state != NULL) {
        return state;
    }
    state = mneme_arena_calloc(&documents->arena, 1, sizeof *state);
    struct mneme_str copy = mneme_arena_copy(&documents->arena, ref);
    if (state == NULL || copy.data == NULL || !mneme_hash_add(&documents->states_by_key, hash, state)) {
        return NULL;
    }
    state->document = (struct mneme_document){
        .tenant = event->tenant, .stream_id = event->stream_id, .ref = copy, .kind = kind};
    return state;
}

static struct mneme_document_conversation *
find_conversation(struct mneme_documents *documents, const struct mneme_event *event, struct mneme_str id) {
    uint64_t hash = hash_key(documents->seed, event, id);
    uint64_t cursor = hash;
    struct mneme_document_conversation *conversation;
    while ((conversation = mneme_hash_next(&documents->conversations_by_key, hash, &cursor)) != NULL) {
        if (mneme_str_equal(conversation->conversation_id, id) &&
            mneme_str_equal(conversation->stream_id, event->stream_id) &&
            mneme_str_equal(conversation->tenant, event->tenant)) {
            return conversation;
        }
    }
    conversation = mneme_arena_calloc(&documents->arena, 1, sizeof *conversation);
    if (conversation == NULL || !mneme_hash_add(&documents->conversations_by_key, hash, conversation)) {
        return NULL;
    }
    conversation->tenant = event->tenant;
    conversation->stream_id = event->stream_id;
    conversation->conversation_id = id;
    return conversation;
}

/* --- the first pass --- */

/* The subject of an event. */
enum subject {
    NO_DOCUMENT,
    NEW_MEMORY,
    CHANGED_MEMORY,
    DELETED_MEMORY,
    RESTORED_MEMORY,
    TURN,
    CONVERSATION,
};

#define IN_EVENT(field) offsetof(struct mneme_event, payload.field)

static const struct {
    enum subject subject;
    size_t id; /* where the event has the id of the memory or conversation */
} subjects[MNEME_EVENT_TYPE_COUNT] = {
    [MNEME_EVENT_MEMORY_CREATED] = {NEW_MEMORY, IN_EVENT(memory_created.memory_id)},
    [MNEME_EVENT_AGENT_DECISION] = {NEW_MEMORY, IN_EVENT(agent_decision.decision_id)},
    [MNEME_EVENT_AGENT_HANDOFF] = {NEW_MEMORY, IN_EVENT(agent_handoff.handoff_id)},
    [MNEME_EVENT_MEMORY_UPDATED] = {CHANGED_MEMORY, IN_EVENT(memory_updated.memory_id)},
    [MNEME_EVENT_MEMORY_DELETED] = {DELETED_MEMORY, IN_EVENT(memory_deleted.memory_id)},
    [MNEME_EVENT_MEMORY_RESTORED] = {RESTORED_MEMORY, IN_EVENT(memory_restored.memory_id)},
    [MNEME_EVENT_CONVERSATION_TURN] = {TURN, IN_EVENT(conversation_turn.conversation_id)},
    [MNEME_EVENT_CONVERSATION_DELETED] = {CONVERSATION, IN_EVENT(conversation_deleted.conversation_id)},
};

/* False when memory is exhausted; so below. */
static bool plan_memory(struct mneme_documents *documents, struct mneme_document_item *item,
                        enum subject subject, const void *id_at) {
    const struct mneme_event *event = &item->from->event;
    char text[MNEME_UUID_TEXT_BYTES];
    struct mneme_str ref = {text, sizeof text};
    struct mneme_uuid id;
    bool is_new;
    memcpy(&id, id_at, sizeof id);
    mneme_uuid_format(id, text);
    if (subject == CHANGED_MEMORY && event->payload.memory_updated.content.data == NULL) {
        /* The text stays; what else it changes is looked up when a later batch changes the text. */
        item->state = find_known(documents, hash_key(documents->seed + MNEME_DOCUMENT_MEMORY, event, ref),
                                 event, MNEME_DOCUMENT_MEMORY, ref);
        return true;
    }
    item->state = mneme_document_find(documents, &is_new, event, MNEME_DOCUMENT_MEMORY, ref);
    if (item->state == NULL) {
        return false;
    }
    if (is_new) {
        item->state->document.is_new = subject == NEW_MEMORY;
    }
    item->wants_memory = subject == RESTORED_MEMORY || (subject == CHANGED_MEMORY && is_new);
    return true;
}

static void plan_turn(struct mneme_documents *documents, struct mneme_document_item *item) {
    const struct mneme_conversation_turn *turn = &item->from->event.payload.conversation_turn;
    struct mneme_document_conversation *conversation = item->conversation;
    item->turn_index = turn->turn_index.value;
    item->wants_turn_index = !turn->turn_index.is_set;
    item->wants_turns = turn->turn_index.is_set && item->from->event.schema_version >= MNEME_EVENT_RULES_2;
    for (size_t i = 0; i < MNEME_DOCUMENT_MAX_TURNS; i++) {
        item->turns[i] =
            (struct mneme_document_turn){!item->wants_turns, true, item->from->event.occurred_at};
    }
    if (!item->wants_turn_index) {
        return;
    }
    conversation->last_sequence = mneme_sequence_id(item->from->position);
    if (!conversation->wants_indexes) {
        conversation->wants_indexes = true;
        conversation->first_sequence = conversation->last_sequence;
        documents->conversations[documents->conversation_count++] = conversation;
    }
}

static bool plan_item(struct mneme_documents *documents, struct mneme_document_item *item) {
    const struct mneme_event *event = &item->from->event;
    enum subject subject = subjects[event->type].subject;
    const char *id = (const char *)event + subjects[event->type].id;
    switch (subject) {
    case NO_DOCUMENT:
        return true;
    case NEW_MEMORY:
    case CHANGED_MEMORY:
    case DELETED_MEMORY:
    case RESTORED_MEMORY:
        return plan_memory(documents, item, subject, id);
    case TURN:
    case CONVERSATION:
        break;
    }
    struct mneme_str conversation_id;
    memcpy(&conversation_id, id, sizeof conversation_id);
    item->conversation = find_conversation(documents, event, conversation_id);
    if (item->conversation != NULL && subject == TURN) {
        plan_turn(documents, item);
    }
    return item->conversation != NULL;
}

static int plan(struct mneme_documents *documents, const struct mneme_batch *batch, const bool *is_accepted,
                struct mneme_error *error) {
    for (size_t i = 0; i < batch->count; i++) {
        if (!is_accepted[i] || batch->items[i].park_reason != NULL) {
            continue;
        }
        struct mneme_document_item *item = &documents->items[documents->item_count++];
        *item = (struct mneme_document_item){.from = &batch->items[i]};
        if (!plan_item(documents, item)) {
            return no_memory(error);
        }
    }
    return MNEME_OK;
}

static int begin(struct mneme_documents *documents, const struct mneme_batch *batch,
                 struct mneme_error *error) {
    mneme_arena_reset(&documents->arena, ARENA_KEEP_BYTES);
    documents->first = NULL;
    documents->first_removal = NULL;
    documents->count = documents->removal_count = 0;
    documents->last = &documents->first;
    documents->last_removal = &documents->first_removal;
    documents->item_count = documents->conversation_count = 0;
    documents->items = mneme_arena_alloc(&documents->arena, (batch->count + 1) * sizeof *documents->items);
    documents->conversations = mneme_arena_alloc(&documents->arena, (batch->count + 1) * sizeof(void *));
    return documents->items != NULL && documents->conversations != NULL &&
                   mneme_hash_init(&documents->states_by_key, &documents->arena, batch->count) &&
                   mneme_hash_init(&documents->conversations_by_key, &documents->arena, 0)
               ? MNEME_OK
               : no_memory(error);
}

int mneme_documents_fold(struct mneme_documents *documents, struct mneme_postgres *postgres,
                         const struct mneme_batch *batch, const bool *is_accepted,
                         struct mneme_error *error) {
    int status = begin(documents, batch, error);
    if (status == MNEME_OK) {
        status = plan(documents, batch, is_accepted, error);
    }
    if (status == MNEME_OK) {
        status = mneme_documents_look_up(documents, postgres, error);
    }
    for (size_t i = 0; i < documents->item_count && status == MNEME_OK; i++) {
        status = mneme_document_fold_item(documents, &documents->items[i]) ? MNEME_OK : no_memory(error);
    }
    return status;
}
