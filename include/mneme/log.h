/*
 * Events of the log as they were published: a past range ("replay"), or each new one as it arrives
 * ("follow").
 *
 * Requests of both take tenant, user_id, agent_id, run_id, conversation_id, stream_id or all, types
 * ("memory_created,memory_updated"), limit and from. The field from takes a time (RFC 3339, 2026-11-30T12:00,
 * 7d for seven days ago); a position "partition:offset", which also cuts the other partitions at the time of
 * its event; several positions separated by commas (a partition that is not listed counts as not started);
 * "beginning"; or "end". The range includes the event at that place.
 * - "replay" also takes to. It returns the range ordered by the log's time, then partition, then offset, so
 *   every run gives the same order. Default: from the beginning to the current end. Run it by mneme_call.
 * - "follow" starts at "end" by default, keeps the order of each stream, and never ends by itself. Run it by
 *   mneme_call for one handler, or by a struct mneme_follower for several.
 *
 * Each event is a row (struct mneme_result) with the columns of `mneme replay`: type, event_type, event_id,
 * tenant, stream_id, …, payload, position, sequence_id, recorded_at. A message that is not an event is a row
 * of position, recorded_at and refusal, which says why. Both read only Kafka, in bounded memory.
 */
#ifndef MNEME_LOG_H
#define MNEME_LOG_H

#include <mneme/operations.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- following with handlers that may fail --- */

struct mneme_follower;

/* Called for each event, on the thread that runs the follower. Returns MNEME_OK, or a code with a sentence in
 * `error` (never NULL) when the handler failed at this event. The other handlers still get the event, and all
 * get the next one. A handler does its own retries. */
typedef int mneme_handler_fn(struct mneme_result *event, void *context, struct mneme_error *error);

/* Called when a handler fails; `handler` is the name it was added under. */
typedef void mneme_failure_fn(struct mneme_result *event, const char *handler,
                              const struct mneme_error *error, void *context);

/* Takes a complete "follow" request, which may be freed afterwards. The first run looks up where to begin.
 * The caller frees *out, before `mneme`. */
MNEME_API int mneme_follower_new(struct mneme_follower **out, struct mneme *mneme,
                                 struct mneme_request *request, struct mneme_error *error);
MNEME_API void mneme_follower_free(struct mneme_follower *follower); /* NULL is allowed; not while it runs */

/* Add handlers before the follower runs; they are called in the order they were added. The name is copied. */
MNEME_API int mneme_follower_add(struct mneme_follower *follower, const char *name, mneme_handler_fn *handler,
                                 void *context, struct mneme_error *error);
MNEME_API void mneme_follower_on_failure(struct mneme_follower *follower, mneme_failure_fn *on_failure,
                                         void *context);

/*
 * Follows the log until mneme_follower_stop, or until `limit` events have been handed over (MNEME_OK in both
 * cases). Waits for brokers that go down. MNEME_E_UNAVAILABLE, MNEME_E_DENIED: it cannot begin.
 * MNEME_E_NOT_FOUND: the topic or the position does not exist. MNEME_E_UNKNOWN_SCHEMA: this library is too
 * old for the next event. MNEME_E_UNSAFE: the log no longer has the next event. After any of these, and after
 * a stop, the next run continues after the last event that was handed over.
 */
MNEME_API int mneme_follower_run(struct mneme_follower *follower, struct mneme_error *error);

/* Ends the run within some tenths of a second, or the next run before it begins. May be called from any
 * thread, a handler or a signal handler. */
MNEME_API void mneme_follower_stop(struct mneme_follower *follower);

/* Where the next run continues, such as "0:5,3:18": a value for the field `from`, also in a later process.
 * Call it on the thread that runs the follower, or while it does not run. *text is "" before the first run;
 * the caller frees it with free(). */
MNEME_API int mneme_follower_positions(char **text, const struct mneme_follower *follower,
                                       struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
