/*
 * memory.update: changes fields of one memory.
 */
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"

enum {
    ID,
    TEXT,
    CONTENT,
    TYPE,
    TERM,
    CLEAR_TERM,
    TAGS,
    ENTITIES,
    CONFIDENCE,
    IMPORTANCE,
    PRIORITY,
    EXPIRES_AT,
    CLEAR_EXPIRES_AT,
    METADATA,
    REASON,
    EXPECTED_VERSION,
    FIELD_COUNT
};

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [ID] = MNEME_MEMORY_ID_FIELD,
    [TEXT] = MNEME_MEMORY_TEXT_FIELD,
    [CONTENT] = MNEME_MEMORY_CONTENT_FIELD,
    [TYPE] = {.name = "memory_type",
              .option = "type",
              .letter = 't',
              .type = MNEME_OP_TEXT,
              .shown = "TYPE",
              .help = "The new type.",
              .flags = MNEME_OP_TO_PAYLOAD},
    [TERM] = {.name = "term",
              .type = MNEME_OP_TEXT,
              .choices = mneme_memory_terms,
              .shown = "short_term|long_term",
              .help =
                  "How long to keep it from now on; short_term memories expire (MNEME_SHORT_TERM_S, 7 days).",
              .flags = MNEME_OP_TO_PAYLOAD},
    [CLEAR_TERM] = {.name = "clear_term",
                    .type = MNEME_OP_FLAG,
                    .help = "Remove the term.",
                    .flags = MNEME_OP_TO_PAYLOAD},
    [TAGS] = MNEME_MEMORY_TAGS_FIELD,
    [ENTITIES] = MNEME_MEMORY_ENTITIES_FIELD,
    [CONFIDENCE] = MNEME_MEMORY_CONFIDENCE_FIELD,
    [IMPORTANCE] = MNEME_MEMORY_IMPORTANCE_FIELD,
    [PRIORITY] = MNEME_MEMORY_PRIORITY_FIELD,
    [EXPIRES_AT] = MNEME_MEMORY_EXPIRES_AT_FIELD,
    [CLEAR_EXPIRES_AT] = {.name = "clear_expires_at",
                          .type = MNEME_OP_FLAG,
                          .help = "Remove the expiry: the memory never expires.",
                          .flags = MNEME_OP_TO_PAYLOAD},
    [METADATA] = MNEME_MEMORY_METADATA_FIELD,
    [REASON] = MNEME_MEMORY_REASON_FIELD,
    [EXPECTED_VERSION] = MNEME_MEMORY_EXPECTED_VERSION_FIELD,
};

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    struct mneme_str content;
    int status = mneme_memory_content(&content, request, TEXT, CONTENT, &request->arena, error);
    bool is_empty = content.data == NULL;
    for (int i = TYPE; i < REASON; i++) {
        bool says_nothing = fields[i].type == MNEME_OP_FLAG && !mneme_op_truth(request, i);
        is_empty = is_empty && (says_nothing || !mneme_op_has(request, i));
    }
    if (status == MNEME_OK && is_empty) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was changed: no field is given; give a text or fields such as tags");
    }
    return status;
}

static int write(struct mneme_op_events *out, const struct mneme_op_request *request,
                 struct mneme_error *error) {
    struct mneme_event *event;
    int status = mneme_op_events_add(&event, out, MNEME_EVENT_MEMORY_UPDATED, error);
    if (status == MNEME_OK) {
        mneme_op_events_address(event, request, 0);
        if (!mneme_op_truth(request, CLEAR_EXPIRES_AT)) {
            mneme_memory_short_term(&event->payload.memory_updated.expires_at, event, request, TERM,
                                    EXPIRES_AT);
        }
        status = mneme_memory_content(&event->payload.memory_updated.content, request, TEXT, CONTENT,
                                      out->arena, error);
    }
    return status;
}

const struct mneme_operation mneme_op_memory_update = {
    .name = "memory.update",
    .summary = "Change fields of a memory; the others stay as they are.",
    .details =
        "The memory's stream is looked up in the tables, unless --stream, --user or --agent names it.\n"
        "--json and exit codes are those of memory add; with --wait, the exit code is 5 for not_found and 4 "
        "for a version other than --expected-version.",
    .examples =
        "  mneme memory update 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e 'Ada prefers green tea'\n"
        "  mneme memory update 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --importance 0.9 --reason 'said twice'\n"
        "  mneme memory update 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --type insight --clear-expires-at\n"
        "  mneme memory update 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --tags tea --expected-version 1 \\\n"
        "      --wait postgres\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = check,
    .write = write,
    .event_type = MNEME_EVENT_MEMORY_UPDATED,
    .id = "memory_id",
    .finds = ID + 1,
};
