/*
 * Shared by the Kafka clients of worker and log reader.
 */
#ifndef MNEME_CONSUMERS_LOG_KAFKA_CLIENT_H
#define MNEME_CONSUMERS_LOG_KAFKA_CLIENT_H

#include "common/kafka/kafka.h"
#include "consumers/log/fill.h"

struct mneme_kafka_client_property {
    const char *name, *value;
};

/* Sets the properties that correctness depends on, overriding MNEME_KAFKA_OPTIONS. */
int mneme_kafka_client_require(rd_kafka_conf_t *conf, const struct mneme_kafka_client_property *properties,
                               size_t count, struct mneme_error *error);

/* Sets the properties that still have their default. */
int mneme_kafka_client_tune(rd_kafka_conf_t *conf, const struct mneme_kafka_client_property *properties,
                            size_t count, struct mneme_error *error);

/* The message as a record that points into it. `progress` is the offset that was expected next;
 * `takes_source`: read the headers. */
struct mneme_log_record mneme_kafka_client_record(rd_kafka_message_t *message, int64_t progress,
                                                  bool takes_source);

/* Ends the client, without leaving a group, within 5 s: a client that does not end by then is abandoned and
 * ends with the process. All messages and queues of it must be gone. */
void mneme_kafka_client_destroy(rd_kafka_t *client);

#endif
