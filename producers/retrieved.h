/*
 * Recording reads (PI8): which memories an answer had, with which scores, as memory_retrieved events in the
 * streams <stream>#access, so that reading never invalidates a writer's expected version.
 */
#ifndef MNEME_PRODUCERS_RETRIEVED_H
#define MNEME_PRODUCERS_RETRIEVED_H

#include "producers/publisher.h"

struct mneme_retrieved_memory {
    struct mneme_str stream_id; /* of the memory */
    struct mneme_str user_id, agent_id;
    struct mneme_str memory_id; /* UUID as text */
    double score;
};

struct mneme_retrieval {
    struct mneme_str tenant; /* null: the client's */
    struct mneme_str user_id,
        agent_id; /* whom the read was about; an answer without memories is recorded in their stream */
    struct mneme_str operation;   /* the kind of read: list, get, search, recall, bundle */
    struct mneme_str query;       /* null: the read had no query */
    struct mneme_str memory_type; /* the type that was asked for; null: any */
    struct mneme_str degraded;    /* null: it was not degraded */
    int64_t latency_micros;
    struct mneme_opt_long results, limit,
        offset; /* number of results, including those that are not memories */
    bool has_scores;
    const struct mneme_retrieved_memory *memories; /* best first */
    size_t count;
};

/* Queues an event for each stream that has memories in the answer. If it has none, queues one event without
 * memories in the subject's stream; without a subject, nothing. Waits only for room in the queue; flushing is
 * up to the caller. A query that is too long is cut. Errors of mneme_publish. */
int mneme_publish_retrieved(struct mneme_client *client, const struct mneme_retrieval *retrieval,
                            struct mneme_error *error);

/* Whether this read is to be recorded: true at random for this share (0 to 1) of reads. */
bool mneme_retrieved_is_sampled(double share);

#endif
