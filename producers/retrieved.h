/*
 * Recording reads (PI8): which memories an answer had, with which scores, as memory_retrieved events in the
 * streams <stream>#access, so that reading never makes a writer's expected version wrong.
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
        agent_id;                 /* who was asked about; the event of an answer without memories is theirs */
    struct mneme_str operation;   /* what read them: list, get, search, recall, bundle */
    struct mneme_str query;       /* null: it was read without one */
    struct mneme_str memory_type; /* that was asked for; null: any */
    struct mneme_str degraded;    /* null: it was not */
    int64_t latency_micros;
    struct mneme_opt_long results, limit, offset; /* results: those that are not memories among them */
    bool has_scores;
    const struct mneme_retrieved_memory *memories; /* best first */
    size_t count;
};

/* Queues an event for each stream that has memories among them; one without any, in the subject's, when there
 * are none; nothing without a subject. Waits for nothing but room in the queue; the caller flushes or goes
 * on. A query that is too long is cut. Errors of mneme_publish. */
int mneme_publish_retrieved(struct mneme_client *client, const struct mneme_retrieval *retrieval,
                            struct mneme_error *error);

/* Whether this read is one of the share (0 to 1) that is recorded; by chance. */
bool mneme_retrieved_is_sampled(double share);

#endif
