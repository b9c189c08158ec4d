/*
 * libmneme: publish memory operations of agents to the log, learn what became of them, and replay the log;
 * and locks, for agents that must not do the same at the same time.
 *
 * A client publishes (producers/publisher.h tells its rules). A ledger answers over Postgres. A replay reads
 * Kafka. A reader answers from Redis, else Postgres. Locks are kept by Redis (stores/locks/locks.h tells
 * their rules). Each is opened with its own settings; none needs the others.
 */
#ifndef MNEME_H
#define MNEME_H

#include "include/mneme/operations.h"
#include "producers/publisher.h"
#include "stores/locks/locks.h"
#include "stores/redis/working.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- verdicts: what the tables made of published events --- */

/* A connection to Postgres. Belongs to one thread at a time. */
struct mneme_ledger;

/* Settings as of mneme_open. Connects before it returns: MNEME_E_UNAVAILABLE, MNEME_E_DENIED. The caller
 * closes *out, which is NULL on an error. */
MNEME_API int mneme_ledger_open(struct mneme_ledger **out, const char *config_path,
                                const struct mneme_client_setting *settings, size_t setting_count,
                                struct mneme_error *error);

/* NULL is allowed. */
MNEME_API void mneme_ledger_close(struct mneme_ledger *ledger);

enum mneme_outcome {
    MNEME_OUTCOME_ACCEPTED,
    MNEME_OUTCOME_REJECTED,  /* expected_version was not the current one */
    MNEME_OUTCOME_DUPLICATE, /* the event id was seen before: it has had its effect */
    MNEME_OUTCOME_NOT_FOUND, /* an update or delete of what is not there */
    MNEME_OUTCOME_EXISTS,    /* a create of an id that is there */
    MNEME_OUTCOME_PARKED,    /* it can not be applied, or waits behind one that can not; `reason` tells why */
    MNEME_OUTCOME_DROPPED,   /* it could not be applied, and somebody said that it never will be */
};

struct mneme_verdict {
    enum mneme_outcome outcome;
    struct mneme_opt_long version;        /* of the stream, given to an accepted event */
    struct mneme_opt_long actual_version; /* of the stream, or of the memory where that decided, if not */
    char reason[256];                     /* of PARKED and DROPPED, cut to fit; else "" */
};

/*
 * The verdicts of the events at `positions`, as receipts told them: out[i] of positions[i]. Waits up to
 * timeout_ms (at least 0) until the tables hold them all; then MNEME_E_TIMEOUT, which names one that is
 * missing. A rejected event is not an error of this call. MNEME_E_UNAVAILABLE when Postgres does not answer;
 * MNEME_E_NOT_FOUND when the tables have passed a position and know no event there.
 */
MNEME_API int mneme_verdict_wait(struct mneme_verdict *out, struct mneme_ledger *ledger,
                                 const struct mneme_position *positions, size_t count, int timeout_ms,
                                 struct mneme_error *error);

/* --- working memory: what an agent holds of a conversation between two turns --- */

/*
 * Changes. Each publishes one event about the conversation, or the context, of `place` and waits for the
 * brokers, as mneme_publish_wait: its errors are those, and MNEME_E_INVALID names a field of the event. A
 * turn is an event too: MNEME_EVENT_CONVERSATION_TURN. Readers see a change when a worker has folded it: give
 * them receipt->position.
 */

/* The key holds the value, any JSON, in the place of what it held, for ttl_s seconds: MNEME_CONTEXT_TTL_NEVER
 * for ever, MNEME_CONTEXT_TTL_DEFAULT as the settings say. */
MNEME_API int mneme_context_set(struct mneme_receipt *receipt, struct mneme_client *client,
                                const struct mneme_working_place *place, struct mneme_str key,
                                struct mneme_str json, int64_t ttl_s, int timeout_ms,
                                struct mneme_error *error);

/* Of a key that is not there the verdict is MNEME_OUTCOME_NOT_FOUND. */
MNEME_API int mneme_context_delete(struct mneme_receipt *receipt, struct mneme_client *client,
                                   const struct mneme_working_place *place, struct mneme_str key,
                                   int timeout_ms, struct mneme_error *error);

/* An event of the caller's, any JSON. */
MNEME_API int mneme_context_append(struct mneme_receipt *receipt, struct mneme_client *client,
                                   const struct mneme_working_place *place, struct mneme_str json,
                                   int timeout_ms, struct mneme_error *error);

/* All keys and events are forgotten. */
MNEME_API int mneme_context_clear(struct mneme_receipt *receipt, struct mneme_client *client,
                                  const struct mneme_working_place *place, int timeout_ms,
                                  struct mneme_error *error);

/* A thought of the agent's. */
MNEME_API int mneme_working_think(struct mneme_receipt *receipt, struct mneme_client *client,
                                  const struct mneme_working_place *place, struct mneme_str thought,
                                  int timeout_ms, struct mneme_error *error);

/* What the conversation is to achieve; null: nothing any more. */
MNEME_API int mneme_working_set_goal(struct mneme_receipt *receipt, struct mneme_client *client,
                                     const struct mneme_working_place *place, struct mneme_str goal,
                                     int timeout_ms, struct mneme_error *error);

