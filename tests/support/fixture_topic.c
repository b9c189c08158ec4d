/*
 * Making and deleting topics for tests, with the settings that the events topic has.
 */
#include "tests/support/fixture_topic.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "tests/support/fixture.h"

#define ADMIN_TIMEOUT_MS 15000
#define LOOK_AGAIN_MICROS 20000

static int open_admin(rd_kafka_t **out, const struct mneme_config *config, struct mneme_error *error) {
    rd_kafka_conf_t *conf;
    int status = mneme_kafka_conf(&conf, config, "test-admin", error);
    if (status != MNEME_OK) {
        return status;
    }
    char reason[256];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        return mneme_error_set(error, MNEME_E_USAGE, "cannot open a Kafka client: %s; check the settings",
                               reason);
    }
    *out = client;
    return MNEME_OK;
}

/* The result of the one topic that an admin request was about. Takes `event`. */
static int take_result(rd_kafka_event_t *event, const char *what, const char *topic,
                       struct mneme_error *error) {
    if (event == NULL) {
        return mneme_kafka_error(error, what, topic, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL);
    }
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const char *detail = rd_kafka_event_error_string(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t count = 0;
        const rd_kafka_topic_result_t **results =
            rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT
                ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
                : rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
        code = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
        detail = count == 1 ? rd_kafka_topic_result_error_string(results[0]) : NULL;
    }
    int status =
        code == RD_KAFKA_RESP_ERR_NO_ERROR ? MNEME_OK : mneme_kafka_error(error, what, topic, code, detail);
    rd_kafka_event_destroy(event);
    return status;
}

/* A topic that was just made may be unknown to the brokers for a moment. */
static int wait_for_topic(rd_kafka_t *client, const char *name, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)ADMIN_TIMEOUT_MS * 1000;
    struct mneme_kafka_topic_facts facts;
    int status;
    while ((status = mneme_kafka_topic_facts(&facts, client, name, ADMIN_TIMEOUT_MS, error)) ==
               MNEME_E_NOT_FOUND &&
           mneme_clock_monotonic_micros() < deadline) {
        usleep(LOOK_AGAIN_MICROS);
    }
    return status;
}

int mneme_fixture_create_topic(const struct mneme_config *config, const char *name, int partitions,
                               struct mneme_error *error) {
    rd_kafka_t *client;
    int status = open_admin(&client, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    char reason[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, reason, sizeof reason);
    if (topic == NULL) {
        rd_kafka_destroy(client);
        return mneme_error_set(error, MNEME_E_INVALID, "cannot make topic %s: %s; choose another name", name,
                               reason);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_resp_err_t code = rd_kafka_NewTopic_set_config(topic, "retention.ms", "-1");
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
        status = take_result(rd_kafka_queue_poll(queue, ADMIN_TIMEOUT_MS), "cannot make topic", name, error);
    } else {
        status = mneme_kafka_error(error, "cannot make topic", name, code, NULL);
    }
    if (status == MNEME_OK) {
        status = wait_for_topic(client, name, error);
    }
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
    return status;
}

int mneme_fixture_delete_topic(const struct mneme_config *config, const char *name,
                               struct mneme_error *error) {
    rd_kafka_t *client;
    int status = open_admin(&client, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(client, &topic, 1, NULL, queue);
    status = take_result(rd_kafka_queue_poll(queue, ADMIN_TIMEOUT_MS), "cannot delete topic", name, error);
    rd_kafka_DeleteTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
    return status;
}
