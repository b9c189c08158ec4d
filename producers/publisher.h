/*
 * The publisher: writes memory operations of agents to the log.
 *
 * Thread rules: one client may be used by any number of threads at once, except for mneme_close. Callbacks
 * run on the client's own thread, without a guaranteed order across streams; they may publish (a full queue
 * is then MNEME_E_FULL at once), but must not wait, flush or close: that is MNEME_E_USAGE. Events are copied
 * before a call returns: no reference to the caller's data is kept.
 *
 * A client does not survive fork(): its threads exist in the parent only. Open clients after forking; a child
 * must neither use nor close one of its parent's.
 */
#ifndef MNEME_PRODUCERS_PUBLISHER_H
#define MNEME_PRODUCERS_PUBLISHER_H

#include "common/base/error.h"
#include "common/base/types.h"
#include "include/mneme/publish.h" /* mneme_delivery_fn */
#include "mneme/event_types.h" /* struct mneme_event, one struct for each payload, enum mneme_event_type */

struct mneme_client;

/* The brokers' answer for one event. */
struct mneme_receipt {
    enum mneme_status status; /* MNEME_OK: the brokers have it (acks=all) */
    struct mneme_uuid event_id;
    struct mneme_position position; /* of an acknowledged event */
    const char *message;            /* the error's sentence, "" on success; valid during the callback */
};

/*
 * Opens a publisher. Settings come from `settings` (may be NULL), the environment, the file `config_path`
 * (may be NULL: $MNEME_CONFIG), and the defaults, in this order. Talks to the brokers (and the registry, if
 * one is set) before it returns: MNEME_E_UNAVAILABLE, MNEME_E_DENIED, MNEME_E_NOT_FOUND (no such topic) come
 * at once, with what to do. Blocks for some seconds at most. The caller closes *out.
 */
int mneme_open(struct mneme_client **out, const char *config_path,
               const struct mneme_client_setting *settings, size_t setting_count, struct mneme_error *error);

/* Waits for events under way up to timeout_ms (-1: until every event is acknowledged or has failed, which
 * MNEME_PUBLISH_TIMEOUT_MS limits), then frees all. Events that the brokers did not acknowledge by then are
 * reported to their callbacks as MNEME_E_TIMEOUT; they may still arrive. Returns MNEME_E_TIMEOUT if there
 * were any. NULL is allowed. */
int mneme_close(struct mneme_client *client, int timeout_ms, struct mneme_error *error);

/* Zeroes the event, sets type, tenant (the client's default), a fresh event_id, occurred_at (now), the
 * defaults of the payload's fields, and a fresh id where the payload makes something new (memory_id of
 * memory_created). Strings of the caller are then assigned to it. The tenant is valid as long as the client.
 */
int mneme_event_init(struct mneme_event *event, const struct mneme_client *client, enum mneme_event_type type,
                     struct mneme_error *error);

/* Makes event_id the version 5 id of tenant and key, so that the same key again has no second effect; ids of
 * what the payload makes new follow from the key too. Set the tenant first. MNEME_E_INVALID for a key that is
 * empty, over 512 bytes, not UTF-8 or with control characters. */
int mneme_event_set_idempotency_key(struct mneme_event *event, struct mneme_str key,
                                    struct mneme_error *error);

/*
 * Checks, encodes and queues one event. `on_delivery` (may be NULL) is called exactly once for each call that
 * returned MNEME_OK. A null stream_id becomes the subject. Waits for room in a full queue up to
 * MNEME_PUBLISH_BLOCK_MS, then MNEME_E_FULL. MNEME_E_INVALID names the field; MNEME_E_TOO_LARGE when the
 * brokers would refuse it. After an error nothing was queued.
 */
int mneme_publish(struct mneme_client *client, const struct mneme_event *event,
                  mneme_delivery_fn *on_delivery, void *context, struct mneme_error *error);

/* Publishes and waits up to timeout_ms (at least 0) for the brokers. On MNEME_E_TIMEOUT the event may still
 * arrive later; publishing it again with the same event_id is safe. receipt->message is "". */
int mneme_publish_wait(struct mneme_receipt *receipt, struct mneme_client *client,
                       const struct mneme_event *event, int timeout_ms, struct mneme_error *error);

/* Publishes one JSON object in the form that `mneme publish` reads. The event's id and stream are given back:
 * `event_id` and `stream_id` (a buffer of stream_bytes, NUL-terminated) may be NULL. */
int mneme_publish_json(struct mneme_client *client, struct mneme_str line, struct mneme_uuid *event_id,
                       char *stream_id, size_t stream_bytes, mneme_delivery_fn *on_delivery, void *context,
                       struct mneme_error *error);

/* Waits until everything published before the call is acknowledged or failed and its callbacks have returned;
 * events published meanwhile by other threads are not waited for. timeout_ms as for mneme_close.
 * MNEME_E_TIMEOUT says how many events are still under way. */
int mneme_flush(struct mneme_client *client, int timeout_ms, struct mneme_error *error);

/* A fresh version 7 id, for what an event names (memory_id and the like). */
int mneme_id_new(struct mneme_uuid *out, struct mneme_error *error);

void mneme_id_text(char text[MNEME_ID_TEXT_BYTES], struct mneme_uuid id);

/* Takes the 36-character form in either case; MNEME_E_INVALID for anything else. */
int mneme_id_parse(struct mneme_uuid *out, struct mneme_str text, struct mneme_error *error);

#endif
