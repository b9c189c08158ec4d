/*
 * vector.delete: deletes vectors by their ids.
 */
#include "operations/events.h"
#include "operations/vector/vector.h"

enum { IDS, COLLECTION, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [IDS] = {.name = "vector_ids",
             .type = MNEME_OP_LIST,
             .shown = "ID",
             .help = "The vectors' ids.",
             .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [COLLECTION] = {.name = "collection",
                    .letter = 'c',
                    .type = MNEME_OP_TEXT,
                    .shown = "NAME",
                    .fallback = "default",
                    .help = "The collection (default \"default\").",
                    .flags = MNEME_OP_TO_PAYLOAD},
};

static int delete_one(struct mneme_op_call *call, struct mneme_vector_publisher *publisher,
                      struct mneme_str id, struct mneme_error *error) {
    struct mneme_op_events events = {.request = call->request, .arena = call->arena};
    struct mneme_event *event;
    int status = mneme_op_events_add(&event, &events, MNEME_EVENT_VECTOR_DELETED, error);
    if (status != MNEME_OK) {
        return status;
    }
    event->payload.vector_deleted.vector_id = id;
    return mneme_vector_publisher_put(publisher, event, id, event->payload.vector_deleted.collection, error);
}

static int run(struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_str_array ids = mneme_op_list(call->request, IDS);
    struct mneme_vector_publisher *publisher;
    int status = mneme_vector_publisher_new(&publisher, call, ids.count > 1, error);
    if (status != MNEME_OK) {
        return status;
    }
    for (size_t i = 0; i < ids.count; i++) {
        struct mneme_error refusal = {0};
        if (delete_one(call, publisher, ids.items[i], &refusal) != MNEME_OK) {
            mneme_vector_publisher_refuse(publisher, &refusal);
        }
    }
    status = mneme_vector_publisher_end(publisher, error);
    mneme_vector_publisher_destroy(publisher);
    return status;
}

const struct mneme_operation mneme_op_vector_delete = {
    .name = "vector.delete",
    .summary = "Forget vectors.",
    .details = "Publishes a vector_deleted event for each; a vector that does not exist is not an error.\n"
               "--json: {\"id\",\"collection\",\"event_id\",\"position\"}.",
    .examples = "  mneme vector delete red\n"
                "  mneme vector delete red blue --collection colors\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_TRACED,
    .effect = MNEME_OP_DESTROYS,
    .form = MNEME_OP_RECEIPT,
    .columns = mneme_vector_receipt_columns,
    .procedure = run,
    .event_type = MNEME_EVENT_VECTOR_DELETED,
};
