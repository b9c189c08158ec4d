/*
 * Events of the log, as they were published: a range of them again, or each as it comes.
 *
 * A request of "replay" or of "follow" says which. Both take tenant, user_id, agent_id, run_id,
 * conversation_id, stream_id or all, types ("memory_created,memory_updated"), limit, and from: a time
 * (RFC 3339, 2026-11-30T12:00, 7d for seven days ago), a position "partition:offset", which also cuts the
 * other partitions at the time of its event, several positions separated by commas (a partition that is not
 * among them counts as not begun), "beginning" or "end". What is at the place itself belongs to the range.
 * - "replay" takes to as well, and gives the range in the order of the log's time, then partition, then
 * offset: the same each time. It is run by mneme_call. From the beginning, to the end as of now, if nothing
 * is said.
 * - "follow" begins at "end" if nothing is said, keeps the order of each stream, and never ends by itself. It
 *   is run by mneme_call for one handler, or by a struct mneme_follower for several.
 *
 * Each event is a row (struct mneme_result) with the columns of `mneme replay`: type, event_type, event_id,
 * tenant, stream_id, …, payload, position, sequence_id, recorded_at. A message that is not an event is a row
 * of position, recorded_at and refusal, which says why. Both read Kafka alone, in bounded memory.
 */
#ifndef MNEME_LOG_H
#define MNEME_LOG_H

#include <mneme/operations.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- following with handlers that may fail --- */

struct mneme_follower;

/* Is given each event, on the thread that runs. MNEME_OK; or a code and a sentence in `error` (never NULL):
 * this handler failed at this event. The other handlers are given it all the same, and all are given the next
 * one. What shall be tried again the handler tries itself. */
typedef int mneme_handler_fn(struct mneme_result *event, void *context, struct mneme_error *error);

/* Is told of a failure: `handler` is the name that it was added by. */
typedef void mneme_failure_fn(struct mneme_result *event, const char *handler,
                              const struct mneme_error *error, void *context);

/* Takes a complete request of "follow", which may be freed then. Where it begins is looked up by the first
 * run. The caller closes *out, before `mneme`. */
MNEME_API int mneme_follower_new(struct mneme_follower **out, struct mneme *mneme,
                                 struct mneme_request *request, struct mneme_error *error);
MNEME_API void mneme_follower_free(struct mneme_follower *follower); /* NULL is allowed; it does not run */

/* Handlers are called in the order in which they were added, before the follower runs. The name is copied. */
MNEME_API int mneme_follower_add(struct mneme_follower *follower, const char *name, mneme_handler_fn *handler,
                                 void *context, struct mneme_error *error);
MNEME_API void mneme_follower_on_failure(struct mneme_follower *follower, mneme_failure_fn *on_failure,
                                         void *context);

/*
 * Follows the log until mneme_follower_stop, or until `limit` events were handed over (MNEME_OK both).
 * Brokers that go away are waited for. MNEME_E_UNAVAILABLE and MNEME_E_DENIED when it cannot begin,
 * MNEME_E_NOT_FOUND when there is no topic or no such position, MNEME_E_UNKNOWN_SCHEMA before an event that
 * this library is too old for, MNEME_E_UNSAFE when the log no longer has what comes next. After any of them,
 * and after a stop, the next run goes on behind the last event that was handed over.
 */
MNEME_API int mneme_follower_run(struct mneme_follower *follower, struct mneme_error *error);

/* Ends the run within some tenths of a second, or the next one before it begins; from any thread, a handler
 * or a signal handler. */
MNEME_API void mneme_follower_stop(struct mneme_follower *follower);

/* Where the next run goes on, such as "0:5,3:18": what the field `from` takes, in a later process too. On the
 * thread that runs, or while none does. *text is "" before the first run; the caller frees it by free(). */
MNEME_API int mneme_follower_positions(char **text, const struct mneme_follower *follower,
                                       struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
