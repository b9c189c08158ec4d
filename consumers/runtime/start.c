/*
 * The start of a worker: its settings, resources of this machine, and then the services; it waits for each
 * one that is unavailable.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/runtime/worker_state.h"

#define FACTS_TIMEOUT_MS 10000

/* A waiting partition goes on this soon after its schema is known, or the message was parked by hand. */
#define STALL_MAX_MS 5000

#define LOOK_AGAIN_MICROS 100000 /* how late should_stop may be seen */

static void release_message(void *message) {
    rd_kafka_message_destroy(message);
}

/* From the sink thread: ends the Kafka thread's wait for messages. */
static void wake(void *context) {
    struct mneme_worker *worker = context;
    pthread_mutex_lock(&worker->queue_mutex);
    if (worker->queue != NULL) {
        rd_kafka_queue_yield(worker->queue);
    }
    pthread_mutex_unlock(&worker->queue_mutex);
}

static bool is_ready(void *context) {
    struct mneme_worker *worker = context;
    return atomic_load(&worker->ready);
}

int mneme_worker_read_source(struct mneme_worker *worker, struct mneme_error *error) {
    struct mneme_log_source source;
    int status = mneme_projection_source(&source, worker->options->projection, worker->config, error);
    if (status == MNEME_OK) {
        memcpy(worker->topic, source.topic, sizeof worker->topic);
        worker->rules.takes_records = source.is_of_records;
    }
    if (status == MNEME_OK && source.is_of_embeddings && worker->rules.records == NULL) {
        status = mneme_embedding_codec_new(&worker->rules.records, worker->config, source.topic, error);
    }
    return status;
}

static int read_settings(struct mneme_worker *worker, struct mneme_error *error) {
    const struct mneme_config *config = worker->config;
    int64_t initial_ms = mneme_config_long(config, MNEME_SETTING_RETRY_INITIAL_MS);
    int64_t max_ms = mneme_config_long(config, MNEME_SETTING_RETRY_MAX_MS);
    struct mneme_worker_wait *waits[] = {&worker->retry, &worker->rejoin, &worker->missing,
                                         &worker->name.wait, &worker->starting};
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        mneme_backoff_init(&waits[i]->backoff, initial_ms, max_ms);
    }
    mneme_backoff_init(&worker->stall.backoff, initial_ms, max_ms < STALL_MAX_MS ? max_ms : STALL_MAX_MS);
    worker->rules.marks = &worker->marks;
    worker->rules.content_max_chars = (size_t)mneme_config_long(config, MNEME_SETTING_CONTENT_MAX_CHARS);
    worker->batch_max_events = (size_t)mneme_config_long(config, MNEME_SETTING_BATCH_MAX_EVENTS);
    size_t bound = worker->options->projection->max_batch_events;
    if (bound > 0 && bound < worker->batch_max_events) {
        worker->batch_max_events = bound;
    }
    worker->rules.max_events = worker->batch_max_events;
    worker->rules.max_bytes = (size_t)mneme_config_long(config, MNEME_SETTING_BATCH_MAX_BYTES);
    worker->rules.linger_micros = mneme_config_long(config, MNEME_SETTING_BATCH_LINGER_MS) * 1000;
    worker->rules.parks_alone = worker->options->projection->parks_alone;
    worker->rules.release = release_message;
    int len = snprintf(worker->group, sizeof worker->group, "%s%s",
                       mneme_config_string(config, MNEME_SETTING_TOPIC_PREFIX),
                       worker->options->projection->facts->name);
    if (len < 0 || (size_t)len >= sizeof worker->group) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot name the consumer group: the prefix is too long; shorten MNEME_TOPIC_PREFIX");
    }
    return MNEME_OK;
}

/* --- the steps of a start that need a service --- */

