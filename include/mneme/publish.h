/*
 * Writes that are not waited for one by one: they are queued, and a callback is told what the brokers said.
 *
 * What was submitted by one thread to one stream keeps its order. The queue is bounded
 * (MNEME_PUBLISH_QUEUE_…): submitting waits for room up to MNEME_PUBLISH_BLOCK_MS, then it is MNEME_E_FULL.
 * Callbacks run on a thread of the library, in no promised order across streams; they may submit (a full
 * queue is then MNEME_E_FULL at once), but must not call, wait or disconnect.
 */
#ifndef MNEME_PUBLISH_H
#define MNEME_PUBLISH_H

#include <mneme/operations.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the brokers said of one event; valid during the callback. It is asked by functions, and not a struct
 * that says its size, so that nothing of it is compiled into a program and nobody reads behind its end. */
struct mneme_receipt;

/* MNEME_OK: the brokers have it, on acks=all. Anything else: see the message; the event may be submitted
 * again with the same event_id. */
MNEME_API enum mneme_status mneme_receipt_status(const struct mneme_receipt *receipt);

/* The error's sentence; "" on success. */
MNEME_API const char *mneme_receipt_message(const struct mneme_receipt *receipt);

/* The event's id, and where it lies in the log, such as "3:17": what the field at_least of a read takes. ""
 * where the brokers do not have it. With a NUL, in a buffer of the caller's. */
#define MNEME_ID_TEXT_BYTES 37
#define MNEME_POSITION_TEXT_BYTES 40
MNEME_API void mneme_receipt_event_id(const struct mneme_receipt *receipt, char text[MNEME_ID_TEXT_BYTES]);
MNEME_API void mneme_receipt_position(const struct mneme_receipt *receipt,
                                      char text[MNEME_POSITION_TEXT_BYTES]);

typedef void mneme_delivery_fn(const struct mneme_receipt *receipt, void *context);

/* Queues the events of a write and returns at once; on_delivery (may be NULL) is called exactly once for each
 * event that was queued. MNEME_E_USAGE for an operation that has to ask something first, such as a change of
 * a memory whose stream is not named: mneme_call does that. MNEME_E_INVALID names a field of the event,
 * MNEME_E_TOO_LARGE and MNEME_E_FULL: the event, and those of the request behind it, were not queued. */
MNEME_API int mneme_submit(struct mneme *mneme, struct mneme_request *request, mneme_delivery_fn *on_delivery,
                           void *context, struct mneme_error *error);

/* The same for one event of any type: a JSON object in the form that `mneme publish` reads (docs/events.md
 * lists types and fields). What it leaves out gets its default: tenant, event_id, occurred_at, stream_id. */
MNEME_API int mneme_submit_event(struct mneme *mneme, struct mneme_str event, mneme_delivery_fn *on_delivery,
                                 void *context, struct mneme_error *error);

/* Waits until everything that was submitted before is acknowledged or has failed, and the callbacks have
 * returned, at most timeout_ms (-1: as long as MNEME_PUBLISH_TIMEOUT_MS lets events be under way).
 * MNEME_E_TIMEOUT says how many are under way still; they may yet arrive. */
MNEME_API int mneme_submit_wait(struct mneme *mneme, int timeout_ms, struct mneme_error *error);

/* Where the events lie that were acknowledged since mneme_connect, the last one of each partition, such as
 * "0:4,3:17": what the field at_least of a read takes, also in another process. Reads by this struct mneme
 * take "last" for it. *text is "" before the first one; the caller frees it by free(). */
MNEME_API int mneme_written(char **text, struct mneme *mneme, struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
