/*
 * memory.add: publishes one memory.
 */
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"

enum {
    TEXT,
    TYPE,
    TERM,
    CONTENT,
    TAGS,
    ENTITIES,
    CONFIDENCE,
    IMPORTANCE,
    PRIORITY,
    EXPIRES_AT,
    METADATA,
    REASON,
    ID,
    EXPECTED_VERSION,
    FIELD_COUNT
};

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TEXT] = MNEME_MEMORY_TEXT_FIELD,
    [TYPE] = {.name = "memory_type",
              .option = "type",
              .letter = 't',
              .type = MNEME_OP_TEXT,
              .shown = "TYPE",
              .fallback = "fact",
              .help = "The type of memory (default fact).",
              .flags = MNEME_OP_TO_PAYLOAD},
    [TERM] = {.name = "term",
              .type = MNEME_OP_TEXT,
              .choices = mneme_memory_terms,
              .shown = "short_term|long_term",
              .help = "How long to keep it; short_term memories expire (MNEME_SHORT_TERM_S, 7 days).",
              .flags = MNEME_OP_TO_PAYLOAD},
    [CONTENT] = MNEME_MEMORY_CONTENT_FIELD,
    [TAGS] = MNEME_MEMORY_TAGS_FIELD,
    [ENTITIES] = MNEME_MEMORY_ENTITIES_FIELD,
    [CONFIDENCE] = MNEME_MEMORY_CONFIDENCE_FIELD,
    [IMPORTANCE] = MNEME_MEMORY_IMPORTANCE_FIELD,
    [PRIORITY] = MNEME_MEMORY_PRIORITY_FIELD,
    [EXPIRES_AT] = MNEME_MEMORY_EXPIRES_AT_FIELD,
    [METADATA] = MNEME_MEMORY_METADATA_FIELD,
    [REASON] = MNEME_MEMORY_REASON_FIELD,
    [ID] = {.name = "memory_id",
            .option = "id",
            .type = MNEME_OP_ID,
            .help = "The memory's id; a fresh one by default.",
            .flags = MNEME_OP_TO_PAYLOAD},
    [EXPECTED_VERSION] = {.name = "expected_version",
                          .type = MNEME_OP_INTEGER,
                          .maximum = 9.2e18,
                          .help = "Publish only if the stream has this version; 0 means that it is empty."},
};

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    struct mneme_str content;
    char label[MNEME_OP_LABEL_BYTES];
    int status = mneme_memory_content(&content, request, TEXT, CONTENT, &request->arena, error);
    if (status == MNEME_OK && content.data == NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was remembered: no content is given; give a text, - for standard input, or %s JSON",
            mneme_op_label(label, request, &fields[CONTENT]));
    }
    return status;
}

static int write(struct mneme_op_events *out, const struct mneme_op_request *request,
                 struct mneme_error *error) {
    struct mneme_event *event;
    int status = mneme_op_events_add(&event, out, MNEME_EVENT_MEMORY_CREATED, error);
    if (status == MNEME_OK) {
        event->expected_version = mneme_op_number(request, EXPECTED_VERSION);
        mneme_memory_short_term(&event->payload.memory_created.expires_at, event, request, TERM, EXPIRES_AT);
        status = mneme_memory_content(&event->payload.memory_created.content, request, TEXT, CONTENT,
                                      out->arena, error);
    }
    return status;
}

const struct mneme_operation mneme_op_memory_add = {
    .name = "memory.add",
    .summary = "Remember something.",
    .details =
        "Publishes a memory_created event and returns when the brokers have it; a worker then\n"
        "folds it into the tables. `-` reads the text from standard input.\n"
        "--json: {\"memory_id\",\"event_id\",\"position\",\"stream_id\"}, and with --wait also\n"
        "\"verdict\" (accepted, rejected, duplicate, exists, not_found, parked or dropped), \"version\" of "
        "the stream, or \"actual_version\" if it was not accepted; the exit code is then 4 for rejected\n"
        "and exists, 5 for not_found, 1 for parked and dropped.",
    .examples =
        "  mneme memory add 'Ada prefers tea' --user ada --type fact --tags drinks,taste\n"
        "  mneme memory add --content '{\"text\":\"Tea at four\",\"place\":\"garden\"}' --user ada\n"
        "  mneme memory add 'Once only' --user ada --idempotency-key import-17 --wait postgres --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = check,
    .write = write,
    .event_type = MNEME_EVENT_MEMORY_CREATED,
    .id = "memory_id",
};