/* Goal, thoughts, keys and events are forgotten, and the turns so far are part of it no more. */
MNEME_API int mneme_working_clear(struct mneme_receipt *receipt, struct mneme_client *client,
                                  const struct mneme_working_place *place, int timeout_ms,
                                  struct mneme_error *error);

/* Reads Redis where a worker keeps it up to date, else Postgres. Belongs to one thread at a time. */
struct mneme_reader;

/* Settings as of mneme_open. Connects when it is first asked. The caller closes *out, which is NULL on an
 * error. */
MNEME_API int mneme_reader_open(struct mneme_reader **out, const char *config_path,
                                const struct mneme_client_setting *settings, size_t setting_count,
                                struct mneme_error *error);

/* NULL is allowed. */
MNEME_API void mneme_reader_close(struct mneme_reader *reader);

/*
 * The working memory as it is now; empty where there is nothing. Waits up to timeout_ms (at least 0) until
 * the log up to the `count` positions of `at_least` (none: NULL and 0) is in it; then MNEME_E_TIMEOUT, which
 * names one that is missing. What it gives is valid until the next question to the reader, or its close.
 * MNEME_E_USAGE for a place without conversation or stream; MNEME_E_UNAVAILABLE when Redis does not have it
 * and Postgres does not answer, or when a position is parked: it is in the log and in no table.
 */
MNEME_API int mneme_working_get(struct mneme_working *out, struct mneme_reader *reader,
                                const struct mneme_working_place *place,
                                const struct mneme_position *at_least, size_t count, int timeout_ms,
                                struct mneme_error *error);

/* Events of the context, also those that are at hand no more, a page at a time: the first `most` (1 to 10000)
 * of those behind the place `after` (entry_index of an event), or unset the last `most`. They come from
 * Postgres; nothing but out->events is filled. Otherwise as mneme_working_get. */
MNEME_API int mneme_context_events(struct mneme_working *out, struct mneme_reader *reader,
                                   const struct mneme_working_place *place, struct mneme_opt_long after,
                                   int64_t most, const struct mneme_position *at_least, size_t count,
                                   int timeout_ms, struct mneme_error *error);

/* One key, as mneme_working_get; MNEME_E_NOT_FOUND when it is not there, or not any more. */
MNEME_API int mneme_context_get(struct mneme_context_key *out, struct mneme_reader *reader,
                                const struct mneme_working_place *place, struct mneme_str key,
                                const struct mneme_position *at_least, size_t count, int timeout_ms,
                                struct mneme_error *error);

/* --- replay: the log's events again --- */

/* What to replay; zero-initialise. NULL: as is said. */
struct mneme_replay_options {
    const char *config_path; /* this and the settings as of mneme_open */
    const struct mneme_client_setting *settings;
    size_t setting_count;

    /* A time (RFC 3339, 2026-11-30T12:00, 7d for seven days ago, yesterday), a position "partition:offset"
     * (which also cuts the other partitions at the time of its event), several positions separated by commas
     * (a partition that is not among them counts as not begun), "beginning" or "end" (as of now). What is at
     * the place itself belongs to the replay. NULL: from the beginning, to the end. */
    const char *from, *to;

    const char *tenant; /* NULL: the settings' */
    const char *stream_id, *user_id, *agent_id, *run_id,
        *conversation_id;     /* one at least, unless all_scopes */
    const char *const *types; /* any of these, by name; of a program's own types theirs. NULL: all */
    size_t type_count;
    int64_t limit;   /* events; 0: all */
    bool all_scopes; /* no stream and no id need be given: the whole tenant is meant */
};

/* A message of the log. */
struct mneme_replayed {
    struct mneme_position position;
    int64_t recorded_at;         /* the log's time of it, microseconds */
    struct mneme_str event_type; /* of a program's own type, its name; null without an event */
    /* NULL when the message is not an event, or waits behind one of its key that is none; `refusal` then
     * tells why. */
    const struct mneme_event *event;
    const char *refusal;
};

/* Is called on the thread that replays, in order. What it is given is gone when it returns. False ends the
 * replay. */
typedef bool mneme_replay_fn(const struct mneme_replayed *replayed, void *context);

/*
 * Hands the events of the range to `on_event`, in the order of the log's time, then partition, then offset:
 * the same each time. Returns when all were handed over, or on_event said false (MNEME_OK). Reads Kafka
 * alone, with threads of its own, in bounded memory. MNEME_E_USAGE for a place or setting that is none, and
 * without a scope unless all_scopes says that everybody's events are meant;
 * MNEME_E_NOT_FOUND for a position that the log does not have, or no topic; MNEME_E_UNAVAILABLE when the
 * brokers were away for a minute; MNEME_E_UNKNOWN_SCHEMA before an event that this library is too old for.
 * Any number may run at once.
 */
MNEME_API int mneme_replay(const struct mneme_replay_options *options, mneme_replay_fn *on_event,
                           void *context, struct mneme_error *error);

/* --- locks --- */

/* Settings as of mneme_open; MNEME_LOCK_URLS names the servers. Connects to them when a lock is acquired, not
 * before. MNEME_E_USAGE for a list that is none. The caller closes *out by mneme_locks_close; it is NULL on
 * an error. */
MNEME_API int mneme_locks_open(struct mneme_locks **out, const char *config_path,
                               const struct mneme_client_setting *settings, size_t setting_count,
                               struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
