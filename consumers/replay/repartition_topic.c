/*
 * An idempotent producer keeps the order of each partition through every retry.
 */
#include "consumers/replay/repartition_topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#define ASK_TIMEOUT_MS 10000
#define POLL_MS 100
#define FLUSH_MS 120000

struct mneme_repartition_writer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    char name[MNEME_TOPIC_NAME_BYTES];
    rd_kafka_resp_err_t failure; /* of the first record that was not delivered */
};

/* All settings that are not the brokers' defaults: settings that are left out are reset. */
static int alter(const char *name, const struct mneme_config *config, const char *clock,
                 int64_t max_message_bytes, struct mneme_error *error) {
    char most_bytes[24];
    snprintf(most_bytes, sizeof most_bytes, "%lld", (long long)max_message_bytes);
    const char *const settings[][2] = {
        {"message.timestamp.type", clock}, {"retention.ms", "-1"},
        {"retention.bytes", "-1"},         {"cleanup.policy", "delete"},
        {"max.message.bytes", most_bytes},
    };
    rd_kafka_t *client = NULL;
    int status = mneme_kafka_admin(&client, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        (void)rd_kafka_ConfigResource_set_config(resource, settings[i][0], settings[i][1]);
    }
    rd_kafka_AlterConfigs(client, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ASK_TIMEOUT_MS);
    rd_kafka_resp_err_t code = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t count = 0;
        const rd_kafka_ConfigResource_t **resources =
            rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
        code = count == 1 ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = mneme_kafka_error(error, "cannot set the clock of topic", name, code, NULL);
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
    return status;
}

static int find_topic(struct mneme_kafka_topic_facts *facts, const char *name,
                      const struct mneme_config *config, struct mneme_error *error) {
    rd_kafka_t *client = NULL;
    int status = mneme_kafka_admin(&client, config, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_topic_facts(facts, client, name, ASK_TIMEOUT_MS, error);
        rd_kafka_destroy(client);
    }
    if (status == MNEME_OK && !facts->has_settings) {
        status =
            mneme_error_set(error, MNEME_E_UNAVAILABLE,
                            "nothing was copied: the settings of topic %s could not be read; ask for the "
                            "right to describe and alter it, or check that the brokers have a controller",
                            name);
    }
    return status;
}

/* A setting is known to the brokers a moment after it is set. */
static int wait_for_clock(const char *name, const struct mneme_config *config, bool is_log_append_time,
                          struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts;
    int64_t deadline = mneme_clock_monotonic_micros() + ASK_TIMEOUT_MS * INT64_C(1000);
    int status;
    do {
        status = find_topic(&facts, name, config, error);
        if (status == MNEME_OK && facts.is_log_append_time == is_log_append_time) {
            return MNEME_OK;
        }
        mneme_clock_pause(POLL_MS * 1000);
    } while (status == MNEME_OK && mneme_clock_monotonic_micros() < deadline);
    return status != MNEME_OK
               ? status
               : mneme_error_set(
                     error, MNEME_E_UNAVAILABLE,
                     "the clock of topic %s could not be set: the brokers do not show it; run this "
                     "again",
                     name);
}

static int count_records(int64_t *count, const char *name, int32_t partitions,
                         const struct mneme_config *config, struct mneme_error *error) {
    rd_kafka_t *client = NULL;
    int status = mneme_kafka_admin(&client, config, error);
    *count = 0;
    for (int32_t p = 0; p < partitions && status == MNEME_OK; p++) {
        int64_t low;
        int64_t high;
        rd_kafka_resp_err_t code =
            rd_kafka_query_watermark_offsets(client, name, p, &low, &high, ASK_TIMEOUT_MS);
        status = code == RD_KAFKA_RESP_ERR_NO_ERROR
                     ? MNEME_OK
                     : mneme_kafka_error(error, "cannot read topic", name, code, NULL);
        *count += status == MNEME_OK ? high : 0;
    }
    if (client != NULL) {
        rd_kafka_destroy(client);
    }
    return status;
}

/* A topic that is there: an unfinished copy, or one that is still empty. */
static int take_topic(bool *is_new, const struct mneme_kafka_topic_facts *facts, const char *name,
                      const struct mneme_config *config, struct mneme_error *error) {
    int64_t partitions = mneme_config_long(config, MNEME_SETTING_TOPIC_PARTITIONS);
    int64_t count = 0;
    int status = MNEME_OK;
    *is_new = facts->is_log_append_time;
    if (facts->is_log_append_time) {
        status = count_records(&count, name, facts->partitions, config, error);
    }
    if (status == MNEME_OK && (facts->partitions != partitions || count > 0)) {
        status = mneme_error_set(
            error, MNEME_E_UNSAFE,
            "nothing was copied: topic %s exists, has %d partitions%s and is not an unfinished copy with "
            "%lld; give another prefix with --to, or delete that topic if nobody needs it",
            name, (int)facts->partitions, count > 0 ? ", records by the broker's clock," : "",
            (long long)partitions);
    }
    return status;
}

