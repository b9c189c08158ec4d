/*
 * The metrics of a worker for Prometheus; one table.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_WORKER_METRICS_H
#define MNEME_CONSUMERS_RUNTIME_WORKER_METRICS_H

#include "common/metrics/metrics.h"

/* X(ENUM_SUFFIX, name, kind, label or NULL, help) */
#define MNEME_WORKER_METRICS(X)                                                                              \
    X(EVENTS, "mneme_worker_events_total", MNEME_COUNTER, NULL, "Events applied, including parked ones.")    \
    X(BYTES, "mneme_worker_event_bytes_total", MNEME_COUNTER, NULL, "Bytes of the messages applied.")        \
    X(BATCHES, "mneme_worker_batches_total", MNEME_COUNTER, NULL, "Batches applied.")                        \
    X(BATCH_SECONDS, "mneme_worker_batch_seconds", MNEME_HISTOGRAM, NULL, "Time to apply a batch.")          \
    X(PARKED, "mneme_worker_parked_events_total", MNEME_COUNTER, NULL,                                       \
      "Events stored as parked: they can never be applied, or wait behind an event that cannot.")            \
    X(RETRIES, "mneme_worker_retries_total", MNEME_COUNTER, NULL, "Attempts that the sink could not serve.") \
    X(REBALANCES, "mneme_worker_rebalances_total", MNEME_COUNTER, NULL,                                      \
      "Assignments received from the group.")                                                                \
    X(FENCED, "mneme_worker_fenced_total", MNEME_COUNTER, NULL,                                              \
      "Batches dropped because another worker had taken a partition over.")                                  \
    X(REDELIVERED, "mneme_worker_redelivered_total", MNEME_COUNTER, NULL,                                    \
      "Messages that were delivered again and skipped.")                                                     \
    X(LAG, "mneme_worker_lag_events", MNEME_GAUGE, "partition",                                              \
      "Events of the partition that are not applied yet.")                                                   \
    X(APPLIED_OFFSET, "mneme_worker_next_offset", MNEME_GAUGE, "partition",                                  \
      "The partition's first offset that is not applied yet.")                                               \
    X(WAITING, "mneme_worker_waits_for_schema", MNEME_GAUGE, "partition",                                    \
      "1 while the partition waits at a message of an unknown schema.")                                      \
    X(ASSIGNED, "mneme_worker_assigned_partitions", MNEME_GAUGE, NULL, "Partitions that this worker owns.")  \
    X(SINK_UP, "mneme_worker_sink_up", MNEME_GAUGE, NULL, "1 while the projection's store can be used.")     \
    X(KAFKA_UP, "mneme_worker_kafka_up", MNEME_GAUGE, NULL, "1 while a broker answers.")

enum mneme_worker_metric {
#define X(id, name, kind, label, help) MNEME_WORKER_METRIC_##id,
    MNEME_WORKER_METRICS(X)
#undef X
        MNEME_WORKER_METRIC_COUNT
};

/* The table for mneme_metrics_new; MNEME_WORKER_METRIC_COUNT rows. */
extern const struct mneme_metrics_info mneme_worker_metric_table[];

/* Sets a gauge of one partition. */
void mneme_worker_metric_set_partition(struct mneme_metrics *metrics, enum mneme_worker_metric metric,
                                       int32_t partition, int64_t value);

#endif
