/*
 * What every Kafka client of the project shares: properties from settings, errors as sentences, topic facts.
 */
#ifndef MNEME_COMMON_KAFKA_KAFKA_H
#define MNEME_COMMON_KAFKA_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "common/base/error.h"
#include "common/config/config.h"

/* A librdkafka configuration with brokers, security, client.id "mneme-<purpose>" and MNEME_KAFKA_OPTIONS set;
 * the client's own log lines go to the project's log, at level debug. The caller owns *out until rd_kafka_new
 * takes it. */
int mneme_kafka_conf(rd_kafka_conf_t **out, const struct mneme_config *config, const char *purpose,
                     struct mneme_error *error);

/* The log callback that mneme_kafka_conf sets: writes to the project's log, always at level debug. Any
 * thread. */
void mneme_kafka_log(const rd_kafka_t *client, int level, const char *facility, const char *line);

/* Checks the ports of a list of brokers, host[:port] separated by commas. MNEME_E_USAGE names the first wrong
 * one. */
int mneme_kafka_check_brokers(const char *brokers, struct mneme_error *error);

/* Sets one property; an error names it. */
int mneme_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                         struct mneme_error *error);

/* Turns a client error into a status and a message: `what` failed, on the topic or broker `object`. */
int mneme_kafka_error(struct mneme_error *error, const char *what, const char *object,
                      rd_kafka_resp_err_t code, const char *detail);

/* The name of the events topic: prefix and "events", NUL-terminated. MNEME_E_INVALID for a name that brokers
 * would refuse. */
#define MNEME_TOPIC_NAME_BYTES 250
int mneme_kafka_events_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                             struct mneme_error *error);

struct mneme_kafka_topic_facts {
    int32_t partitions;
    int32_t replication; /* copies of each partition */
    bool has_settings;   /* false: no permission to read them, or no controller answered; the fields below are
                            unset */
    int64_t max_message_bytes;
    bool is_log_append_time;
    bool is_compacted;
    int64_t retention_ms;    /* -1: unlimited */
    int64_t retention_bytes; /* -1: unlimited */
};

/* Asks the brokers. MNEME_E_NOT_FOUND for a missing topic (the sentence names `mneme topics create`),
 * MNEME_E_DENIED at once for refused credentials, MNEME_E_UNAVAILABLE when no broker answers in timeout_ms.
 * Blocks; any thread. */
int mneme_kafka_topic_facts(struct mneme_kafka_topic_facts *out, rd_kafka_t *client, const char *topic,
                            int timeout_ms, struct mneme_error *error);

/* The same for optional use: fails as soon as every broker has refused a connection. */
int mneme_kafka_topic_facts_now(struct mneme_kafka_topic_facts *out, rd_kafka_t *client, const char *topic,
                                int timeout_ms, struct mneme_error *error);

/* Maximum size of an event, key and value together, on a topic that takes batches of max_message_bytes: that
 * limit minus the overhead of a batch of one record, and minus room for what projections add to the event (a
 * vector, the headers of a dead letter): 64 KiB, or a sixteenth on a small topic. */
int64_t mneme_kafka_max_event_bytes(int64_t max_message_bytes);

/* Kafka's default limit for a topic: 1 MiB and the overhead of a batch. */
#define MNEME_KAFKA_USUAL_MAX_MESSAGE_BYTES 1048588

/* The limit of our compacted topics: the text of any event, with a vector for each of its parts. */
#define MNEME_KAFKA_RECORDS_MAX_MESSAGE_BYTES 16777216

/* The overhead of a batch of one record, rounded up: batch header 61, record header below 30. */
#define MNEME_KAFKA_RECORD_OVERHEAD_BYTES 100

/* A client for describing and creating topics; the caller frees it with rd_kafka_destroy. */
int mneme_kafka_admin(rd_kafka_t **out, const struct mneme_config *config, struct mneme_error *error);

/* Creates the topic with the partitions and copies of the settings: compacted to the newest record of each
 * key, or keeping everything. MNEME_OK also when somebody else was faster. Blocks. */
int mneme_kafka_topic_create(rd_kafka_t *client, const char *name, const struct mneme_config *config,
                             bool is_compacted, struct mneme_error *error);

/* Asks once, on a separate connection. MNEME_E_NOT_FOUND; errors of mneme_kafka_topic_facts. */
int mneme_kafka_topic_find(struct mneme_kafka_topic_facts *facts, const char *name,
                           const struct mneme_config *config, struct mneme_error *error);

/* Creates the topic if it is missing, and returns when the brokers know it, with its facts (`facts` may be
 * NULL). Errors of mneme_kafka_topic_facts. */
int mneme_kafka_topic_ensure(struct mneme_kafka_topic_facts *facts, const char *name,
                             const struct mneme_config *config, bool is_compacted, struct mneme_error *error);

/* The partition of a key by murmur2, as chosen by Java clients and clients with partitioner=murmur2.
 * `partitions` > 0. */
static inline int32_t mneme_kafka_partition_of(struct mneme_str key, int32_t partitions) {
    return rd_kafka_msg_partitioner_murmur2(NULL, key.data, key.len, partitions, NULL, NULL);
}

#endif
