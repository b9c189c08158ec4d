/*
 * conversation.delete: conversations and their memories. The memories are deleted first, so that a failed run
 * can be repeated: the conversation still leads to the memories that are left.
 */
#include "operations/conversation/conversation.h"
#include "operations/conversation/fields.h"
#include "operations/events.h"
#include "operations/memory/scope.h"

#define PAGE 1000 /* memories read at once */

enum { IDS, DRY_RUN, REASON, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [IDS] = MNEME_CONVERSATION_IDS_FIELD,
    [DRY_RUN] = {.name = "dry_run",
                 .letter = 'n',
                 .type = MNEME_OP_FLAG,
                 .help = "Count what would be deleted, and publish nothing."},
    [REASON] = {.name = "reason",
                .type = MNEME_OP_TEXT,
                .help = "Why, for the history.",
                .flags = MNEME_OP_TO_PAYLOAD},
};

static bool needs_consent(const struct mneme_op_request *request) {
    return !mneme_op_truth(request, DRY_RUN);
}

/* --- its memories --- */

struct deleting {
    struct mneme_op_call *call;
    bool is_dry;
    int64_t found;
    struct mneme_conversation_memories which; /* continues after the last one seen */
    struct mneme_arena arena;                 /* holds the stream in `which` */
    int status;
    struct mneme_error *error;
};

static bool delete_memory(const void *row, void *context) {
    const struct mneme_answer_row *answer = row;
    struct deleting *deleting = context;
#define CELL(type, column) (*(const type *)mneme_answer_cell(answer, column))
    const struct mneme_memory_row memory = {
        .id = CELL(struct mneme_opt_uuid, "id").value,
        .stream_id = CELL(struct mneme_str, "stream_id"),
        .user_id = CELL(struct mneme_str, "user_id"),
        .agent_id = CELL(struct mneme_str, "agent_id"),
        .run_id = CELL(struct mneme_str, "run_id"),
        .conversation_id = CELL(struct mneme_str, "conversation_id"),
    };
    mneme_arena_reset(&deleting->arena, SIZE_MAX);
    deleting->which.before_created_at = CELL(struct mneme_opt_long, "created_at");
    deleting->which.before_id = memory.id;
    deleting->which.before_stream_id = mneme_arena_copy(&deleting->arena, memory.stream_id);
#undef CELL
    if (deleting->which.before_stream_id.data == NULL) {
        deleting->status = mneme_error_set(deleting->error, MNEME_E_NO_MEMORY,
                                           "not all memories were found: memory is exhausted; free some");
        return false;
    }
    deleting->found++;
    if (!deleting->is_dry) {
        deleting->status =
            mneme_scope_publish(deleting->call, MNEME_SCOPE_DELETE, &memory,
                                mneme_op_text(deleting->call->request, REASON), deleting->error);
    }
    return deleting->status == MNEME_OK && !mneme_cancel_is_due(deleting->call->cancel);
}

/* When it returns MNEME_OK, the brokers have the event of every memory. */
static int delete_memories(struct deleting *deleting) {
    struct mneme_op_call *call = deleting->call;
    struct mneme_postgres *postgres;
    size_t count = PAGE;
    int64_t done, failed;
    mneme_arena_init(&deleting->arena, 0);
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, deleting->error);
    while (count == PAGE && status == MNEME_OK && !mneme_cancel_is_due(call->cancel)) {
        status = mneme_conversation_memories(postgres, &deleting->which, delete_memory, deleting, &count,
                                             deleting->error);
        status = status == MNEME_OK ? deleting->status : status;
    }
    mneme_arena_clean_up(&deleting->arena);
    int flushed = mneme_op_call_flush(&done, &failed, call, status == MNEME_OK ? deleting->error : NULL);
    status = status != MNEME_OK ? status : flushed;
    if (status == MNEME_OK && mneme_cancel_is_due(call->cancel)) {
        status = mneme_error_set(deleting->error, MNEME_E_TIMEOUT,
                                 "conversation %.*s was not deleted: the run was interrupted after %lld of "
                                 "its memories; run it again",
                                 MNEME_STR_ARG(deleting->which.conversation.conversation_id),
                                 (long long)deleting->found);
    }
    return status;
}

/* --- the conversation itself --- */

static int publish_deletion(struct mneme_receipt *receipt, const struct deleting *deleting) {
    struct mneme_op_call *call = deleting->call;
    struct mneme_op_events events = {.request = call->request, .arena = call->arena};
    struct mneme_event *event;
    int status = mneme_op_events_add(&event, &events, MNEME_EVENT_CONVERSATION_DELETED, deleting->error);
    if (status != MNEME_OK) {
        return status;
    }
    event->stream_id = deleting->which.conversation.stream_id;
    event->scope = (struct mneme_scope){.user_id = deleting->which.user_id,
                                        .agent_id = deleting->which.agent_id,
                                        .conversation_id = deleting->which.conversation.conversation_id};
    event->payload.conversation_deleted.conversation_id = deleting->which.conversation.conversation_id;
    return mneme_op_call_publish_now(receipt, call, event, deleting->error);
}

