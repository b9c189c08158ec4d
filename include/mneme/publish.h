/*
 * Queued writes: submitting returns at once, and a callback gets the brokers' answer for each event.
 *
 * Events submitted by one thread to one stream keep their order. The queue is bounded
 * (MNEME_PUBLISH_QUEUE_…): submitting waits up to MNEME_PUBLISH_BLOCK_MS for room, then returns MNEME_E_FULL.
 * Callbacks run on a thread of the library; their order across streams is not defined. They may submit (a
 * full queue then gives MNEME_E_FULL at once), but must not call mneme_call, mneme_submit_wait or
 * mneme_disconnect.
 */
#ifndef MNEME_PUBLISH_H
#define MNEME_PUBLISH_H

#include <mneme/operations.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The brokers' answer for one event; valid only during the callback. It is opaque, read by functions, so that
 * its layout is never compiled into a program and no program reads past its end. */
struct mneme_receipt;

/* MNEME_OK: the brokers have the event (acks=all). Anything else: see the message; the event may be submitted
 * again with the same event_id. */
MNEME_API enum mneme_status mneme_receipt_status(const struct mneme_receipt *receipt);

/* The error's sentence; "" on success. */
MNEME_API const char *mneme_receipt_message(const struct mneme_receipt *receipt);

/* The event's id, and its position in the log, such as "3:17", which the field at_least of a read takes. The
 * position is "" when the brokers do not have the event. Both write NUL-terminated text to `text`. */
#define MNEME_ID_TEXT_BYTES 37
#define MNEME_POSITION_TEXT_BYTES 40
MNEME_API void mneme_receipt_event_id(const struct mneme_receipt *receipt, char text[MNEME_ID_TEXT_BYTES]);
MNEME_API void mneme_receipt_position(const struct mneme_receipt *receipt,
                                      char text[MNEME_POSITION_TEXT_BYTES]);

typedef void mneme_delivery_fn(const struct mneme_receipt *receipt, void *context);

/* Queues the events of a write and returns at once; on_delivery (may be NULL) is called exactly once for each
 * event that was queued. MNEME_E_USAGE: the operation has to look something up first, such as the stream of a
 * memory that is changed without naming it; use mneme_call. MNEME_E_INVALID: a field of the event is wrong;
 * the message names it. MNEME_E_INVALID, MNEME_E_TOO_LARGE, MNEME_E_FULL: the event, and those after it in
 * the request, were not queued. */
MNEME_API int mneme_submit(struct mneme *mneme, struct mneme_request *request, mneme_delivery_fn *on_delivery,
                           void *context, struct mneme_error *error);

/* The same for one event of any type: a JSON object in the form that `mneme publish` reads (docs/events.md
 * lists types and fields). What it leaves out gets its default: tenant, event_id, occurred_at, stream_id. */
MNEME_API int mneme_submit_event(struct mneme *mneme, struct mneme_str event, mneme_delivery_fn *on_delivery,
                                 void *context, struct mneme_error *error);

/* Waits until everything that was submitted before is acknowledged or has failed, and the callbacks have
 * returned, at most timeout_ms (-1: as long as MNEME_PUBLISH_TIMEOUT_MS allows). The message of
 * MNEME_E_TIMEOUT says how many events are still in flight; they may yet arrive. */
MNEME_API int mneme_submit_wait(struct mneme *mneme, int timeout_ms, struct mneme_error *error);

/* The position of the last event acknowledged since mneme_connect in each partition, such as "0:4,3:17": a
 * value for the field at_least of a read, also in another process. Reads by this struct mneme accept "last"
 * instead. *text is "" before the first acknowledged event; the caller frees it with free(). */
MNEME_API int mneme_written(char **text, struct mneme *mneme, struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
