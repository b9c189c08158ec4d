#include "operations/write.h"

#include <stdio.h>

#include "common/base/uuid.h"
#include "operations/receipts.h"
#include "operations/watcher.h"

/* --- receipts as rows --- */

struct receipt_row {
    struct mneme_str id;
    struct mneme_uuid event_id;
    struct mneme_position position;
    struct mneme_str stream_id, verdict;
    struct mneme_opt_long version;
};

#define COLUMN(name, kind, member)                                                                           \
    { name, kind, offsetof(struct receipt_row, member) }

/* The id that the receipt names first, as text; null if the operation names none. */
static struct mneme_str id_of(const struct mneme_event *event, const char *name,
                              char text[MNEME_UUID_TEXT_BYTES]) {
    const struct mneme_field_info *field =
        name == NULL ? NULL : mneme_record_field(&mneme_payload_info[event->type], name);
    const char *at = field == NULL ? NULL : (const char *)&event->payload + field->offset;
    if (at == NULL || mneme_field_is_null(&event->payload, field)) {
        return MNEME_STR_NULL;
    }
    if (field->kind != MNEME_FIELD_UUID) {
        return *(const struct mneme_str *)(const void *)at;
    }
    mneme_uuid_format(*(const struct mneme_uuid *)(const void *)at, text);
    return (struct mneme_str){text, MNEME_UUID_TEXT_BYTES};
}

static bool put_receipt(struct mneme_op_call *call, const struct mneme_event *event,
                        const struct mneme_receipt *receipt, const struct mneme_verdict_row *verdict) {
    char id[MNEME_UUID_TEXT_BYTES];
    const char *id_name = call->request->operation->id;
    struct receipt_row row = {
        .id = id_of(event, id_name, id),
        .event_id = receipt->event_id,
        .position = receipt->position,
        .stream_id = event->stream_id.data != NULL ? event->stream_id : mneme_event_subject(event),
    };
    bool is_accepted = verdict != NULL && mneme_str_equal(verdict->verdict, MNEME_STR_LIT("accepted"));
    struct mneme_row_column columns[] = {
        COLUMN(id_name, MNEME_ROW_STR, id),
        COLUMN("event_id", MNEME_ROW_UUID, event_id),
        COLUMN("position", MNEME_ROW_POSITION, position),
        COLUMN("stream_id", MNEME_ROW_STR, stream_id),
        COLUMN("verdict", MNEME_ROW_STR, verdict),
        COLUMN(is_accepted ? "version" : "actual_version", MNEME_ROW_OPT_LONG, version),
    };
    size_t count = sizeof columns / sizeof *columns;
    if (verdict != NULL) {
        row.verdict = verdict->verdict;
        row.version = verdict->actual_version;
    } else {
        count -= 2;
    }
    size_t first = id_name == NULL ? 1 : 0;
    const struct mneme_op_row shown = {
        .columns = columns + first, .column_count = count - first, .cells = &row};
    call->outcome->rows++;
    return call->sink->on_row(&shown, call->sink->context);
}

/* Adds a note about an event that no table will show. */
static void note_reason(struct mneme_op_call *call, const struct mneme_receipt *receipt,
                        const struct mneme_verdict_row *verdict) {
    struct mneme_buffer text = {0};
    mneme_buffer_printf(&text, "the event was %.*s: %.*s; see mneme dead-letters show %d:%lld",
                        MNEME_STR_ARG(verdict->verdict), MNEME_STR_ARG(verdict->reason),
                        (int)receipt->position.partition, (long long)receipt->position.offset);
    mneme_op_note(call, MNEME_OP_NOTE_WARNING, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
}

/* --- the run --- */

struct publishing {
    struct mneme_op_events events;
    struct mneme_receipt *receipts;
    struct mneme_position *positions;
    struct mneme_verdict_row *verdicts;
};

static int publish(struct publishing *publishing, struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_client *client;
    const struct mneme_cancel cancel =
        mneme_cancel_within(call->cancel, mneme_config_long(call->config, MNEME_SETTING_PUBLISH_TIMEOUT_MS));
    int status = mneme_service_client_within(&client, call->service, call->cancel, error);
    return status == MNEME_OK
               ? mneme_op_receipts_publish(publishing->receipts, client, publishing->events.items,
                                           publishing->events.count, call->arena, &cancel, error)
               : status;
}

static int wait_for_verdicts(struct publishing *publishing, struct mneme_op_call *call,
                             struct mneme_error *error) {
    size_t count = publishing->events.count;
    const struct mneme_cancel cancel = mneme_cancel_within(call->cancel, call->wait_timeout_ms);
    for (size_t i = 0; i < count; i++) {
        publishing->positions[i] = publishing->receipts[i].position;
    }
    int status = mneme_watcher_verdicts(publishing->verdicts, mneme_service_watcher(call->service),
                                        publishing->positions, count, call->arena, &cancel, error);
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        if (publishing->verdicts[i].verdict.data == NULL) {
            status = mneme_error_set(error, MNEME_E_INTERNAL,
                                     "the event has no verdict: the ledger has passed its position without "
                                     "it; check in mneme status whether the projection folds another log");
        }
    }
    return status;
}

/* Puts rows for what the brokers have, with verdicts only if they are known. */
static void put_receipts(const struct publishing *publishing, struct mneme_op_call *call, bool has_verdicts) {
    for (size_t i = 0; i < publishing->events.count; i++) {
        const struct mneme_receipt *receipt = &publishing->receipts[i];
        const struct mneme_verdict_row *verdict = has_verdicts ? &publishing->verdicts[i] : NULL;
        if (receipt->status != MNEME_OK) {
            continue;
        }
        (void)put_receipt(call, &publishing->events.items[i], receipt, verdict);
        if (verdict == NULL) {
            continue;
        }
        if (verdict->reason.data != NULL) {
            note_reason(call, receipt, verdict);
        }
        if (call->outcome->verdict == MNEME_OK) {
            call->outcome->verdict = mneme_verdict_status(verdict->verdict);
        }
    }
}

int mneme_op_write_run(struct mneme_op_request *request, struct mneme_op_call *call,
                       struct mneme_error *error) {
    struct publishing publishing = {.receipts = NULL};
    bool waits = request->common[MNEME_OP_WAIT].is_set;
    int status = mneme_op_write_find(request, call, error);
    if (status == MNEME_OK) {
        status = mneme_op_events_make(&publishing.events, request, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    size_t count = publishing.events.count;
    publishing.receipts = mneme_arena_calloc(call->arena, count + 1, sizeof *publishing.receipts);
    publishing.positions = mneme_arena_calloc(call->arena, count + 1, sizeof *publishing.positions);
    publishing.verdicts = mneme_arena_calloc(call->arena, count + 1, sizeof *publishing.verdicts);
    if (publishing.receipts == NULL || publishing.positions == NULL || publishing.verdicts == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was published: memory is exhausted; free some");
    }
    for (size_t i = 0; i < count; i++) {
        publishing.receipts[i].status = MNEME_E_TIMEOUT; /* until the brokers say otherwise */
    }
    status = publish(&publishing, call, error);
    bool is_published = status == MNEME_OK;
    if (is_published && waits) {
        status = wait_for_verdicts(&publishing, call, error);
    }
    /* If the verdicts cannot be read, the rows come without them, so that the caller at least knows what was
     * published. */
    put_receipts(&publishing, call, waits && is_published && status == MNEME_OK);
    return status;
}
