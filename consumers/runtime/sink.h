/*
 * The sink thread: it alone calls the projection. The Kafka thread hands it one job at a time through a slot
 * and gets the job back when it is done; in between the job, and what it points to, belongs to the sink
 * thread.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_SINK_H
#define MNEME_CONSUMERS_RUNTIME_SINK_H

#include "consumers/runtime/halving.h"
#include "consumers/runtime/projection.h"

enum mneme_job_kind { MNEME_JOB_ASSIGN, MNEME_JOB_APPLY, MNEME_JOB_REVOKE };

struct mneme_job {
    enum mneme_job_kind kind;
    struct mneme_assignment assignment; /* ASSIGN; also of REVOKE: its partitions */
    struct mneme_batch *batch;          /* APPLY */
    struct mneme_halving *halving;      /* APPLY */
    /* When it is done: */
    enum mneme_apply_result result; /* of REVOKE always MNEME_APPLIED */
    struct mneme_error error;
    int64_t micros; /* how long it took */
};

struct mneme_sink;

/* Starts the thread and opens the projection in it; fails with the projection's error. `on_done` is called
 * from the sink thread whenever a job is done, to wake the Kafka thread. */
int mneme_sink_start(struct mneme_sink **out, const struct mneme_projection_ops *ops,
                     const struct mneme_config *config, void (*on_done)(void *context), void *context,
                     struct mneme_error *error);

/* Waits for the job at hand, closes the projection and ends the thread. NULL is allowed. */
void mneme_sink_stop(struct mneme_sink *sink);

/* Of the Kafka thread alone: */

/* Whether a job may be posted: none is running, and none is finished but not taken. */
bool mneme_sink_is_idle(struct mneme_sink *sink);

/* Hands the job to the thread. The sink must be idle. */
void mneme_sink_post(struct mneme_sink *sink, struct mneme_job *job);

/* The job that is done, which makes the sink idle; NULL when there is none. Does not block. */
struct mneme_job *mneme_sink_take(struct mneme_sink *sink);

/* The last result of the projection's `idle`, if it was not taken yet; else APPLIED. */
enum mneme_apply_result mneme_sink_take_idle(struct mneme_sink *sink, struct mneme_error *error);

/* Blocks until a job is done, or for timeout_ms; below 0 means without bound. */
void mneme_sink_wait(struct mneme_sink *sink, int64_t timeout_ms);

#endif
