/*
 * What the worker's Kafka client and the log reader's have in common.
 */
#ifndef MNEME_CONSUMERS_LOG_KAFKA_CLIENT_H
#define MNEME_CONSUMERS_LOG_KAFKA_CLIENT_H

#include "common/kafka/kafka.h"
#include "consumers/log/fill.h"

struct mneme_kafka_client_property {
    const char *name, *value;
};

/* Sets what correctness rests on, whatever MNEME_KAFKA_OPTIONS say. */
int mneme_kafka_client_require(rd_kafka_conf_t *conf, const struct mneme_kafka_client_property *properties,
                               size_t count, struct mneme_error *error);

/* Sets those that nobody has set to anything but their default. */
int mneme_kafka_client_tune(rd_kafka_conf_t *conf, const struct mneme_kafka_client_property *properties,
                            size_t count, struct mneme_error *error);

/* The message as a record that points into it. `progress` is the offset that was expected next;
 * `takes_source` whether headers are looked at. */
struct mneme_log_record mneme_kafka_client_record(rd_kafka_message_t *message, int64_t progress,
                                                  bool takes_source);

/* Ends the client, without leaving a group, within 5 s: one that does not end by then is left to the process.
 * All messages and queues of it must be gone. */
void mneme_kafka_client_destroy(rd_kafka_t *client);

#endif