int mneme_repartition_make_topic(const char *name, const char *source, const struct mneme_config *config,
                                 struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts;
    struct mneme_error missing = {0};
    bool is_new = false;
    int status = find_topic(&facts, name, config, &missing);
    if (status == MNEME_OK) {
        status = take_topic(&is_new, &facts, name, config, error);
    } else if (status == MNEME_E_NOT_FOUND) {
        is_new = true;
        status = mneme_kafka_topic_ensure(NULL, name, config, false, error);
    } else {
        return mneme_error_set(error, (enum mneme_status)status, "%s", missing.message);
    }
    if (status != MNEME_OK || !is_new) {
        return status;
    }
    status = find_topic(&facts, source, config, error);
    if (status == MNEME_OK) {
        status = alter(name, config, "CreateTime", facts.max_message_bytes, error);
    }
    return status == MNEME_OK ? wait_for_clock(name, config, false, error) : status;
}

int mneme_repartition_finish_topic(const char *name, const struct mneme_config *config,
                                   struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts;
    int status = find_topic(&facts, name, config, error);
    if (status == MNEME_OK) {
        status = alter(name, config, "LogAppendTime", facts.max_message_bytes, error);
    }
    return status == MNEME_OK ? wait_for_clock(name, config, true, error) : status;
}

/* --- writing --- */

static void note_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    struct mneme_repartition_writer *writer = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && writer->failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        writer->failure = message->err;
    }
}

int mneme_repartition_open_writer(struct mneme_repartition_writer **out, const char *topic,
                                  const struct mneme_config *config, struct mneme_error *error) {
    static const char *const properties[][2] = {
        {"enable.idempotence", "true"}, {"linger.ms", "20"}, {"message.max.bytes", "100000000"}};
    rd_kafka_conf_t *conf = NULL;
    struct mneme_repartition_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the topic was not copied: out of memory");
    }
    snprintf(writer->name, sizeof writer->name, "%s", topic);
    int status = mneme_kafka_conf(&conf, config, "repartition", error);
    for (size_t i = 0; i < sizeof properties / sizeof properties[0] && status == MNEME_OK; i++) {
        status = mneme_kafka_conf_set(conf, properties[i][0], properties[i][1], error);
    }
    char reason[256];
    if (status == MNEME_OK) {
        rd_kafka_conf_set_opaque(conf, writer);
        rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
        writer->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
        if (writer->client == NULL) {
            status = mneme_error_set(error, MNEME_E_USAGE,
                                     "cannot set up the Kafka client: %s; check MNEME_KAFKA_OPTIONS", reason);
        }
    }
    if (status == MNEME_OK) {
        writer->topic = rd_kafka_topic_new(writer->client, topic, NULL);
        if (writer->topic == NULL) {
            status = mneme_kafka_error(error, "cannot write to topic", topic, rd_kafka_last_error(), NULL);
        }
    } else if (conf != NULL) {
        rd_kafka_conf_destroy(conf);
    }
    if (status != MNEME_OK) {
        mneme_repartition_close_writer(writer);
        return status;
    }
    *out = writer;
    return MNEME_OK;
}

static int failed(const struct mneme_repartition_writer *writer, rd_kafka_resp_err_t code,
                  struct mneme_error *error) {
    return mneme_kafka_error(error, "cannot write to topic", writer->name, code, NULL);
}

int mneme_repartition_write(struct mneme_repartition_writer *writer, int32_t partition,
                            const struct mneme_batch_item *item, struct mneme_error *error) {
    char source[48];
    int len = snprintf(source, sizeof source, "%d:%lld", (int)item->position.partition,
                       (long long)item->position.offset);
    rd_kafka_resp_err_t code;
    do {
        code = rd_kafka_producev(
            writer->client, RD_KAFKA_V_RKT(writer->topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(item->key.data, item->key.len),
            RD_KAFKA_V_VALUE((void *)item->value.data, item->value.len),
            RD_KAFKA_V_TIMESTAMP(item->recorded_at / 1000),
            RD_KAFKA_V_HEADER(MNEME_LOG_SOURCE_HEADER, source, (ssize_t)len), RD_KAFKA_V_END);
        (void)rd_kafka_poll(writer->client, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? POLL_MS : 0);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && writer->failure == RD_KAFKA_RESP_ERR_NO_ERROR);
    code = writer->failure != RD_KAFKA_RESP_ERR_NO_ERROR ? writer->failure : code;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? MNEME_OK : failed(writer, code, error);
}

int mneme_repartition_flush(struct mneme_repartition_writer *writer, struct mneme_error *error) {
    rd_kafka_resp_err_t code = rd_kafka_flush(writer->client, FLUSH_MS);
    code = writer->failure != RD_KAFKA_RESP_ERR_NO_ERROR ? writer->failure : code;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? MNEME_OK : failed(writer, code, error);
}

void mneme_repartition_close_writer(struct mneme_repartition_writer *writer) {
    if (writer == NULL) {
        return;
    }
    if (writer->topic != NULL) {
        rd_kafka_topic_destroy(writer->topic);
    }
    if (writer->client != NULL) {
        (void)rd_kafka_purge(writer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(writer->client);
    }
    free(writer);
}
