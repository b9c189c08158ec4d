/*
 * A worker's reports about itself: lag and rate, in metrics and, when something happens, in the log.
 */
#include "common/log/log.h"
#include "consumers/runtime/worker_state.h"

#define REPORT_MICROS INT64_C(10000000)
#define REFRESH_MICROS INT64_C(1000000)
#define COMMIT_MICROS INT64_C(5000000)
#define QUERY_TIMEOUT_MS 1000

void mneme_worker_set_kafka_up(struct mneme_worker *worker, bool is_up, const char *reason) {
    if (is_up == worker->is_kafka_down) {
        mneme_log(is_up ? MNEME_LOG_INFO : MNEME_LOG_WARN,
                  is_up ? "brokers answer again" : "brokers do not answer", MNEME_LOG_S("reason", reason));
    }
    worker->is_kafka_down = !is_up;
    mneme_metrics_set(worker->metrics, MNEME_WORKER_METRIC_KAFKA_UP, NULL, is_up ? 1 : 0);
}

/* Fetching also returns the log's end; when nothing is fetched, it has to be queried. */
static void refresh_ends(struct mneme_worker *worker) {
    if (worker->is_kafka_down || worker->retry.is_active || worker->stall.is_active) {
        int64_t *ends = worker->claim_offsets; /* free between claims */
        struct mneme_error error = {0};
        if (worker->partition_count > 0 && mneme_worker_query_offsets(worker, RD_KAFKA_OFFSET_END, ends,
                                                                      QUERY_TIMEOUT_MS, &error) == MNEME_OK) {
            for (size_t i = 0; i < worker->partition_count; i++) {
                worker->partitions[i].end_offset = ends[i];
            }
            mneme_worker_set_kafka_up(worker, true, "");
        }
        return;
    }
    for (size_t i = 0; i < worker->partition_count; i++) {
        int64_t low = -1;
        int64_t high = -1;
        struct mneme_worker_partition *partition = &worker->partitions[i];
        if (rd_kafka_get_watermark_offsets(worker->kafka, worker->topic, partition->partition, &low, &high) ==
                RD_KAFKA_RESP_ERR_NO_ERROR &&
            high > partition->end_offset) {
            partition->end_offset = high;
        }
    }
}

static int64_t lag_of(const struct mneme_worker_partition *partition) {
    int64_t lag = partition->end_offset - partition->applied_offset;
    return lag < 0 ? 0 : lag;
}

static int64_t set_lag(struct mneme_worker *worker) {
    int64_t total = 0;
    for (size_t i = 0; i < worker->partition_count; i++) {
        const struct mneme_worker_partition *partition = &worker->partitions[i];
        int64_t lag = lag_of(partition);
        total += lag;
        mneme_worker_metric_set_partition(worker->metrics, MNEME_WORKER_METRIC_LAG, partition->partition,
                                          lag);
        mneme_worker_metric_set_partition(worker->metrics, MNEME_WORKER_METRIC_APPLIED_OFFSET,
                                          partition->partition, partition->applied_offset);
    }
    return total;
}

void mneme_worker_report(struct mneme_worker *worker, int64_t now) {
    if (worker->phase != MNEME_PHASE_READING || now - worker->refreshed_micros < REFRESH_MICROS) {
        return;
    }
    worker->refreshed_micros = now;
    refresh_ends(worker);
    int64_t lag = set_lag(worker);
    if (now - worker->commit_micros >= COMMIT_MICROS) {
        worker->commit_micros = now;
        mneme_worker_commit(worker);
    }
    if (now - worker->reported_micros >= REPORT_MICROS) {
        if (worker->reported_events > 0 && worker->reported_micros > 0) {
            double seconds = (double)(now - worker->reported_micros) / 1e6;
            mneme_log(MNEME_LOG_INFO, "progress", MNEME_LOG_I("events", worker->reported_events),
                      MNEME_LOG_D("per_second", (double)worker->reported_events / seconds),
                      MNEME_LOG_I("lag", lag));
        }
        worker->reported_micros = now;
        worker->reported_events = 0;
    }
}
