/*
 * The state of a worker and the functions by which its files work together; internal to consumers/runtime.
 * All of it belongs to the Kafka thread, except the posted job and what it points to (sink thread), and the
 * registry and `ready` (metrics thread).
 */
#ifndef MNEME_CONSUMERS_RUNTIME_WORKER_STATE_H
#define MNEME_CONSUMERS_RUNTIME_WORKER_STATE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "common/base/backoff.h"
#include "common/kafka/kafka.h"
#include "consumers/log/fill.h"
#include "consumers/runtime/sink.h"
#include "consumers/runtime/worker.h"
#include "consumers/runtime/worker_metrics.h"

enum mneme_worker_phase {
    MNEME_PHASE_JOINING,   /* the group has assigned nothing yet */
    MNEME_PHASE_CLAIMING,  /* partitions are ours in the group, not yet in the projection: no fetching
                            */
    MNEME_PHASE_READING,   /* partitions are ours in both */
    MNEME_PHASE_NAMELESS,  /* the group says that another member has the worker's name: not in the group */
    MNEME_PHASE_REJOINING, /* fenced: everything was dropped, the group is joined again */
};

struct mneme_worker_partition {
    int32_t partition;
    int64_t read_offset;    /* the next to be read */
    int64_t applied_offset; /* the next to be applied: the projection's progress */
    int64_t end_offset;     /* of the log, as last seen; -1 before that */
    int64_t committed;      /* committed to the group; -1 before that */
    bool is_paused;
    /* Set until the last event before applied_offset was read and is the one of the progress. */
    struct mneme_log_digest expected;
    rd_kafka_message_t
        *stalled;          /* read, but its schema is unknown, or cannot be fetched now; reading waits */
    bool waits_for_schema; /* the schema is unknown: reported by log, metrics and projection */
};

/* A wait between attempts. */
struct mneme_worker_wait {
    bool is_active;
    int64_t since_micros; /* of the first failure */
    int64_t until_micros; /* of the next attempt */
    struct mneme_backoff backoff;
};

/* The name of a worker with --id (name.c). */
struct mneme_worker_name {
    bool is_lost;         /* reported by the client, which cannot go on */
    int64_t since_micros; /* since when a member of the settled group has the name; 0: none has */
    struct mneme_worker_wait wait;
};

struct mneme_worker {
    /* Fixed for the worker's life. */
    const struct mneme_config *config;
    const struct mneme_worker_options *options;
    char topic[MNEME_TOPIC_NAME_BYTES];
    char group[MNEME_TOPIC_NAME_BYTES];
    struct mneme_fill_rules rules; /* topic_partitions is read at each claim */
    /* The limit of rules.max_events. After a claim batches begin small, since workers that start together
     * soon take partitions from each other, and wait for the current batch. */
    size_t batch_max_events;

    rd_kafka_t *kafka;
    /* Its consumer queue, by which the sink thread wakes the Kafka thread; NULL while the client is replaced.
     */
    rd_kafka_queue_t *queue;
    pthread_mutex_t queue_mutex; /* of `queue` */
    struct mneme_sink *sink;
    struct mneme_metrics *metrics;
    struct mneme_metrics_server *metrics_server;
    atomic_bool ready; /* for /readyz */
    /* A broker did not know the topic during a fetch: it may have been made again since. Set by the client's
     * threads. */
    atomic_bool is_doubted;

    /* The assignment. */
    enum mneme_worker_phase phase;
    struct mneme_worker_partition *partitions; /* ascending */
    size_t partition_count;
    int32_t *claim_partitions; /* arrays for the projection's assign and revoke */
    int64_t *claim_offsets;
    struct mneme_log_digest *claim_digests;
    struct mneme_park_set parked;
    struct mneme_log_marks
        marks; /* of the topic; as of the claim, or of the last look for a waiting partition */
    struct mneme_worker_wait rejoin;
    struct mneme_worker_name name;

    /* The batches: one being filled, one with the sink or waiting to be tried again (NULL: none). */
    struct mneme_fill fills[2];
    struct mneme_fill *filling;
    struct mneme_fill *applying;
    struct mneme_halving halving; /* of `applying` */
    struct mneme_job job;
    struct mneme_worker_wait retry;   /* the sink, or the log's offsets, are unavailable */
    struct mneme_worker_wait stall;   /* the schema of some message is unavailable */
    struct mneme_worker_wait missing; /* the topic seems to be missing */

    /* The start. */
    struct mneme_worker_wait starting;    /* a needed service is unavailable */
    struct mneme_kafka_topic_facts facts; /* of the topic, as they were then */

    /* The end. */
    bool is_draining; /* nothing more is read; what was read is applied, then the worker ends */
    bool is_stopping; /* by should_stop: unavailable services are no longer waited for */
    bool is_ended;
    struct mneme_error *error; /* the caller's; its code is what the worker returns */

    /* Reports. */
    bool is_log_known; /* since the claim: it is the folded one, and the projection has recorded that */
    bool is_kafka_down;
    char connection_error[256]; /* of the client, the last one of a single connection; "" before that */
    int64_t reported_micros, refreshed_micros, commit_micros, source_micros, woken_micros;
    int64_t reported_events; /* applied since the last report */
    int64_t applied_events;  /* in all */
};

/* --- consumer.c: the Kafka client --- */

int mneme_worker_connect(struct mneme_worker *worker, struct mneme_error *error);
int mneme_worker_subscribe(struct mneme_worker *worker, struct mneme_error *error);

/* Leaves the group within a bound and gives the partitions back. */
void mneme_worker_leave(struct mneme_worker *worker);