static int find_topic(struct mneme_worker *worker, struct mneme_error *error) {
    int status =
        mneme_kafka_topic_facts(&worker->facts, worker->kafka, worker->topic, FACTS_TIMEOUT_MS, error);
    if (status == MNEME_E_NOT_FOUND && worker->rules.takes_records) {
        mneme_worker_refuse_missing_records(error, worker);
        status = MNEME_E_UNSAFE;
    }
    return status;
}

static int open_projection(struct mneme_worker *worker, struct mneme_error *error) {
    return mneme_sink_start(&worker->sink, worker->options->projection, worker->config, wake, worker, error);
}

/* Pauses until the wait is over, or until the worker is asked to stop. */
static void pause_for(struct mneme_worker *worker, const struct mneme_worker_wait *wait) {
    while (!worker->is_stopping && !mneme_worker_wait_is_over(wait, mneme_clock_monotonic_micros())) {
        mneme_clock_pause(LOOK_AGAIN_MICROS);
        worker->is_stopping = worker->options->should_stop(worker->options->context);
    }
}

/* Takes the step as soon as the service that it needs is available; errors that waiting cannot fix are
 * returned. */
static int await_step(struct mneme_worker *worker, int (*step)(struct mneme_worker *, struct mneme_error *),
                      struct mneme_error *error) {
    int status = MNEME_E_UNAVAILABLE;
    worker->is_stopping = worker->options->should_stop(worker->options->context);
    while (!worker->is_stopping && (status == MNEME_E_UNAVAILABLE || status == MNEME_E_TIMEOUT)) {
        struct mneme_error reason = {0};
        status = step(worker, &reason);
        if (status == MNEME_E_UNAVAILABLE || status == MNEME_E_TIMEOUT) {
            mneme_worker_wait_begin(&worker->starting, "worker waits to start", &reason);
            pause_for(worker, &worker->starting);
        } else if (status != MNEME_OK) {
            return mneme_error_set(error, reason.code, "%s", reason.message);
        }
    }
    mneme_worker_wait_end(&worker->starting,
                          worker->is_stopping ? "worker does not start" : "worker goes on");
    return MNEME_OK;
}

static int start_metrics(struct mneme_worker *worker, struct mneme_error *error) {
    int64_t port = mneme_config_long(worker->config, MNEME_SETTING_METRICS_PORT);
    int bound_port = 0;
    int status =
        mneme_metrics_new(&worker->metrics, mneme_worker_metric_table, MNEME_WORKER_METRIC_COUNT, error);
    return status == MNEME_OK && port > 0
               ? mneme_metrics_server_start(&worker->metrics_server, worker->metrics,
                                            mneme_config_string(worker->config, MNEME_SETTING_METRICS_HOST),
                                            (int)port, is_ready, worker, &bound_port, error)
               : status;
}

int mneme_worker_start(struct mneme_worker *worker, struct mneme_error *error) {
    static int (*const steps[])(struct mneme_worker *, struct mneme_error *) = {mneme_worker_read_source,
                                                                                find_topic, open_projection};
    int status = read_settings(worker, error);
    if (status == MNEME_OK) {
        status = start_metrics(worker, error);
    }
    if (status == MNEME_OK) {
        status = mneme_codec_new(&worker->rules.codec, worker->config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_worker_connect(worker, error);
    }
    for (size_t i = 0; status == MNEME_OK && !worker->is_stopping && i < sizeof steps / sizeof *steps; i++) {
        status = await_step(worker, steps[i], error);
    }
    if (status == MNEME_OK && !worker->is_stopping) {
        status = mneme_worker_subscribe(worker, error);
    }
    const struct mneme_kafka_topic_facts *facts = &worker->facts;
    if (status == MNEME_OK && facts->has_settings && !facts->is_log_append_time &&
        !worker->rules.takes_records) {
        mneme_log(MNEME_LOG_WARN, "topic keeps the publishers' times", MNEME_LOG_S("topic", worker->topic),
                  MNEME_LOG_S("advice",
                              "set message.timestamp.type=LogAppendTime; `mneme topics check` says more"));
    }
    return status;
}
