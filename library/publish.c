/*
 * Queued writes for programs: receipts, and the positions of what was acknowledged.
 */
#include <stdio.h>
#include <stdlib.h>

#include "library/handles.h"
#include "producers/publisher.h"

_Static_assert(MNEME_POSITION_TEXT_BYTES > sizeof "-2147483648:-9223372036854775808",
               "room for any position");

/* --- receipts --- */

enum mneme_status mneme_receipt_status(const struct mneme_receipt *receipt) {
    return receipt->status;
}

const char *mneme_receipt_message(const struct mneme_receipt *receipt) {
    return receipt->message;
}

void mneme_receipt_event_id(const struct mneme_receipt *receipt, char text[MNEME_ID_TEXT_BYTES]) {
    mneme_id_text(text, receipt->event_id);
}

void mneme_receipt_position(const struct mneme_receipt *receipt, char text[MNEME_POSITION_TEXT_BYTES]) {
    text[0] = '\0';
    if (receipt->status == MNEME_OK) {
        snprintf(text, MNEME_POSITION_TEXT_BYTES, "%d:%lld", (int)receipt->position.partition,
                 (long long)receipt->position.offset);
    }
}

/* --- submitting --- */

int mneme_submit(struct mneme *mneme, struct mneme_request *request, mneme_delivery_fn *on_delivery,
                 void *context, struct mneme_error *error) {
    size_t count;
    int status = mneme_request_complete(request, error);
    return status == MNEME_OK
               ? mneme_service_submit(&count, mneme->service, &request->request, on_delivery, context, error)
               : status;
}

int mneme_submit_event(struct mneme *mneme, struct mneme_str event, mneme_delivery_fn *on_delivery,
                       void *context, struct mneme_error *error) {
    struct mneme_client *client;
    int status = mneme_service_client(&client, mneme->service, error);
    return status == MNEME_OK ? mneme_publish_json(client, event, NULL, NULL, 0, on_delivery, context, error)
                              : status;
}

int mneme_submit_wait(struct mneme *mneme, int timeout_ms, struct mneme_error *error) {
    return mneme_service_flush(mneme->service, timeout_ms, error);
}

int mneme_written(char **text, struct mneme *mneme, struct mneme_error *error) {
    struct mneme_arena arena;
    struct mneme_buffer out = {0};
    struct mneme_client_written written;
    mneme_arena_init(&arena, 0);
    int status = mneme_service_written(&written, mneme->service, &arena, error);
    for (size_t i = 0; status == MNEME_OK && i < written.count; i++) {
        mneme_buffer_printf(&out, "%s%d:%lld", i > 0 ? "," : "", (int)written.positions[i].partition,
                            (long long)written.positions[i].offset);
    }
    mneme_buffer_append_byte(&out, '\0');
    if (status == MNEME_OK && out.failed) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "the positions were not returned: memory is exhausted; free some");
    }
    *text = status == MNEME_OK ? out.data : NULL;
    if (status != MNEME_OK) {
        mneme_buffer_clean_up(&out);
    }
    mneme_arena_clean_up(&arena);
    return status;
}
