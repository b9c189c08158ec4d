/*
 * The life of a worker: set up, loop, and clean up in the reverse order.
 */
#include "consumers/runtime/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/runtime/worker_state.h"

#define LONGEST_POLL_MS 100 /* how late should_stop may be seen */

/* How late an idle worker notices that its log is another one now. */
#define SOURCE_MICROS INT64_C(5000000)

struct mneme_worker_partition *mneme_worker_partition(struct mneme_worker *worker, int32_t partition) {
    for (size_t i = 0; i < worker->partition_count; i++) {
        if (worker->partitions[i].partition == partition) {
            return &worker->partitions[i];
        }
    }
    return NULL;
}

static void note_error(struct mneme_worker *worker, const struct mneme_error *error) {
    if (worker->error->code == MNEME_OK) {
        *worker->error = *error;
        mneme_log(MNEME_LOG_ERROR, "worker cannot go on", MNEME_LOG_S("reason", error->message));
    }
}

void mneme_worker_fail(struct mneme_worker *worker, const struct mneme_error *error) {
    note_error(worker, error);
    worker->is_ended = true;
}

void mneme_worker_drain(struct mneme_worker *worker, const struct mneme_error *error) {
    if (error != NULL) {
        note_error(worker, error);
    }
    worker->is_draining = true;
}

void mneme_worker_wait_begin(struct mneme_worker_wait *wait, const char *event,
                             const struct mneme_error *reason) {
    int64_t now = mneme_clock_monotonic_micros();
    if (!wait->is_active) {
        wait->is_active = true;
        wait->since_micros = now;
        mneme_log(MNEME_LOG_WARN, event, MNEME_LOG_S("reason", reason->message));
    } else {
        mneme_log(MNEME_LOG_DEBUG, event, MNEME_LOG_S("reason", reason->message));
    }
    wait->until_micros = now + mneme_backoff_next_ms(&wait->backoff) * 1000;
}

void mneme_worker_wait_end(struct mneme_worker_wait *wait, const char *event) {
    if (wait->is_active) {
        int64_t waited = mneme_clock_monotonic_micros() - wait->since_micros;
        mneme_log(MNEME_LOG_INFO, event, MNEME_LOG_D("after_seconds", (double)waited / 1e6));
    }
    wait->is_active = false;
    mneme_backoff_reset(&wait->backoff);
}

bool mneme_worker_wait_is_over(const struct mneme_worker_wait *wait, int64_t now_micros) {
    return !wait->is_active || now_micros >= wait->until_micros;
}

static void join_again(struct mneme_worker *worker) {
    struct mneme_error error = {0};
    int status = mneme_worker_read_source(worker, &error);
    if (status == MNEME_E_UNAVAILABLE || status == MNEME_E_TIMEOUT) {
        mneme_worker_wait_begin(&worker->rejoin, "worker waits to join the group anew", &error);
        return;
    }
    worker->rejoin.until_micros = INT64_MAX;
    if (status == MNEME_OK) {
        status = mneme_worker_subscribe(worker, &error);
    }
    if (status != MNEME_OK) {
        mneme_worker_fail(worker, &error);
    }
}

/* A log without new events gives no batch that could be refused. */
static void check_source(struct mneme_worker *worker, int64_t now) {
    bool has_work = worker->applying != NULL || !mneme_fill_is_empty(worker->filling);
    if (has_work || worker->phase != MNEME_PHASE_READING || now - worker->source_micros < SOURCE_MICROS) {
        worker->source_micros = has_work ? now : worker->source_micros;
        return;
    }
    struct mneme_log_source source;
    struct mneme_error error = {0};
    int status = mneme_projection_source(&source, worker->options->projection, worker->config, &error);
    worker->source_micros = mneme_clock_monotonic_micros();
    if (status != MNEME_OK) {
        mneme_log(MNEME_LOG_DEBUG, "the projection does not tell its log",
                  MNEME_LOG_S("reason", error.message));
    } else if (strcmp(source.topic, worker->topic) != 0) {
        mneme_worker_rejoin(worker, "the projection folds another log now");
    }
}

/* Handles what the projection found while there was nothing to apply. */
static void handle_idle(struct mneme_worker *worker) {
    struct mneme_error error = {0};
    enum mneme_apply_result result = mneme_sink_take_idle(worker->sink, &error);
    if (result == MNEME_FENCED && worker->phase == MNEME_PHASE_READING && !worker->is_draining) {
        mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_FENCED, NULL, 1);
        mneme_worker_rejoin(worker, error.message);
    } else if (result == MNEME_FATAL || result == MNEME_REJECT) {
        mneme_worker_fail(worker, &error);
    } else if (result == MNEME_RETRY) {
        mneme_log(MNEME_LOG_DEBUG, "projection cannot be used while idle",
                  MNEME_LOG_S("reason", error.message));
    }
}

