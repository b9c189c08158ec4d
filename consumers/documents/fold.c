/*
 * The effect of each event on the documents, in the order of the log. Every function is false when memory is
 * exhausted, and only then.
 */
#include "common/base/text_check.h"
#include "common/json/read.h"
#include "consumers/documents/documents_fold.h"
#include "consumers/documents/text.h"
#include "schemas/left_memory.h"

/* Adds what the state has become with this event to the document's versions. */
static bool add_version(struct mneme_documents *documents, struct mneme_document_state *state,
                        const struct mneme_batch_item *by) {
    struct mneme_document *document = &state->document;
    struct mneme_document_version *version = mneme_arena_alloc(&documents->arena, sizeof *version);
    if (version == NULL) {
        return false;
    }
    *version = state->now.is_there ? state->now : (struct mneme_document_version){0};
    version->sequence = mneme_sequence_id(by->position);
    version->recorded_at = by->recorded_at;
    version->next = NULL;
    if (document->last == NULL) {
        document->first = version;
        *documents->last = document;
        documents->last = &document->next;
        documents->count++;
    } else {
        document->last->next = version;
    }
    document->last = version;
    return true;
}

/* Sets the document's text to documents->text; a blank text means no document. */
static bool set_text(struct mneme_documents *documents, struct mneme_document_state *state,
                     const struct mneme_batch_item *by) {
    struct mneme_str text = mneme_buffer_str(&documents->text);
    if (documents->text.failed) {
        return false;
    }
    bool was_there = state->now.is_there || !state->document.is_new;
    state->now.is_there = !mneme_is_blank(text);
    if (!state->now.is_there) {
        return !was_there || add_version(documents, state, by);
    }
    state->now.text = mneme_arena_copy(&documents->arena, text);
    return state->now.text.data != NULL && add_version(documents, state, by);
}

static bool set_memory_text(struct mneme_documents *documents, const struct mneme_document_item *item,
                            struct mneme_str content) {
    mneme_buffer_clear(&documents->text);
    mneme_document_memory_text(&documents->text, &documents->scratch, content);
    return set_text(documents, item->state, item->from);
}

/* A number that Postgres would print without a point, however it is spelt here: the same metadata may come
 * from an event or from a table. */
static bool read_place(struct mneme_opt_long *out, struct mneme_documents *documents,
                       struct mneme_str number) {
    mneme_buffer_clear(&documents->scratch);
    mneme_json_normalise(&documents->scratch, &documents->normal, number);
    out->is_set = mneme_json_to_long(&out->value, mneme_buffer_str(&documents->scratch));
    return !documents->scratch.failed;
}

/* A memory's place in its conversation and its speaker, by its metadata. */
static bool set_place(struct mneme_documents *documents, struct mneme_document_version *now) {
    struct mneme_str index = mneme_document_member(now->metadata, "turn_index");
    struct mneme_str speaker = mneme_document_member(now->metadata, "speaker");
    now->position = (struct mneme_opt_long){0};
    now->speaker = MNEME_STR_NULL;
    if (now->conversation_id.data != NULL && index.data != NULL &&
        mneme_json_kind_of(index) == MNEME_JSON_NUMBER && !read_place(&now->position, documents, index)) {
        return false;
    }
    if (speaker.data == NULL || mneme_json_kind_of(speaker) != MNEME_JSON_STRING) {
        return true;
    }
    if (!mneme_json_unquote(&now->speaker, &documents->arena, speaker)) {
        return false;
    }
    now->speaker = mneme_is_blank(now->speaker) ? MNEME_STR_NULL : now->speaker;
    return true;
}

static bool create_memory(struct mneme_documents *documents, const struct mneme_document_item *item,
                          struct mneme_str agent_id, struct mneme_str metadata, struct mneme_str content) {
    const struct mneme_scope *scope = &item->from->event.scope;
    item->state->is_created = true;
    item->state->now = (struct mneme_document_version){
        .is_there = item->state->now.is_there,
        .user_id = scope->user_id,
        .agent_id = agent_id,
        .run_id = scope->run_id,
        .conversation_id = scope->conversation_id,
        .created_at = item->from->event.occurred_at,
        .metadata = metadata,
    };
    return set_place(documents, &item->state->now) && set_memory_text(documents, item, content);
}

