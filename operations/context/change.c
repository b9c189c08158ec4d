/*
 * context.set, append, delete and clear: one event each.
 */
#include "operations/context/context.h"
#include "operations/fields.h"
#include "operations/json_value.h"
#include "operations/working/place.h"

#define GROUPS (MNEME_OP_SCOPED | MNEME_OP_WRITTEN)
#define KEY_FIELD                                                                                            \
    {                                                                                                        \
        .name = "key", .type = MNEME_OP_TEXT, .shown = "KEY", .help = "The key.",                            \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD                               \
    }

/* --- set --- */

enum { KEY = MNEME_OP_CONTEXT_ID + 1, VALUE, TTL, VALUE_IS_TEXT, SET_FIELD_COUNT };

static const struct mneme_op_field set_fields[SET_FIELD_COUNT + 1] = {
    [MNEME_OP_CONTEXT_ID] = MNEME_OP_CONTEXT_ID_FIELD,
    [KEY] = KEY_FIELD,
    [VALUE] = {.name = "value",
               .type = MNEME_OP_VALUE,
               .shown = "VALUE",
               .help = "What it holds: any JSON, or a text.",
               .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [TTL] = {.name = "ttl_s",
             .option = "ttl",
             .type = MNEME_OP_INTEGER,
             .maximum = 315360000,
             .setting = MNEME_OP_SETTING(CONTEXT_TTL_S),
             .shown = "SECONDS",
             .help = "How long the value is kept; 0 means that it never expires.",
             .flags = MNEME_OP_TO_PAYLOAD},
    [VALUE_IS_TEXT] = MNEME_OP_TEXT_FLAG_FIELD,
};

static int write_set(struct mneme_op_events *out, const struct mneme_op_request *request,
                     struct mneme_error *error) {
    struct mneme_event *event;
    int status = mneme_op_context_add(&event, out, error);
    return status == MNEME_OK ? mneme_op_json_value(&event->payload.context_set.value, request, VALUE,
                                                    VALUE_IS_TEXT, out->arena, error)
                              : status;
}

const struct mneme_operation mneme_op_context_set = {
    .name = "context.set",
    .summary = "Give a key of a conversation's context a value.",
    .details =
        "Publishes a context_set event. VALUE is JSON; what is not JSON is a text. `-` reads it from\n"
        "standard input. It replaces what the key held, and expires after --ttl seconds.\n"
        "--context names a context outside any conversation.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples =
        "  mneme context set intent book_flight --user ada --conversation chat-1\n"
        "  mneme context set slots '{\"to\":\"Oslo\",\"seats\":2}' --user ada --conversation chat-1 --ttl "
        "600\n",
    .fields = set_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = mneme_op_working_check,
    .write = write_set,
    .event_type = MNEME_EVENT_CONTEXT_SET,
    .id = "conversation_id",
};

/* --- append --- */

enum { EVENT = MNEME_OP_CONTEXT_ID + 1, EVENT_IS_TEXT, APPEND_FIELD_COUNT };

static const struct mneme_op_field append_fields[APPEND_FIELD_COUNT + 1] = {
    [MNEME_OP_CONTEXT_ID] = MNEME_OP_CONTEXT_ID_FIELD,
    [EVENT] = {.name = "event",
               .type = MNEME_OP_VALUE,
               .shown = "EVENT",
               .help = "What happened: any JSON, or a text.",
               .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [EVENT_IS_TEXT] = MNEME_OP_TEXT_FLAG_FIELD,
};

static int write_append(struct mneme_op_events *out, const struct mneme_op_request *request,
                        struct mneme_error *error) {
    struct mneme_event *event;
    int status = mneme_op_context_add(&event, out, error);
    return status == MNEME_OK ? mneme_op_json_value(&event->payload.context_appended.event, request, EVENT,
                                                    EVENT_IS_TEXT, out->arena, error)
                              : status;
}

const struct mneme_operation mneme_op_context_append = {
    .name = "context.append",
    .summary = "Add an event to a conversation's context.",
    .details =
        "Publishes a context_appended event. EVENT is JSON; what is not JSON is a text. The context shows\n"
        "the latest 100; mneme context events lists all of them.\n" MNEME_OP_RECEIPT_DETAILS(
            "conversation_id"),
    .examples =
        "  mneme context append '{\"tool\":\"search\",\"hits\":3}' --user ada --conversation chat-1\n",
    .fields = append_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = mneme_op_working_check,
    .write = write_append,
    .event_type = MNEME_EVENT_CONTEXT_APPENDED,
    .id = "conversation_id",
};

/* --- delete --- */

static const struct mneme_op_field delete_fields[] = {
    [MNEME_OP_CONTEXT_ID] = MNEME_OP_CONTEXT_ID_FIELD,
    KEY_FIELD,
    {0},
};

/* Everything in the event comes from the table of fields. */
static int write_fields(struct mneme_op_events *out, const struct mneme_op_request *request,
                        struct mneme_error *error) {
    struct mneme_event *event;
    (void)request;
    return mneme_op_context_add(&event, out, error);
}

const struct mneme_operation mneme_op_context_delete = {
    .name = "context.delete",
    .summary = "Forget a key of a conversation's context.",
    .details = "Publishes a context_deleted event. If there is no such key, the event has no effect, and "
               "with --wait postgres the exit code is 5.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme context delete intent --user ada --conversation chat-1\n"
                "  mneme context delete intent --user ada --conversation chat-1 --wait postgres\n",
    .fields = delete_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = mneme_op_working_check,
    .write = write_fields,
    .event_type = MNEME_EVENT_CONTEXT_DELETED,
    .id = "conversation_id",
};

/* --- clear --- */

static const struct mneme_op_field clear_fields[] = {
    [MNEME_OP_CONTEXT_ID] = MNEME_OP_CONTEXT_ID_FIELD,
    {.name = "reason", .type = MNEME_OP_TEXT, .help = "Why, for the history.", .flags = MNEME_OP_TO_PAYLOAD},
    {0},
};

const struct mneme_operation mneme_op_context_clear = {
    .name = "context.clear",
    .summary = "Forget all keys and events of a conversation's context.",
    .details =
        "Publishes a context_cleared event. Turns, thoughts and the goal stay: see mneme working clear.\n"
        "A terminal asks for your consent; without one it is refused (6) unless --yes is "
        "given.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme context clear --user ada --conversation chat-1 --reason 'task done' --yes\n",
    .fields = clear_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_DESTROYS,
    .consent = "Forget all keys and events of this context?",
    .not_consented = "nothing was cleared",
    .form = MNEME_OP_RECEIPT,
    .check = mneme_op_working_check,
    .write = write_fields,
    .event_type = MNEME_EVENT_CONTEXT_CLEARED,
    .id = "conversation_id",
};
