/*
 * Workers in threads of the test, and a plain producer that feeds them with whatever bytes.
 */
#ifndef MNEME_TESTS_RUNNING_WORKER_H
#define MNEME_TESTS_RUNNING_WORKER_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "consumers/runtime/worker.h"
#include "schemas/codec.h"

struct mneme_running_worker {
    const struct mneme_config *config;
    struct mneme_worker_options options;
    pthread_t thread;
    atomic_bool stop;
    atomic_bool has_ended;
    int status;
    struct mneme_error error;
};

/* Starts a worker of the memory projection. The struct must stay where it is until it is joined. */
void mneme_running_worker_start(struct mneme_running_worker *worker, const struct mneme_config *config,
                                const char *instance_id);

/* The same of any projection. */
void mneme_running_worker_start_of(struct mneme_running_worker *worker, const struct mneme_config *config,
                                   const struct mneme_projection_ops *projection, const char *instance_id);

/* Asks it to stop and waits for its end; its status. */
int mneme_running_worker_stop(struct mneme_running_worker *worker);

/* Waits for it to end by itself; its status. Fails the test after 120 s. */
int mneme_running_worker_join(struct mneme_running_worker *worker);

/* Waits until `is_so` holds, at most 120 s; says whether it does. */
bool mneme_wait_until(bool (*is_so)(void *context), void *context);

struct mneme_log_writer {
    rd_kafka_t *kafka;
    char topic[250];
    int32_t partitions;
    struct mneme_codec *codec;
};

void mneme_log_writer_open(struct mneme_log_writer *writer, const struct mneme_config *config);
/* The same with transactions, which the test begins and ends. */
void mneme_log_writer_open_transactional(struct mneme_log_writer *writer, const struct mneme_config *config);

void mneme_log_writer_close(struct mneme_log_writer *writer);

/* Writes the bytes to the partition; nothing is checked. Returns before they are in the log. */
void mneme_log_writer_put(struct mneme_log_writer *writer, int32_t partition, struct mneme_str key,
                          struct mneme_str value);

/* Writes an event of the user to where it belongs; the partition. */
int32_t mneme_log_writer_event(struct mneme_log_writer *writer, const char *user, int number);

/* Writes `count` events of `users` users. */
void mneme_log_writer_events(struct mneme_log_writer *writer, int users, int count);

/* Waits until all is in the log. */
void mneme_log_writer_flush(struct mneme_log_writer *writer);

/* Deletes the log of the partition before the offset. */
void mneme_log_writer_cut(struct mneme_log_writer *writer, int32_t partition, int64_t offset);

#endif