/* JSON of the memory that the event leaves, in the arena; null when memory is exhausted. */
static struct mneme_str write_left(struct mneme_documents *documents, const struct mneme_event *event,
                                   void (*write)(const struct mneme_event *, struct mneme_json_writer *)) {
    struct mneme_json_writer json = {.out = &documents->text};
    mneme_buffer_clear(&documents->text);
    write(event, &json);
    return documents->text.failed ? MNEME_STR_NULL
                                  : mneme_arena_copy(&documents->arena, mneme_buffer_str(&documents->text));
}

/* The memory that a decision or a hand-off leaves behind. */
static bool leave_memory(struct mneme_documents *documents, const struct mneme_document_item *item,
                         struct mneme_str agent_id) {
    struct mneme_str content = write_left(documents, &item->from->event, mneme_left_memory_content);
    struct mneme_str metadata = write_left(documents, &item->from->event, mneme_left_memory_metadata);
    bool is_made = content.data != NULL && metadata.data != NULL;
    bool is_empty = mneme_str_equal(metadata, MNEME_STR_LIT("{}"));
    return is_made && create_memory(documents, item, agent_id, is_empty ? MNEME_STR_NULL : metadata, content);
}

/* Takes from the tables what the batch does not contain of the memory. */
static void take_memory(const struct mneme_document_item *item) {
    const struct mneme_document_memory *found = item->memory;
    item->state->is_created = true;
    item->state->now = (struct mneme_document_version){
        .is_there = item->state->now.is_there,
        .user_id = found->user_id,
        .agent_id = found->agent_id,
        .run_id = found->run_id,
        .conversation_id = found->conversation_id,
        .created_at = found->created_at,
        .metadata = found->metadata,
    };
}

static bool update_memory(struct mneme_documents *documents, const struct mneme_document_item *item) {
    const struct mneme_memory_updated *update = &item->from->event.payload.memory_updated;
    if (item->state == NULL) {
        return true; /* the batch says nothing of the text so far */
    }
    if (item->memory != NULL) {
        take_memory(item);
    }
    if (update->metadata.data != NULL) {
        item->state->now.metadata = update->metadata;
    }
    if (update->content.data == NULL) {
        return true;
    }
    return set_place(documents, &item->state->now) && set_memory_text(documents, item, update->content);
}

/* Its text is made of the content as the tables print it, whatever the batch knows: every rebuild does the
 * same. */
static bool restore_memory(struct mneme_documents *documents, const struct mneme_document_item *item) {
    take_memory(item);
    return set_place(documents, &item->state->now) && set_memory_text(documents, item, item->memory->content);
}

static bool remove_document(struct mneme_documents *documents, struct mneme_document_state *state,
                            const struct mneme_batch_item *by) {
    bool was_there = state->now.is_there || !state->document.is_new;
    state->now.is_there = false;
    return !was_there || add_version(documents, state, by);
}

static bool add_turn(struct mneme_documents *documents, const struct mneme_document_item *item,
                     const struct mneme_conversation_turn *turn, int64_t index,
                     const struct mneme_document_turn *made) {
    const struct mneme_event *event = &item->from->event;
    bool is_new;
    if (!made->is_there) {
        return true;
    }
    mneme_buffer_clear(&documents->scratch);
    mneme_buffer_printf(&documents->scratch, "%lld/", (long long)index);
    mneme_buffer_append_str(&documents->scratch, turn->conversation_id);
    if (documents->scratch.failed) {
        return false;
    }
    struct mneme_document_state *state = mneme_document_find(documents, &is_new, event, MNEME_DOCUMENT_TURN,
                                                             mneme_buffer_str(&documents->scratch));
    if (state == NULL) {
        return false;
    }
    if (is_new) {
        state->document.is_new = made->is_first;
        state->next_turn = item->conversation->first_turn;
        item->conversation->first_turn = state;
    }
    state->now = (struct mneme_document_version){
        .is_there = state->now.is_there,
        .user_id = event->scope.user_id,
        .agent_id = event->scope.agent_id,
        .run_id = event->scope.run_id,
        .conversation_id = turn->conversation_id,
        .position = {index, true},
        .speaker = turn->speaker,
        .role = turn->role,
        .created_at = made->created_at,
        .metadata = turn->metadata,
    };
    mneme_buffer_clear(&documents->text);
    if (!mneme_is_blank(turn->content)) {
        mneme_document_turn_text(&documents->text, turn);
    }
    return set_text(documents, state, item->from);
}

