/*
 * Reading the ledger (EV3): a stream by its versions, or events by type, time, correlation and causation.
 */
#ifndef MNEME_QUERIES_EVENTS_H
#define MNEME_QUERIES_EVENTS_H

#include "queries/question.h"

struct mneme_events_row {
    struct mneme_str type;       /* as it was published: custom for a user's own types */
    struct mneme_str event_type; /* the name of a user's own type */
    struct mneme_uuid event_id;
    struct mneme_str tenant, stream_id, agent_id, user_id, run_id, conversation_id;
    struct mneme_opt_long expected_version;
    int64_t occurred_at;
    struct mneme_str correlation_id, causation_id, actor;
    struct mneme_str metadata, payload; /* JSON; metadata without correlation_id and causation_id */
    struct mneme_position position;
    int64_t sequence_id;
    struct mneme_opt_long version; /* of the stream, if accepted */
    struct mneme_str verdict;
    struct mneme_opt_long actual_version; /* of the stream or memory, if not accepted */
    int64_t recorded_at;
};

/* Writes the row in the form in which an event is published, with what the ledger adds. */
extern const struct mneme_row_column mneme_events_columns[];
extern const size_t mneme_events_column_count;

#define MNEME_EVENTS_DEFAULT_LIMIT 1000

/* What to read: a null or unset field does not filter. */
struct mneme_events_filter {
    struct mneme_str tenant;    /* required */
    struct mneme_str stream_id; /* required, or correlation_id or causation_id, unless all_scopes */
    bool all_scopes;            /* read the whole tenant */
    struct mneme_opt_long from_version,
        to_version;                     /* versions of a stream: exclusive, inclusive; they need stream_id */
    struct mneme_str_array types;       /* any of these */
    struct mneme_opt_long since, until; /* by recorded_at: since inclusive, until exclusive, microseconds */
    struct mneme_str correlation_id, causation_id;
    struct mneme_str_array verdicts;      /* any of these */
    struct mneme_opt_long after_sequence; /* continue after the event with this sequence_id */
    bool newest_first;                    /* by recorded_at; must not be combined with version bounds */
    int64_t limit;                        /* 1..MNEME_QUERY_MAX_LIMIT */
};

/* Visits struct mneme_events_row: of a stream by version (accepted events only) when a version bound is set,
 * else all by sequence_id, or the newest first. MNEME_E_USAGE for version bounds without a stream or with
 * newest_first, and without a scope, see mneme_read_scope_check. */
int mneme_events_list(struct mneme_postgres *postgres, const struct mneme_events_filter *filter,
                      mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error);

/* Visits the events at first[i], first[i] + 4096, … last[i] (sequence_ids; one partition for each i) that
 * pass the filter's tenant, stream_id, types, since, correlation_id, causation_id and verdicts, by
 * sequence_id. */
int mneme_events_at(struct mneme_postgres *postgres, const struct mneme_events_filter *filter,
                    const int64_t *first, const int64_t *last, size_t count, mneme_row_visitor *visit,
                    void *context, struct mneme_error *error);

/* The stream's current version, 0 when it has no event. */
int mneme_stream_version(int64_t *out, struct mneme_postgres *postgres, struct mneme_str tenant,
                         struct mneme_str stream_id, struct mneme_error *error);

#endif