/* Destroys the client within a bound; batches and sink must be gone. */
void mneme_worker_disconnect(struct mneme_worker *worker);

/* Pauses and resumes partitions so that only those are fetched of which events can be taken now: while the
 * projection's store is unavailable, until a second batch is full. */
void mneme_worker_sync_pauses(struct mneme_worker *worker);
void mneme_worker_resume_all(struct mneme_worker *worker);

/* Lets the client send a due heartbeat: by itself it checks only twice a second, or when it is called. */
void mneme_worker_wake_client(struct mneme_worker *worker, int64_t now_micros);

/* Commits the progress to the group, for monitoring only; does not wait for an answer. */
void mneme_worker_commit(struct mneme_worker *worker);

/* Asks the brokers for one end of each partition's log: RD_KAFKA_OFFSET_BEGINNING or _END. Blocks up to
 * timeout_ms. offsets[i] is of partitions[i]. */
int mneme_worker_query_offsets(struct mneme_worker *worker, int64_t which, int64_t *offsets, int timeout_ms,
                               struct mneme_error *error);

/* --- claim.c: what the group gives and takes --- */

void mneme_worker_on_rebalance(rd_kafka_t *kafka, rd_kafka_resp_err_t err,
                               rd_kafka_topic_partition_list_t *partitions, void *opaque);

/* Begins to claim the partitions in the projection. */
void mneme_worker_claim(struct mneme_worker *worker);
void mneme_worker_claimed(struct mneme_worker *worker, const struct mneme_job *job);

/* Waits for the sink, drops all batches and gives the partitions back to the projection. May be called again.
 */
void mneme_worker_release(struct mneme_worker *worker);

/* Says that a topic of records is gone: MNEME_E_UNSAFE. */
void mneme_worker_refuse_missing_records(struct mneme_error *error, const struct mneme_worker *worker);

/* Checks whether the topic still exists, after the client has reported it missing. */
void mneme_worker_find_topic(struct mneme_worker *worker);

/* Claims the partitions again if the topic may be another one: the claim recognises that. */
void mneme_worker_rejoin_if_topic_changed(struct mneme_worker *worker);

/* Drops all batches and joins the group again, after a wait. */
void mneme_worker_rejoin(struct mneme_worker *worker, const char *reason);

/* --- name.c: a worker with --id --- */

/* Gives everything back and replaces the client. Not within its callbacks. */
void mneme_worker_lose_name(struct mneme_worker *worker);

/* Joins again if the name is free; ends the worker when another one keeps it. Blocks up to 2 s. */
void mneme_worker_regain_name(struct mneme_worker *worker);

/* --- results.c: what became of a batch --- */

/* Makes the filled batch the next to apply, and begins to fill another. Between this and mneme_worker_apply
 * the client is polled, so that a worker gives revoked partitions back before the batch, not after it. */
void mneme_worker_begin_batch(struct mneme_worker *worker);

/* Hands the batch to the sink, for the first time or again. The sink is idle. */
void mneme_worker_apply(struct mneme_worker *worker);
void mneme_worker_applied(struct mneme_worker *worker, const struct mneme_job *job);

/* --- schema_wait.c: partitions that wait before a message of an unknown schema --- */

/* Reads what was parked by hand. MNEME_OK if the projection keeps no such marks. Blocks. */
int mneme_worker_read_marks(struct mneme_worker *worker, struct mneme_error *error);

/* The partition's stalled message is of an unknown schema; called again at each attempt. */
void mneme_worker_begin_schema_wait(struct mneme_worker *worker, struct mneme_worker_partition *partition,
                                    const struct mneme_error *reason);
/* The message was taken. */
void mneme_worker_end_schema_wait(struct mneme_worker *worker, struct mneme_worker_partition *partition);

/* --- messages.c: from the client into the batch --- */

/* Takes the message: it is added, kept as stalled, or destroyed. */
void mneme_worker_take_message(struct mneme_worker *worker, rd_kafka_message_t *message);
void mneme_worker_retry_stalled(struct mneme_worker *worker);
void mneme_worker_on_error(rd_kafka_t *kafka, int err, const char *reason, void *opaque);

/* --- report.c: logs and metrics --- */

void mneme_worker_report(struct mneme_worker *worker, int64_t now_micros);
void mneme_worker_set_kafka_up(struct mneme_worker *worker, bool is_up, const char *reason);

/* --- start.c --- */

/* Does everything up to joining the group. Waits for unavailable services; is_stopping is set if the worker
 * was asked to stop meanwhile. */
int mneme_worker_start(struct mneme_worker *worker, struct mneme_error *error);

/* Reads which log is folded; it may be another one than before. */
int mneme_worker_read_source(struct mneme_worker *worker, struct mneme_error *error);

/* --- worker.c --- */

struct mneme_worker_partition *mneme_worker_partition(struct mneme_worker *worker, int32_t partition);

/* Ends the worker with the error, at once or after what was read is applied. The first error stays. */
void mneme_worker_fail(struct mneme_worker *worker, const struct mneme_error *error);
void mneme_worker_drain(struct mneme_worker *worker, const struct mneme_error *error);

/* The next attempt of a wait: logs `event` with the reason when the wait begins, not at each attempt. */
void mneme_worker_wait_begin(struct mneme_worker_wait *wait, const char *event,
                             const struct mneme_error *reason);
/* Ends the wait, logging `event` if there was one. */
void mneme_worker_wait_end(struct mneme_worker_wait *wait, const char *event);
bool mneme_worker_wait_is_over(const struct mneme_worker_wait *wait, int64_t now_micros);

#endif
