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

/* The log callback that mneme_kafka_conf sets: a line into the project's log, at level debug whatever the
 * client calls it. Any thread. */
void mneme_kafka_log(const rd_kafka_t *client, int level, const char *facility, const char *line);

/* Sets one property; the error names it. */
int mneme_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                         struct mneme_error *error);

/* Turns a client error into a status and a sentence: `what` failed, on the topic or broker `object`. */
int mneme_kafka_error(struct mneme_error *error, const char *what, const char *object,
                      rd_kafka_resp_err_t code, const char *detail);

/* The name of the events topic: prefix and "events", NUL-terminated. MNEME_E_INVALID for one that brokers
 * would not take. */
#define MNEME_TOPIC_NAME_BYTES 250
int mneme_kafka_events_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                             struct mneme_error *error);

struct mneme_kafka_topic_facts {
    int32_t partitions;
    int32_t replication; /* copies of each partition */
    bool has_settings; /* false: who asks may not read them, or no controller answered; all below is unset */
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

/* The same, for who would rather do without: as soon as every broker has refused a connection it is over. */
int mneme_kafka_topic_facts_now(struct mneme_kafka_topic_facts *out, rd_kafka_t *client, const char *topic,
                                int timeout_ms, struct mneme_error *error);

/* How large an event may be, key and value together, on a topic that takes batches of max_message_bytes: less
 * what a batch of one record adds to it, and less the room for what projections write about it: a record with
 * its vector, a dead letter with its headers. 64 KiB, of a small topic a sixteenth. */
int64_t mneme_kafka_max_event_bytes(int64_t max_message_bytes);

/* Kafka's default limit for a topic: 1 MiB and the overhead of a batch. */
#define MNEME_KAFKA_USUAL_MAX_MESSAGE_BYTES 1048588

/* What a compacted topic of ours is made with: texts of any event, with a vector for each of their parts. */
#define MNEME_KAFKA_RECORDS_MAX_MESSAGE_BYTES 16777216

/* What a batch of one record adds to key and value, rounded up: batch header 61, record header below 30. */
#define MNEME_KAFKA_RECORD_OVERHEAD_BYTES 100

/* A client for questions about topics and for making them; the caller rd_kafka_destroys it. */
int mneme_kafka_admin(rd_kafka_t **out, const struct mneme_config *config, struct mneme_error *error);

/* Makes the topic with the partitions and copies of the settings: compacted to the newest record of each key,
 * or with everything kept. MNEME_OK also when somebody else was faster. Blocks. */
int mneme_kafka_topic_create(rd_kafka_t *client, const char *name, const struct mneme_config *config,
                             bool is_compacted, struct mneme_error *error);

/* Asks for it once on a connection of its own. MNEME_E_NOT_FOUND; errors of mneme_kafka_topic_facts. */
int mneme_kafka_topic_find(struct mneme_kafka_topic_facts *facts, const char *name,
                           const struct mneme_config *config, struct mneme_error *error);

/* Makes it if there is none, and returns when the brokers know it, with what they say of it (`facts` may be
 * NULL). Errors of mneme_kafka_topic_facts. */
int mneme_kafka_topic_ensure(struct mneme_kafka_topic_facts *facts, const char *name,
                             const struct mneme_config *config, bool is_compacted, struct mneme_error *error);

/* The partition of a key by murmur2, where Java's clients and those of the setting partitioner=murmur2 put
 * it. `partitions` > 0. */
static inline int32_t mneme_kafka_partition_of(struct mneme_str key, int32_t partitions) {
    return rd_kafka_msg_partitioner_murmur2(NULL, key.data, key.len, partitions, NULL, NULL);
}

#endif
