/*
 * The events topic: created once with the properties that the log depends on, and checked against them later.
 */
#ifndef MNEME_PRODUCERS_TOPICS_H
#define MNEME_PRODUCERS_TOPICS_H

#include "common/kafka/kafka.h"

/* A property of the topic, compared with what it should be. */
struct mneme_topic_finding {
    const char *name; /* Kafka's name for it, such as "retention.ms" */
    char actual[32];
    char wanted[32]; /* "" if any value is fine */
    bool fits;
    const char *why; /* what goes wrong when it does not fit; a constant */
};

#define MNEME_TOPIC_FINDINGS 7
struct mneme_topic_state {
    char name[MNEME_TOPIC_NAME_BYTES];
    struct mneme_topic_finding findings[MNEME_TOPIC_FINDINGS];
    size_t finding_count;
    bool was_created; /* whether this call created the topic */
};

/* Asks the brokers and compares; MNEME_OK also when something does not fit. Errors as
 * mneme_kafka_topic_facts. */
int mneme_topic_check(struct mneme_topic_state *out, const struct mneme_config *config,
                      struct mneme_error *error);

/* Checks the existing embeddings topics, sorted by name: they must be compacted, and have room for a record
 * of the largest event that `events` allows. At most MNEME_TOPIC_MAX_EMBEDDINGS. */
#define MNEME_TOPIC_MAX_EMBEDDINGS 64
int mneme_topic_check_embeddings(struct mneme_topic_state *out, size_t *count,
                                 const struct mneme_config *config, struct mneme_error *error);

/* Creates the topic if it does not exist, then does the same as mneme_topic_check. An existing topic is never
 * changed. */
int mneme_topic_create(struct mneme_topic_state *out, const struct mneme_config *config,
                       struct mneme_error *error);

/* MNEME_OK, or MNEME_E_UNSAFE with the first finding that does not fit, and what to do. */
int mneme_topic_require(const struct mneme_topic_state *state, struct mneme_error *error);

#endif
