/*
 * Threads that run workers, and the producer.
 */
#include "tests/support/running_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "tests/support/memory_projection.h"
#include "tests/support/patience.h"
#include "tests/support/runtime_events.h"

#define LOOK_AGAIN_MICROS 2000

static void require(bool holds, const char *what, const char *detail) {
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, detail);
        abort();
    }
}

static bool should_stop(void *context) {
    struct mneme_running_worker *worker = context;
    return atomic_load(&worker->stop);
}

static void *run(void *argument) {
    struct mneme_running_worker *worker = argument;
    worker->status = mneme_worker_run(worker->config, &worker->options, &worker->error);
    atomic_store(&worker->has_ended, true);
    return NULL;
}

void mneme_running_worker_start(struct mneme_running_worker *worker, const struct mneme_config *config,
                                const char *instance_id) {
    mneme_running_worker_start_of(worker, config, &mneme_memory_projection, instance_id);
}

void mneme_running_worker_start_of(struct mneme_running_worker *worker, const struct mneme_config *config,
                                   const struct mneme_projection_ops *projection, const char *instance_id) {
    *worker = (struct mneme_running_worker){.config = config,
                                            .options = {.projection = projection,
                                                        .instance_id = instance_id,
                                                        .should_stop = should_stop,
                                                        .context = worker}};
    require(pthread_create(&worker->thread, NULL, run, worker) == 0, "worker", "no thread");
}

int mneme_running_worker_stop(struct mneme_running_worker *worker) {
    atomic_store(&worker->stop, true);
    return mneme_running_worker_join(worker);
}

static bool has_ended(void *context) {
    struct mneme_running_worker *worker = context;
    return atomic_load(&worker->has_ended);
}

int mneme_running_worker_join(struct mneme_running_worker *worker) {
    require(mneme_wait_until(has_ended, worker), "worker", "it did not end");
    pthread_join(worker->thread, NULL);
    return worker->status;
}

bool mneme_wait_until(bool (*is_so)(void *context), void *context) {
    int64_t deadline = mneme_clock_monotonic_micros() + INT64_C(1000) * MNEME_PATIENCE_MS;
    while (!is_so(context)) {
        if (mneme_clock_monotonic_micros() > deadline) {
            return false;
        }
        usleep(LOOK_AGAIN_MICROS);
    }
    return true;
}

static void open_writer(struct mneme_log_writer *writer, const struct mneme_config *config,
                        const char *transactional_id) {
    struct mneme_error error = {0};
    rd_kafka_conf_t *conf = NULL;
    *writer = (struct mneme_log_writer){.codec = mneme_test_codec()};
    require(mneme_kafka_conf(&conf, config, "test-writer", &error) == MNEME_OK, "writer", error.message);
    require(mneme_kafka_conf_set(conf, "enable.idempotence", "true", &error) == MNEME_OK, "writer",
            error.message);
    if (transactional_id != NULL) {
        require(mneme_kafka_conf_set(conf, "transactional.id", transactional_id, &error) == MNEME_OK,
                "writer", error.message);
    }
    char reason[256] = "";
    writer->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    require(writer->kafka != NULL, "writer", reason);
    require(mneme_kafka_events_topic(writer->topic, config, &error) == MNEME_OK, "writer", error.message);
    writer->partitions = (int32_t)mneme_config_long(config, MNEME_SETTING_TOPIC_PARTITIONS);
}

void mneme_log_writer_open(struct mneme_log_writer *writer, const struct mneme_config *config) {
    open_writer(writer, config, NULL);
}

void mneme_log_writer_open_transactional(struct mneme_log_writer *writer, const struct mneme_config *config) {
    open_writer(writer, config, mneme_config_string(config, MNEME_SETTING_TOPIC_PREFIX));
    rd_kafka_error_t *refusal = rd_kafka_init_transactions(writer->kafka, 60000);
    require(refusal == NULL, "writer", refusal == NULL ? "" : rd_kafka_error_string(refusal));
}

void mneme_log_writer_close(struct mneme_log_writer *writer) {
    mneme_log_writer_flush(writer);
    rd_kafka_destroy(writer->kafka);
    mneme_codec_destroy(writer->codec);
}

void mneme_log_writer_put(struct mneme_log_writer *writer, int32_t partition, struct mneme_str key,
                          struct mneme_str value) {
    rd_kafka_resp_err_t code;
    do {
        code = rd_kafka_producev(writer->kafka, RD_KAFKA_V_TOPIC(writer->topic),
                                 RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key.data, key.len),
                                 RD_KAFKA_V_VALUE((void *)value.data, value.len),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        rd_kafka_poll(writer->kafka, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 10 : 0);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    require(code == RD_KAFKA_RESP_ERR_NO_ERROR, "writer", rd_kafka_err2str(code));
}

int32_t mneme_log_writer_event(struct mneme_log_writer *writer, const char *user, int number) {
    struct mneme_buffer key = {0};
    struct mneme_buffer value = {0};
    int32_t partition = 0;
    mneme_test_event(&key, &value, &partition, writer->codec, user, number, writer->partitions);
    mneme_log_writer_put(writer, partition, mneme_buffer_str(&key), mneme_buffer_str(&value));
    mneme_buffer_clean_up(&key);
    mneme_buffer_clean_up(&value);
    return partition;
}

void mneme_log_writer_events(struct mneme_log_writer *writer, int users, int count) {
    for (int i = 0; i < count; i++) {
        char user[32];
        (void)snprintf(user, sizeof user, "user-%d", i % users);
        (void)mneme_log_writer_event(writer, user, i);
    }
}

void mneme_log_writer_flush(struct mneme_log_writer *writer) {
    require(rd_kafka_flush(writer->kafka, 30000) == RD_KAFKA_RESP_ERR_NO_ERROR, "writer", "not flushed");
}

void mneme_log_writer_cut(struct mneme_log_writer *writer, int32_t partition, int64_t offset) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, writer->topic, partition)->offset = offset;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(writer->kafka);
    rd_kafka_DeleteRecords(writer->kafka, &request, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 15000);
    bool is_cut = event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    require(is_cut, "writer", "the log is not cut");
}
