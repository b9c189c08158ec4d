/*
 * Keeps many events under way at once and puts a row for each, in order. Queued events are waited for when
 * there is no room for more, and at the end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/uuid.h"
#include "operations/fields.h"
#include "operations/service.h"
#include "operations/vector/vector.h"

#define UNDER_WAY 500 /* events at a time */
#define ID_BYTES 256  /* the schema's limit, and a NUL */
#define REASON_BYTES 512

struct receipt {
    char id[ID_BYTES], collection[ID_BYTES];
    enum mneme_status
        status; /* filled in by the client's thread, read when all are settled; so are the members below */
    struct mneme_uuid event_id;
    struct mneme_position position;
    char reason[REASON_BYTES];
};

struct mneme_vector_publisher {
    struct mneme_op_call *call;
    struct receipt *receipts;
    size_t count;
    int64_t refused;
    bool is_many;
    struct mneme_error first; /* of the first refused event, but with the worst code of all */
};

const struct mneme_op_column mneme_vector_receipt_columns[] = {
    MNEME_OP_SHOWN("id", MNEME_ROW_STR, "ID"),
    MNEME_OP_SHOWN("collection", MNEME_ROW_STR, "COLLECTION"),
    MNEME_OP_SHOWN("event_id", MNEME_ROW_UUID, "EVENT"),
    MNEME_OP_SHOWN("position", MNEME_ROW_POSITION, "POSITION"),
    {0},
};

int mneme_vector_publisher_new(struct mneme_vector_publisher **out, struct mneme_op_call *call, bool is_many,
                               struct mneme_error *error) {
    struct mneme_vector_publisher *publisher = calloc(1, sizeof *publisher);
    struct receipt *receipts = calloc(is_many ? UNDER_WAY : 1, sizeof *receipts);
    struct mneme_client *client;
    *out = NULL;
    int status = publisher == NULL || receipts == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "nothing was published: memory is exhausted; free some")
                     /* If no broker answers, the events are not tried one by one. */
                     : mneme_service_client(&client, call->service, error);
    if (status != MNEME_OK) {
        free(publisher);
        free(receipts);
        return status;
    }
    *publisher = (struct mneme_vector_publisher){.call = call, .receipts = receipts, .is_many = is_many};
    *out = publisher;
    return MNEME_OK;
}

void mneme_vector_publisher_refuse(struct mneme_vector_publisher *publisher,
                                   const struct mneme_error *refusal) {
    /* Of the codes that occur here, the lower one says more; a wrong size counts as invalid input. */
    enum mneme_status code = refusal->code == MNEME_E_TOO_LARGE ? MNEME_E_INVALID : refusal->code;
    if (publisher->refused++ == 0) {
        publisher->first = *refusal;
        publisher->first.code = code;
    } else if (code < publisher->first.code) {
        publisher->first.code = code;
    }
    if (publisher->is_many) {
        mneme_op_note(publisher->call, MNEME_OP_NOTE_WARNING, mneme_str_from(refusal->message));
    }
}

struct row {
    struct mneme_str id, collection;
    struct mneme_uuid event_id;
    struct mneme_position position;
};

static void put_row(const struct mneme_vector_publisher *publisher, const struct receipt *receipt) {
    static const struct mneme_row_column columns[] = {
        {"id", MNEME_ROW_STR, offsetof(struct row, id)},
        {"collection", MNEME_ROW_STR, offsetof(struct row, collection)},
        {"event_id", MNEME_ROW_UUID, offsetof(struct row, event_id)},
        {"position", MNEME_ROW_POSITION, offsetof(struct row, position)},
    };
    const struct row cells = {mneme_str_from(receipt->id), mneme_str_from(receipt->collection),
                              receipt->event_id, receipt->position};
    char text[ID_BYTES + 48];
    snprintf(text, sizeof text, "%s %d:%lld", receipt->id, (int)receipt->position.partition,
             (long long)receipt->position.offset);
    const struct mneme_op_row row = {.columns = columns,
                                     .column_count = sizeof columns / sizeof *columns,
                                     .cells = &cells,
                                     .sentence = mneme_str_from(text)};
    publisher->call->outcome->rows++;
    (void)publisher->call->sink->on_row(&row,
                                        publisher->call->sink->context); /* the event is published anyway */
}

/* Waits for the events under way, and for each puts a row or refuses it. */
static void settle(struct mneme_vector_publisher *publisher) {
    struct mneme_error error = {0};
    int64_t acknowledged, failed;
    if (mneme_op_call_flush(&acknowledged, &failed, publisher->call, &error) != MNEME_OK) {
        mneme_vector_publisher_refuse(publisher, &error);
    }
    for (size_t i = 0; i < publisher->count; i++) {
        const struct receipt *receipt = &publisher->receipts[i];
        if (receipt->status == MNEME_OK) {
            put_row(publisher, receipt);
        } else {
            (void)mneme_error_set(&error, receipt->status, "vector %s: %s", receipt->id, receipt->reason);
            mneme_vector_publisher_refuse(publisher, &error);
        }
    }
    publisher->count = 0;
}

void mneme_vector_publisher_destroy(struct mneme_vector_publisher *publisher) {
    if (publisher != NULL) {
        settle(publisher); /* its receipts may be written to until then */
        free(publisher->receipts);
        free(publisher);
    }
}

static void receive(const struct mneme_receipt *answer, void *context) {
    struct receipt *receipt = context;
    receipt->status = answer->status;
    receipt->event_id = answer->event_id;
    receipt->position = answer->position;
    snprintf(receipt->reason, sizeof receipt->reason, "%s", answer->message);
}

int mneme_vector_publisher_put(struct mneme_vector_publisher *publisher, struct mneme_event *event,
                               struct mneme_str id, struct mneme_str collection, struct mneme_error *error) {
    if (publisher->count == UNDER_WAY) {
        settle(publisher);
    }
    struct receipt *receipt = &publisher->receipts[publisher->count];
    *receipt = (struct receipt){.status = MNEME_E_INTERNAL};
    snprintf(receipt->id, sizeof receipt->id, "%.*s", MNEME_STR_ARG(id));
    snprintf(receipt->collection, sizeof receipt->collection, "%.*s", MNEME_STR_ARG(collection));
    struct mneme_buffer stream = {0};
    mneme_buffer_printf(&stream, "vectors/%.*s", MNEME_STR_ARG(collection));
    event->stream_id = mneme_buffer_str(&stream);
    int status = stream.failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                                 "nothing was published: memory is exhausted; free some")
                               : mneme_op_call_publish_told(publisher->call, event, receive, receipt, error);
    publisher->count += status == MNEME_OK;
    mneme_buffer_clean_up(&stream);
    return status;
}

int mneme_vector_publisher_end(struct mneme_vector_publisher *publisher, struct mneme_error *error) {
    settle(publisher);
    if (publisher->refused == 0) {
        return MNEME_OK;
    }
    return !publisher->is_many ? mneme_error_set(error, publisher->first.code, "%s", publisher->first.message)
           : publisher->refused == 1
               ? mneme_error_set(error, publisher->first.code, "one vector was refused: %s",
                                 publisher->first.message)
               : mneme_error_set(error, publisher->first.code, "%lld vectors were refused; the first: %s",
                                 (long long)publisher->refused, publisher->first.message);
}
