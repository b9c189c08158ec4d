/*
 * Creates topics: with the partitions of the settings, the brokers' clock, and unlimited retention of
 * everything that a projection is built from.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"

#define ASK_TIMEOUT_MS 5000
#define CREATE_TIMEOUT_MS 10000
#define LOOK_AGAIN_MICROS 20000

int mneme_kafka_admin(rd_kafka_t **out, const struct mneme_config *config, struct mneme_error *error) {
    rd_kafka_conf_t *conf = NULL;
    int status = mneme_kafka_conf(&conf, config, "topics", error);
    if (status != MNEME_OK) {
        return status;
    }
    char reason[256];
    *out = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (*out == NULL) {
        rd_kafka_conf_destroy(conf);
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot set up the Kafka client: %s; check MNEME_KAFKA_OPTIONS", reason);
    }
    return MNEME_OK;
}

static int describe_topic(rd_kafka_NewTopic_t **out, const char *name, const struct mneme_config *config,
                          bool is_compacted, struct mneme_error *error) {
    char most_bytes[24];
    snprintf(most_bytes, sizeof most_bytes, "%d", MNEME_KAFKA_RECORDS_MAX_MESSAGE_BYTES);
    const char *const settings[][2] = {
        {"message.timestamp.type", "LogAppendTime"},
        {"retention.ms", "-1"},
        {"retention.bytes", "-1"},
        {"cleanup.policy", is_compacted ? "compact" : "delete"},
        {"max.message.bytes", most_bytes}, /* of a compacted topic */
    };
    size_t setting_count = sizeof settings / sizeof settings[0] - (is_compacted ? 0 : 1);
    char reason[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        name, (int)mneme_config_long(config, MNEME_SETTING_TOPIC_PARTITIONS),
        (int)mneme_config_long(config, MNEME_SETTING_TOPIC_REPLICATION), reason, sizeof reason);
    if (topic == NULL) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "cannot create topic %s: %s; check MNEME_TOPIC_PARTITIONS and MNEME_TOPIC_REPLICATION", name,
            reason);
    }
    for (size_t i = 0; i < setting_count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_NewTopic_set_config(topic, settings[i][0], settings[i][1]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_NewTopic_destroy(topic);
            return mneme_kafka_error(error, "cannot create topic", name, code, settings[i][0]);
        }
    }
    *out = topic;
    return MNEME_OK;
}

static int take_answer(rd_kafka_event_t *event, const char *name, struct mneme_error *error) {
    rd_kafka_resp_err_t code = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    const char *detail = event == NULL ? NULL : rd_kafka_event_error_string(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t count = 0;
        const rd_kafka_topic_result_t **results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
        code = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
        detail = count == 1 ? rd_kafka_topic_result_error_string(results[0]) : NULL;
    }
    /* Somebody else was faster: the result is the same. */
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
               ? MNEME_OK
               : mneme_kafka_error(error, "cannot create topic", name, code, detail);
}

int mneme_kafka_topic_create(rd_kafka_t *kafka, const char *name, const struct mneme_config *config,
                             bool is_compacted, struct mneme_error *error) {
    rd_kafka_NewTopic_t *topic = NULL;
    int status = describe_topic(&topic, name, config, is_compacted, error);
    if (status != MNEME_OK) {
        return status;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char reason[256];
    /* The brokers answer when all of them know the topic. Both time-outs are within the allowed range. */
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_TIMEOUT_MS, reason, sizeof reason);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, CREATE_TIMEOUT_MS, reason, sizeof reason);
    rd_kafka_CreateTopics(kafka, &topic, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_TIMEOUT_MS + 1000);
    status = take_answer(event, name, error);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return status;
}

int mneme_kafka_topic_find(struct mneme_kafka_topic_facts *facts, const char *name,
                           const struct mneme_config *config, struct mneme_error *error) {
    rd_kafka_t *kafka = NULL;
    int status = mneme_kafka_admin(&kafka, config, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_topic_facts(facts, kafka, name, ASK_TIMEOUT_MS, error);
        rd_kafka_destroy(kafka);
    }
    return status;
}

int mneme_kafka_topic_ensure(struct mneme_kafka_topic_facts *out, const char *name,
                             const struct mneme_config *config, bool is_compacted,
                             struct mneme_error *error) {
    rd_kafka_t *kafka = NULL;
    struct mneme_kafka_topic_facts facts = {0};
    struct mneme_error why = {0}; /* a missing topic is not an error for the caller */
    int status = mneme_kafka_admin(&kafka, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_kafka_topic_facts(&facts, kafka, name, ASK_TIMEOUT_MS, &why);
    if (status == MNEME_E_NOT_FOUND) {
        int64_t deadline = mneme_clock_monotonic_micros() + CREATE_TIMEOUT_MS * INT64_C(1000);
        status = mneme_kafka_topic_create(kafka, name, config, is_compacted, &why);
        /* The brokers learn of a new topic one after the other. */
        while (status == MNEME_OK &&
               (status = mneme_kafka_topic_facts(&facts, kafka, name, ASK_TIMEOUT_MS, &why)) ==
                   MNEME_E_NOT_FOUND &&
               mneme_clock_monotonic_micros() < deadline) {
            mneme_clock_pause(LOOK_AGAIN_MICROS);
            status = MNEME_OK;
        }
    }
    rd_kafka_destroy(kafka);
    if (status == MNEME_OK && out != NULL) {
        *out = facts;
    }
    return status == MNEME_OK ? status : mneme_error_set(error, (enum mneme_status)status, "%s", why.message);
}
