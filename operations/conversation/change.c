/*
 * conversation.create, update, close and link: one event each.
 */
#include "common/base/uuid.h"
#include "operations/conversation/conversation.h"
#include "operations/conversation/fields.h"
#include "operations/events.h"
#include "operations/fields.h"

#define TITLE_FIELD                                                                                          \
    {                                                                                                        \
        .name = "title", .type = MNEME_OP_TEXT, .help = "The conversation's title.",                         \
        .flags = MNEME_OP_TO_PAYLOAD                                                                         \
    }
#define REASON_FIELD                                                                                         \
    { .name = "reason", .type = MNEME_OP_TEXT, .help = "Why, for the history.", .flags = MNEME_OP_TO_PAYLOAD }

/* A change to an existing conversation, which is found by its id. */
#define GROUPS_OF_CHANGES                                                                                    \
    (MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_OF_RUN | MNEME_OP_UP_TO_DATE |     \
     MNEME_OP_WRITTEN)
#define FOUND                                                                                                \
    "The conversation's stream is looked up in the tables, unless --stream, --user or --agent names it.\n"

/* --- create --- */

enum { CREATED, FIELD_COUNT = 3 };

static const struct mneme_op_field create_fields[FIELD_COUNT + 1] = {
    [CREATED] = {.name = "conversation_id",
                 .type = MNEME_OP_TEXT,
                 .shown = "ID",
                 .help = "The conversation's id; a fresh one by default.",
                 .flags = MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY | MNEME_OP_TO_PAYLOAD},
    TITLE_FIELD,
    MNEME_OP_METADATA_FIELD,
};

/* Without an id from the caller, the conversation gets the event's id. */
static int write_create(struct mneme_op_events *out, const struct mneme_op_request *request,
                        struct mneme_error *error) {
    struct mneme_event *event;
    char text[MNEME_UUID_TEXT_BYTES];
    int status = mneme_op_events_add(&event, out, MNEME_EVENT_CONVERSATION_CREATED, error);
    if (status != MNEME_OK || mneme_op_has(request, CREATED)) {
        return status;
    }
    mneme_uuid_format(event->event_id, text);
    struct mneme_str id = mneme_arena_copy(out->arena, (struct mneme_str){text, sizeof text});
    if (id.data == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was published: memory is exhausted; free some");
    }
    event->payload.conversation_created.conversation_id = id;
    event->scope.conversation_id = id;
    return MNEME_OK;
}

const struct mneme_operation mneme_op_conversation_create = {
    .name = "conversation.create",
    .summary = "Begin a conversation.",
    .details =
        "Publishes a conversation_created event. A conversation also begins with its first turn, so this is "
        "for a title, for metadata, or for a fresh id. With --wait postgres the exit code is 4 if the stream "
        "already has a conversation with that id.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme conversation create chat-1 --user ada --title 'Trip to Oslo'\n"
                "  mneme conversation create --agent planner --metadata '{\"source\": \"web\"}' --json\n",
    .fields = create_fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_OF_RUN | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .write = write_create,
    .event_type = MNEME_EVENT_CONVERSATION_CREATED,
    .id = "conversation_id",
};

/* --- update --- */

enum { UPDATED, TITLE, METADATA };

static const struct mneme_op_field update_fields[] = {
    [UPDATED] = MNEME_CONVERSATION_CHANGED_FIELD,
    [TITLE] = TITLE_FIELD,
    [METADATA] = MNEME_OP_METADATA_FIELD,
    {0},
};

static int check_update(struct mneme_op_request *request, struct mneme_error *error) {
    char title[MNEME_OP_LABEL_BYTES], metadata[MNEME_OP_LABEL_BYTES];
    return mneme_op_has(request, TITLE) || mneme_op_has(request, METADATA)
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_USAGE,
                                 "nothing was published: no change is given; give %s or %s",
                                 mneme_op_label(title, request, &update_fields[TITLE]),
                                 mneme_op_label(metadata, request, &update_fields[METADATA]));
}

const struct mneme_operation mneme_op_conversation_update = {
    .name = "conversation.update",
    .summary = "Change a conversation's title or metadata.",
    .details = "Publishes a conversation_updated event; fields that are not given stay as they are. " FOUND
        MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme conversation update chat-1 --title 'Trip to Bergen'\n",
    .fields = update_fields,
    .groups = GROUPS_OF_CHANGES,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = check_update,
    .event_type = MNEME_EVENT_CONVERSATION_UPDATED,
    .id = "conversation_id",
    .finds = UPDATED + 1,
    .finds_kind = MNEME_PLACES_OF_CONVERSATIONS,
};

/* --- close --- */

enum { CLOSED };

static const struct mneme_op_field close_fields[] = {
    [CLOSED] = MNEME_CONVERSATION_CHANGED_FIELD,
    REASON_FIELD,
    {0},
};

const struct mneme_operation mneme_op_conversation_close = {
    .name = "conversation.close",
    .summary = "End a conversation; it stays readable.",
    .details = "Publishes a conversation_closed event; the conversation is no longer active. " FOUND
        MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme conversation close chat-1 --reason 'the trip is booked'\n",
    .fields = close_fields,
    .groups = GROUPS_OF_CHANGES,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_CONVERSATION_CLOSED,
    .id = "conversation_id",
    .finds = CLOSED + 1,
    .finds_kind = MNEME_PLACES_OF_CONVERSATIONS,
};

/* --- link --- */

enum { LINKED };

static const struct mneme_op_field link_fields[] = {
    [LINKED] = MNEME_CONVERSATION_CHANGED_FIELD,
    {.name = "memory_id",
     .type = MNEME_OP_ID,
     .shown = "MEMORY",
     .help = "The memory that came from it.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "message_context",
     .option = "context",
     .type = MNEME_OP_JSON,
     .help = "The turns that the memory came from, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "insights",
     .type = MNEME_OP_JSON,
     .help = "What was learned, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "follow_up_actions",
     .type = MNEME_OP_JSON,
     .help = "What to do next, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {0},
};

const struct mneme_operation mneme_op_conversation_link = {
    .name = "conversation.link",
    .summary = "Link a memory to the conversation that it came from.",
    .details = "Publishes a conversation_memory_linked event; mneme conversation show --memories lists the "
               "memory with these fields. " FOUND MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme conversation link chat-1 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e \\\n"
                "      --insights '[\"likes tea\"]' --follow-up-actions '[\"buy tea\"]'\n",
    .fields = link_fields,
    .groups = GROUPS_OF_CHANGES,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_CONVERSATION_MEMORY_LINKED,
    .id = "conversation_id",
    .finds = LINKED + 1,
    .finds_kind = MNEME_PLACES_OF_CONVERSATIONS,
};