/* The question and the answer. */
static bool add_turns(struct mneme_documents *documents, const struct mneme_document_item *item) {
    struct mneme_conversation_turn turn = item->from->event.payload.conversation_turn;
    if (!add_turn(documents, item, &turn, item->turn_index, &item->turns[0])) {
        return false;
    }
    if (mneme_document_turn_count(item) == 1) {
        return true;
    }
    turn.role = MNEME_STR_LIT("assistant");
    turn.speaker = MNEME_STR_NULL;
    turn.content = turn.agent_response;
    return add_turn(documents, item, &turn, item->turn_index + 1, &item->turns[1]);
}

static bool delete_conversation(struct mneme_documents *documents, const struct mneme_document_item *item) {
    struct mneme_document_conversation *conversation = item->conversation;
    struct mneme_document_removal *removal = &conversation->removal;
    if (removal->tenant.data == NULL) { /* what was stored before the batch goes with the first deletion */
        *removal = (struct mneme_document_removal){
            .tenant = conversation->tenant,
            .stream_id = conversation->stream_id,
            .conversation_id = conversation->conversation_id,
            .sequence = mneme_sequence_id(item->from->position),
            .recorded_at = item->from->recorded_at,
        };
        *documents->last_removal = removal;
        documents->last_removal = &removal->next;
        documents->removal_count++;
    }
    for (struct mneme_document_state *turn = conversation->first_turn; turn != NULL; turn = turn->next_turn) {
        if (turn->now.is_there && !remove_document(documents, turn, item->from)) {
            return false;
        }
    }
    return true;
}

static bool create(struct mneme_documents *documents, const struct mneme_document_item *item) {
    const struct mneme_event *event = &item->from->event;
    return create_memory(documents, item, event->scope.agent_id, event->payload.memory_created.metadata,
                         event->payload.memory_created.content);
}

static bool decide(struct mneme_documents *documents, const struct mneme_document_item *item) {
    return leave_memory(documents, item, item->from->event.scope.agent_id);
}

/* For the receiver. */
static bool hand_off(struct mneme_documents *documents, const struct mneme_document_item *item) {
    return leave_memory(documents, item, item->from->event.payload.agent_handoff.to_agent);
}

static bool delete_memory(struct mneme_documents *documents, const struct mneme_document_item *item) {
    return remove_document(documents, item->state, item->from);
}

static bool (*const folds[MNEME_EVENT_TYPE_COUNT])(struct mneme_documents *,
                                                   const struct mneme_document_item *) = {
    [MNEME_EVENT_MEMORY_CREATED] = create,        [MNEME_EVENT_AGENT_DECISION] = decide,
    [MNEME_EVENT_AGENT_HANDOFF] = hand_off,       [MNEME_EVENT_MEMORY_UPDATED] = update_memory,
    [MNEME_EVENT_MEMORY_DELETED] = delete_memory, [MNEME_EVENT_MEMORY_RESTORED] = restore_memory,
    [MNEME_EVENT_CONVERSATION_TURN] = add_turns,  [MNEME_EVENT_CONVERSATION_DELETED] = delete_conversation,
};

bool mneme_document_fold_item(struct mneme_documents *documents, const struct mneme_document_item *item) {
    enum mneme_event_type type = item->from->event.type;
    return folds[type] == NULL || folds[type](documents, item);
}