struct report_row {
    struct mneme_str conversation_id, stream_id;
    int64_t memories;
    bool is_dry;
    struct mneme_uuid event_id;
    struct mneme_position position;
};

#define COLUMN(name, kind, member)                                                                           \
    { name, kind, offsetof(struct report_row, member) }

static bool report(const struct deleting *deleting, const struct mneme_receipt *receipt) {
    static const struct mneme_row_column columns[] = {
        COLUMN("conversation_id", MNEME_ROW_STR, conversation_id),
        COLUMN("stream_id", MNEME_ROW_STR, stream_id),
        COLUMN("memories", MNEME_ROW_LONG, memories),
        COLUMN("dry_run", MNEME_ROW_BOOL, is_dry),
        COLUMN("event_id", MNEME_ROW_UUID, event_id),
        COLUMN("position", MNEME_ROW_POSITION, position),
    };
    const size_t of_event = 2;
    const struct mneme_op_call *call = deleting->call;
    const struct mneme_conversation_key *conversation = &deleting->which.conversation;
    const struct report_row row = {conversation->conversation_id,
                                   conversation->stream_id,
                                   deleting->found,
                                   deleting->is_dry,
                                   receipt->event_id,
                                   receipt->position};
    struct mneme_buffer text = {0};
    mneme_buffer_printf(&text, "%s %lld memories and the conversation %.*s",
                        deleting->is_dry ? "would delete" : "deleted", (long long)deleting->found,
                        MNEME_STR_ARG(conversation->conversation_id));
    const struct mneme_op_row shown = {.columns = columns,
                                       .column_count = sizeof columns / sizeof *columns -
                                                       (deleting->is_dry ? of_event : 0),
                                       .cells = &row,
                                       .sentence = mneme_buffer_str(&text)};
    call->outcome->rows++;
    bool goes_on = call->sink->on_row(&shown, call->sink->context);
    mneme_buffer_clean_up(&text);
    return goes_on;
}

/* All conversations are looked up before anything is published. */
static int run(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_str_array ids = mneme_op_list(request, IDS);
    struct mneme_op_place *places;
    bool goes_on = true;
    int status = mneme_op_find_places(&places, call, IDS, error);
    for (size_t i = 0; i < ids.count && status == MNEME_OK && goes_on; i++) {
        struct mneme_receipt receipt = {0};
        struct deleting deleting = {
            .call = call,
            .is_dry = mneme_op_truth(request, DRY_RUN),
            .which = {.conversation = {.tenant = mneme_op_tenant(request),
                                       .conversation_id = ids.items[i],
                                       .stream_id = places[i].stream_id},
                      .user_id = places[i].user_id,
                      .agent_id = places[i].agent_id,
                      .include_expired = true,
                      .include_archived = true,
                      .limit = PAGE},
            .error = error,
        };
        status = delete_memories(&deleting);
        if (status == MNEME_OK && !deleting.is_dry) {
            status = publish_deletion(&receipt, &deleting);
        }
        goes_on = status == MNEME_OK && report(&deleting, &receipt);
    }
    return status;
}

const struct mneme_operation mneme_op_conversation_delete = {
    .name = "conversation.delete",
    .summary = "Forget conversations and their memories.",
    .details =
        "Publishes a memory_deleted for each memory that was linked to the conversation or is in its scope, "
        "then conversation_deleted. Deleting is soft: histories stay. Run an interrupted command again to "
        "finish it. Nothing is published when one of the conversations is not found (5). A terminal asks for "
        "your consent;\n"
        "without one it is refused (6) unless --yes is given.\n"
        "--json: {\"conversation_id\",\"stream_id\",\"memories\",\"dry_run\",\"event_id\",\"position\"} for\n"
        "each conversation; the tables show the deletion once they hold that position (--at-least).",
    .examples = "  mneme conversation delete chat-1 --dry-run\n"
                "  mneme conversation delete chat-1 chat-2 --reason 'asked to forget' --yes\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_TRACED,
    .effect = MNEME_OP_DESTROYS,
    .consent = "Delete the named conversations and their memories?",
    .not_consented = "nothing was deleted",
    .needs_consent = needs_consent,
    .form = MNEME_OP_RECEIPT,
    .procedure = run,
    .finds_kind = MNEME_PLACES_OF_CONVERSATIONS,
};