/* Does the work that a result, the end of a wait, or a full batch makes due. */
static void handle_work(struct mneme_worker *worker, int64_t now) {
    struct mneme_job *job = mneme_sink_take(worker->sink);
    if (job != NULL && job->kind == MNEME_JOB_ASSIGN) {
        mneme_worker_claimed(worker, job);
    } else if (job != NULL) {
        mneme_worker_applied(worker, job);
    }
    if (worker->is_ended || !mneme_sink_is_idle(worker->sink)) {
        return;
    }
    if (worker->phase == MNEME_PHASE_REJOINING && mneme_worker_wait_is_over(&worker->rejoin, now)) {
        join_again(worker);
    } else if (worker->phase == MNEME_PHASE_NAMELESS && !worker->is_draining &&
               mneme_worker_wait_is_over(&worker->name.wait, now)) {
        mneme_worker_regain_name(worker);
    } else if (worker->phase == MNEME_PHASE_CLAIMING && !worker->is_draining &&
               mneme_worker_wait_is_over(&worker->retry, now)) {
        mneme_worker_claim(worker);
    } else if (worker->phase == MNEME_PHASE_READING && mneme_worker_wait_is_over(&worker->retry, now)) {
        bool is_due = mneme_fill_due_micros(worker->filling, &worker->rules, now) == 0 || worker->is_draining;
        if (worker->applying != NULL) {
            mneme_worker_apply(worker);
        } else if (!mneme_fill_is_empty(worker->filling) && is_due) {
            mneme_worker_begin_batch(worker);
        }
    }
}

/* A drained worker is done when nothing is left that it could still apply. */
static bool is_drained(struct mneme_worker *worker) {
    if (!worker->is_draining || !mneme_sink_is_idle(worker->sink)) {
        return false;
    }
    bool has_work = worker->phase == MNEME_PHASE_READING &&
                    (worker->applying != NULL || !mneme_fill_is_empty(worker->filling));
    return !has_work || (worker->is_stopping && worker->retry.is_active);
}

static void shorten(int64_t *timeout_micros, int64_t until, int64_t now) {
    int64_t left = until <= now ? 0 : until - now;
    if (left < *timeout_micros) {
        *timeout_micros = left;
    }
}

/* How long polling may block. The sink's results end it by themselves. */
static int poll_timeout_ms(struct mneme_worker *worker, int64_t now) {
    int64_t timeout = LONGEST_POLL_MS * 1000;
    const struct mneme_worker_wait *waits[] = {&worker->retry, &worker->stall, &worker->rejoin,
                                               &worker->name.wait};
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        if (waits[i]->is_active) {
            shorten(&timeout, waits[i]->until_micros, now);
        }
    }
    bool is_reading = worker->phase == MNEME_PHASE_READING && !worker->retry.is_active;
    if (worker->applying != NULL && is_reading && mneme_sink_is_idle(worker->sink)) {
        timeout = 0; /* only to serve the group before the batch is applied */
    } else if (worker->applying == NULL && is_reading) {
        int64_t due = mneme_fill_due_micros(worker->filling, &worker->rules, now);
        shorten(&timeout, due == INT64_MAX ? INT64_MAX : now + due, now);
    }
    return (int)((timeout + 999) / 1000);
}

/* Waits for whatever comes first: a message, an event of the group, the sink's result, a time that was set.
 */
static void wait_and_take(struct mneme_worker *worker, int64_t now) {
    bool is_full = mneme_fill_is_full(worker->filling, &worker->rules) || worker->is_draining;
    if (is_full && !mneme_sink_is_idle(worker->sink)) {
        mneme_sink_wait(worker->sink, LONGEST_POLL_MS);
        return;
    }
    mneme_worker_sync_pauses(worker);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(worker->kafka, poll_timeout_ms(worker, now));
    if (message != NULL) {
        mneme_worker_take_message(worker, message);
    }
}

/* The log of all partitions is the one that was folded. */
static void note_known_log(struct mneme_worker *worker) {
    bool is_known = worker->phase == MNEME_PHASE_READING && worker->partition_count > 0;
    for (size_t i = 0; is_known && i < worker->partition_count; i++) {
        is_known = !worker->partitions[i].expected.is_set;
    }
    if (is_known && !worker->is_log_known && worker->options->projection->note_loss != NULL) {
        worker->options->projection->note_loss(worker->config, NULL);
    }
    worker->is_log_known = is_known;
}

