/*
 * The results of a batch: applied, to be tried again, refused because the partition has another owner, or
 * impossible.
 */
#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/runtime/worker_state.h"

#define FACTS_TIMEOUT_MS 5000
#define BATCH_GROWTH 4      /* of the bound, from batch to batch after a claim */
#define MOST_PARKED_TOLD 20 /* of one batch, in the log */

/*
 * A key in the wrong partition is parked, unless the topic has got another number of partitions meanwhile:
 * then it is the count that is wrong. Asked after all messages of the batch have come, so that the answer
 * holds for them.
 */
static int check_partition_count(struct mneme_worker *worker, struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts = {0};
    int status = mneme_kafka_topic_facts(&facts, worker->kafka, worker->topic, FACTS_TIMEOUT_MS, error);
    if (status == MNEME_OK && facts.partitions != worker->rules.topic_partitions) {
        status = mneme_error_set(
            error, MNEME_E_UNSAFE,
            "cannot go on folding topic %s: it had %d partitions and has %d, which changes the "
            "order of events; if the topic was made again, run `mneme rebuild %s`; if partitions were added "
            "to "
            "it, run `mneme topics repartition`",
            worker->topic, (int)worker->rules.topic_partitions, (int)facts.partitions,
            mneme_projection_rebuilt_by(worker->options->projection->facts));
    }
    return status;
}

static bool may_begin(struct mneme_worker *worker) {
    if (!worker->filling->has_stray) {
        return true;
    }
    struct mneme_error error = {0};
    int status = check_partition_count(worker, &error);
    if (status == MNEME_OK) {
        mneme_worker_wait_end(&worker->retry, "topic could be checked");
        worker->filling->has_stray = false;
    } else if (status == MNEME_E_UNAVAILABLE || status == MNEME_E_TIMEOUT) {
        mneme_worker_wait_begin(&worker->retry, "topic cannot be checked yet", &error);
    } else {
        mneme_worker_fail(worker, &error);
    }
    return status == MNEME_OK;
}

void mneme_worker_begin_batch(struct mneme_worker *worker) {
    if (may_begin(worker)) {
        worker->applying = worker->filling;
        worker->filling = worker->filling == &worker->fills[0] ? &worker->fills[1] : &worker->fills[0];
        mneme_halving_reset(&worker->halving);
    }
}

void mneme_worker_apply(struct mneme_worker *worker) {
    worker->job = (struct mneme_job){
        .kind = MNEME_JOB_APPLY, .batch = &worker->applying->batch, .halving = &worker->halving};
    mneme_sink_post(worker->sink, &worker->job);
}

/* Logs and counts parked events; of very many, only the first few are logged one by one. */
static size_t report_parked(const struct mneme_batch *batch) {
    size_t count = 0;
    size_t waiting = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason == NULL) {
            continue;
        }
        count++;
        bool is_behind = item->blocked_by != item->position.offset && item->blocked_by != MNEME_PARKED_ALONE;
        waiting += is_behind ? 1 : 0;
        if (!is_behind && count - waiting <= MOST_PARKED_TOLD) {
            mneme_log(MNEME_LOG_WARN, "event parked", MNEME_LOG_I("partition", item->position.partition),
                      MNEME_LOG_I("offset", item->position.offset), MNEME_LOG_STR("key", item->key),
                      MNEME_LOG_S("reason", item->park_reason));
        }
    }
    if (count > 0) {
        mneme_log(MNEME_LOG_INFO, "events parked", MNEME_LOG_I("events", count),
                  MNEME_LOG_I("behind_others", waiting));
    }
    return count;
}

/* The batch is durable: progress moves, its memory is free for the next one. */
static void finish_batch(struct mneme_worker *worker, int64_t micros) {
    const struct mneme_batch *batch = &worker->applying->batch;
    for (size_t i = 0; i < batch->partition_count; i++) {
        struct mneme_worker_partition *partition =
            mneme_worker_partition(worker, batch->partitions[i].partition);
        if (partition != NULL) {
            partition->applied_offset = batch->partitions[i].next_offset;
        }
    }
    mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_EVENTS, NULL, (double)batch->count);
    mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_BYTES, NULL, (double)batch->bytes);
    mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_BATCHES, NULL, 1);
    mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_PARKED, NULL, (double)report_parked(batch));
    mneme_metrics_observe_seconds(worker->metrics, MNEME_WORKER_METRIC_BATCH_SECONDS, (double)micros / 1e6);
    mneme_metrics_set(worker->metrics, MNEME_WORKER_METRIC_SINK_UP, NULL, 1);
    mneme_log(MNEME_LOG_DEBUG, "batch applied", MNEME_LOG_I("events", batch->count),
              MNEME_LOG_I("bytes", batch->bytes), MNEME_LOG_D("seconds", (double)micros / 1e6));
    worker->applied_events += (int64_t)batch->count;
    worker->reported_events += (int64_t)batch->count;
    mneme_fill_reset(worker->applying, &worker->rules);
    worker->applying = NULL;
    worker->rules.max_events = worker->batch_max_events / BATCH_GROWTH < worker->rules.max_events
                                   ? worker->batch_max_events
                                   : worker->rules.max_events * BATCH_GROWTH;
    mneme_worker_wait_end(&worker->retry, "projection can be used again");
    mneme_backoff_reset(&worker->rejoin.backoff);
}

/* Events that the projection refused are parked from now on, also in the batch that was filled meanwhile. */
static bool adopt_parked(struct mneme_worker *worker) {
    const struct mneme_batch *batch = &worker->applying->batch;
    for (size_t i = 0; worker->halving.parked_count > 0 && i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason == NULL || item->blocked_by != item->position.offset ||
            item->key.data == NULL) {
            continue;
        }
        int32_t partition = item->position.partition;
        if (!mneme_park_set_add(&worker->parked, partition, item->key, item->blocked_by) ||
            !mneme_batch_park_key(&worker->filling->batch, 0, partition, item->key, item->blocked_by)) {
            return false;
        }
    }
    worker->halving.parked_count = 0;
    return true;
}

void mneme_worker_applied(struct mneme_worker *worker, const struct mneme_job *job) {
    struct mneme_error error = job->error;
    if (!adopt_parked(worker)) {
        mneme_error_set(&error, MNEME_E_NO_MEMORY, "cannot park events: out of memory");
        mneme_worker_fail(worker, &error);
        return;
    }
    switch (job->result) {
    case MNEME_APPLIED:
        finish_batch(worker, job->micros);
        break;
    case MNEME_RETRY:
        mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_RETRIES, NULL, 1);
        mneme_metrics_set(worker->metrics, MNEME_WORKER_METRIC_SINK_UP, NULL, 0);
        mneme_worker_wait_begin(&worker->retry, "projection cannot be used for now", &error);
        break;
    case MNEME_FENCED:
        mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_FENCED, NULL, 1);
        mneme_worker_rejoin(worker, error.message);
        break;
    case MNEME_REJECT: /* halving resolves it */
    case MNEME_FATAL:
        mneme_worker_fail(worker, &error);
        break;
    }
}
