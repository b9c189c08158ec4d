/*
 * What the files of the log reader share; internal to consumers/runtime.
 */
#ifndef MNEME_CONSUMERS_LOG_READER_STATE_H
#define MNEME_CONSUMERS_LOG_READER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "consumers/log/reader.h"

struct mneme_log_reader {
    const struct mneme_config *config;
    char name[MNEME_TOPIC_NAME_BYTES]; /* of the topic */
    bool is_of_embeddings;
    bool is_of_records; /* struct mneme_log_source */
    int32_t partitions;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    struct mneme_codec *codec;

    /* The client's last error, unless a message came since; set by the reading thread. */
    atomic_bool is_troubled;
    pthread_mutex_t trouble_mutex; /* of `trouble` */
    char trouble[256];
};

/* Begins to fetch the partition at the offset, into the queue. */
int mneme_log_reader_start(struct mneme_log_reader *reader, int32_t partition, int64_t offset,
                           rd_kafka_queue_t *queue, struct mneme_error *error);
void mneme_log_reader_stop(struct mneme_log_reader *reader, int32_t partition);

/* The error after nothing came for that time. */
int mneme_log_reader_unavailable(struct mneme_log_reader *reader, int64_t silent_micros,
                                 struct mneme_error *error);

/* The error of a message of the client; passing ones are MNEME_OK. `wanted` is the offset asked for. */
int mneme_log_reader_refusal(const struct mneme_log_reader *reader, const rd_kafka_message_t *message,
                             int64_t wanted, struct mneme_error *error);

#endif