/* An error that names the rebuild of the vectors is about the log that they were made from. */
static void note_loss(const struct mneme_worker *worker, const struct mneme_error *outcome) {
    const struct mneme_projection_ops *projection = worker->options->projection;
    if (outcome->code != MNEME_OK && projection->note_loss != NULL &&
        strstr(outcome->message, "`mneme rebuild embed`") != NULL) {
        projection->note_loss(worker->config, outcome->message);
    }
}

static void turn(struct mneme_worker *worker) {
    while (!worker->is_ended) {
        int64_t now = mneme_clock_monotonic_micros();
        if (!worker->is_stopping && worker->options->should_stop(worker->options->context)) {
            mneme_log(MNEME_LOG_INFO, "worker stops", MNEME_LOG_S("reason", "asked to"));
            worker->is_stopping = true;
            mneme_worker_drain(worker, NULL);
        }
        if (worker->name.is_lost) {
            mneme_worker_lose_name(worker);
        }
        handle_idle(worker);
        handle_work(worker, now);
        if (worker->is_ended || is_drained(worker)) {
            break;
        }
        if (worker->stall.is_active && mneme_worker_wait_is_over(&worker->stall, now)) {
            mneme_worker_retry_stalled(worker);
        }
        if (worker->missing.is_active && worker->phase != MNEME_PHASE_CLAIMING &&
            mneme_worker_wait_is_over(&worker->missing, now)) {
            mneme_worker_find_topic(worker);
        }
        mneme_worker_rejoin_if_topic_changed(worker);
        note_known_log(worker);
        if (worker->options->projection->source != NULL && !worker->is_draining) {
            check_source(worker, now);
        }
        mneme_worker_report(worker, now);
        mneme_worker_wake_client(worker, now);
        bool is_ready_now = !worker->retry.is_active && (worker->phase == MNEME_PHASE_READING);
        atomic_store(&worker->ready, is_ready_now);
        wait_and_take(worker, now);
    }
    atomic_store(&worker->ready, false);
}

static void clean_up(struct mneme_worker *worker) {
    mneme_worker_leave(worker);
    mneme_sink_stop(worker->sink);
    if (worker->metrics_server != NULL) {
        mneme_metrics_server_stop(worker->metrics_server);
    }
    /* Closing the client waits for every message that is still held. */
    for (size_t i = 0; i < 2; i++) {
        mneme_fill_clean_up(&worker->fills[i], &worker->rules);
    }
    mneme_worker_disconnect(worker);
    mneme_halving_clean_up(&worker->halving);
    mneme_park_set_clean_up(&worker->parked);
    mneme_log_marks_clean_up(&worker->marks);
    if (worker->metrics != NULL) {
        mneme_metrics_destroy(worker->metrics);
    }
    mneme_embedding_codec_destroy(worker->rules.records);
    if (worker->rules.codec != NULL) {
        mneme_codec_destroy(worker->rules.codec);
    }
    free(worker->partitions);
    free(worker->claim_partitions);
    free(worker->claim_offsets);
    free(worker->claim_digests);
}

int mneme_worker_run(const struct mneme_config *config, const struct mneme_worker_options *options,
                     struct mneme_error *error) {
    struct mneme_error outcome = {0};
    struct mneme_worker worker = {.config = config, .options = options, .error = &outcome};
    atomic_init(&worker.ready, false);
    pthread_mutex_init(&worker.queue_mutex, NULL);
    for (size_t i = 0; i < 2; i++) {
        mneme_fill_init(&worker.fills[i]);
    }
    worker.filling = &worker.fills[0];
    mneme_arena_init(&worker.halving.scratch, 0);
    if (mneme_worker_start(&worker, &outcome) == MNEME_OK && !worker.is_stopping) {
        const char *id = options->instance_id == NULL ? "" : options->instance_id;
        mneme_log(
            MNEME_LOG_INFO, "worker started", MNEME_LOG_S("projection", options->projection->facts->name),
            MNEME_LOG_S("group", worker.group), MNEME_LOG_S("topic", worker.topic), MNEME_LOG_S("id", id));
        turn(&worker);
    }
    int64_t applied = worker.applied_events;
    note_loss(&worker, &outcome);
    clean_up(&worker);
    pthread_mutex_destroy(&worker.queue_mutex);
    mneme_log(MNEME_LOG_INFO, "worker ended", MNEME_LOG_S("projection", options->projection->facts->name),
              MNEME_LOG_I("events", applied), MNEME_LOG_S("status", mneme_status_name(outcome.code)));
    if (outcome.code != MNEME_OK) {
        return mneme_error_set(error, outcome.code, "%s", outcome.message);
    }
    return MNEME_OK;
}
