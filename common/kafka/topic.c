/*
 * The facts of a topic. A short-lived client with the same configuration asks for them: it uses our
 * callbacks, so that refused credentials are noticed at once, where the caller's client would only time out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"

#define MOST_ROOM_BYTES (64 * 1024) /* for what a projection adds to an event */
#define SLICE_MS 200

/* Errors seen by the client's error callback, which runs within rd_kafka_poll, on our thread. */
struct probe {
    rd_kafka_t *client;
    rd_kafka_resp_err_t refusal; /* of credentials, or 0 */
    bool is_hasty;               /* do not wait for brokers that refuse connections */
    bool are_all_down;
    char reason[256];
};

static void note_error(rd_kafka_t *client, int code, const char *reason, void *opaque) {
    (void)client;
    struct probe *probe = opaque;
    rd_kafka_resp_err_t err = (rd_kafka_resp_err_t)code;
    if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL) {
        probe->refusal = err;
    }
    probe->are_all_down = probe->are_all_down || err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    /* "All brokers down" says less than why the last one is down. */
    if (err != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || probe->reason[0] == '\0') {
        snprintf(probe->reason, sizeof probe->reason, "%s", reason);
    }
}

static void drop_log(const rd_kafka_t *client, int level, const char *facility, const char *line) {
    (void)client;
    (void)level;
    (void)facility;
    (void)line;
}

static int open_probe(struct probe *probe, rd_kafka_t *model, struct mneme_error *error) {
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(rd_kafka_conf(model));
    rd_kafka_conf_set_events(conf, 0); /* callbacks instead */
    rd_kafka_conf_set_opaque(conf, probe);
    rd_kafka_conf_set_error_cb(conf, note_error);
    rd_kafka_conf_set_log_cb(conf, drop_log);
    rd_kafka_conf_set_stats_cb(conf, NULL);
    rd_kafka_conf_set_throttle_cb(conf, NULL);
    int status = mneme_kafka_conf_set(conf, "enable.idempotence", "false", error);
    if (status == MNEME_OK) {
        char reason[256];
        probe->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
        if (probe->client != NULL) {
            return MNEME_OK;
        }
        status = mneme_error_set(error, MNEME_E_USAGE,
                                 "cannot set up the Kafka client: %s; check MNEME_KAFKA_OPTIONS", reason);
    }
    rd_kafka_conf_destroy(conf);
    return status;
}

static int left_ms(int64_t deadline) {
    int64_t left = (deadline - mneme_clock_monotonic_micros()) / 1000;
    return left < 1 ? 1 : (int)left;
}

static int read_partitions(struct mneme_kafka_topic_facts *out, struct probe *probe, const char *topic,
                           int64_t deadline, struct mneme_error *error) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(probe->client, topic, NULL);
    if (handle == NULL) {
        return mneme_kafka_error(error, "cannot read topic", topic, rd_kafka_last_error(), NULL);
    }
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code;
    do {
        int left = left_ms(deadline);
        code = rd_kafka_metadata(probe->client, 0, handle, &metadata, left < SLICE_MS ? left : SLICE_MS);
        rd_kafka_poll(probe->client, 0);
    } while (code != RD_KAFKA_RESP_ERR_NO_ERROR && probe->refusal == RD_KAFKA_RESP_ERR_NO_ERROR &&
             !(probe->is_hasty && probe->are_all_down) && mneme_clock_monotonic_micros() < deadline);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        bool is_refused = probe->refusal != RD_KAFKA_RESP_ERR_NO_ERROR;
        return mneme_kafka_error(error, "cannot read topic", topic, is_refused ? probe->refusal : code,
                                 probe->reason);
    }
    int status = MNEME_OK;
    if (metadata->topic_cnt != 1) {
        status = mneme_kafka_error(error, "cannot read topic", topic, RD_KAFKA_RESP_ERR__BAD_MSG, NULL);
    } else if (metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR ||
               metadata->topics[0].err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
        out->partitions = metadata->topics[0].partition_cnt;
        out->replication = out->partitions > 0 ? metadata->topics[0].partitions[0].replica_cnt : 0;
    } else {
        status = mneme_kafka_error(error, "cannot read topic", topic, metadata->topics[0].err, NULL);
    }
    rd_kafka_metadata_destroy(metadata);
    return status;
}

static void take_entry(struct mneme_kafka_topic_facts *out, const char *name, const char *value) {
    if (strcmp(name, "max.message.bytes") == 0) {
        out->max_message_bytes = strtoll(value, NULL, 10);
    } else if (strcmp(name, "retention.ms") == 0) {
        out->retention_ms = strtoll(value, NULL, 10);
    } else if (strcmp(name, "retention.bytes") == 0) {
        out->retention_bytes = strtoll(value, NULL, 10);
    } else if (strcmp(name, "cleanup.policy") == 0) {
        out->is_compacted = strstr(value, "compact") != NULL;
    } else if (strcmp(name, "message.timestamp.type") == 0) {
        out->is_log_append_time = strcmp(value, "LogAppendTime") == 0;
    }
}

/* A missing permission that mere publishers do not need, or a missing controller that partition leaders do
 * not need. */
static bool is_expected(rd_kafka_resp_err_t code) {
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR__TIMED_OUT};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

static int take_settings(struct mneme_kafka_topic_facts *out, rd_kafka_event_t *event, const char *topic,
                         struct mneme_error *error) {
    size_t count = 0;
    const rd_kafka_DescribeConfigs_result_t *result =
        event == NULL ? NULL : rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_ConfigResource_t **resources =
        result == NULL ? NULL : rd_kafka_DescribeConfigs_result_resources(result, &count);
    rd_kafka_resp_err_t code = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = count == 1 ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    }
    if (is_expected(code)) {
        return MNEME_OK;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot read the settings of topic", topic, code, NULL);
    }
    out->has_settings = true;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != NULL) {
            take_entry(out, rd_kafka_ConfigEntry_name(entries[i]), value);
        }
    }
    return MNEME_OK;
}

static int read_settings(struct mneme_kafka_topic_facts *out, struct probe *probe, const char *topic,
                         int64_t deadline, struct mneme_error *error) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(probe->client);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_DescribeConfigs(probe->client, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, left_ms(deadline));
    int status = take_settings(out, event, topic, error);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    return status;
}

int64_t mneme_kafka_max_event_bytes(int64_t max_message_bytes) {
    int64_t room = max_message_bytes / 16;
    return max_message_bytes - MNEME_KAFKA_RECORD_OVERHEAD_BYTES -
           (room < MOST_ROOM_BYTES ? room : MOST_ROOM_BYTES);
}

static int read_facts(struct mneme_kafka_topic_facts *out, rd_kafka_t *client, const char *topic,
                      int timeout_ms, bool is_hasty, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)timeout_ms * 1000;
    struct probe probe = {.is_hasty = is_hasty};
    int status = open_probe(&probe, client, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_kafka_topic_facts facts = {0};
    status = read_partitions(&facts, &probe, topic, deadline, error);
    if (status == MNEME_OK) {
        status = read_settings(&facts, &probe, topic, deadline, error);
    }
    rd_kafka_destroy(probe.client);
    if (status == MNEME_OK) {
        *out = facts;
    }
    return status;
}

int mneme_kafka_topic_facts(struct mneme_kafka_topic_facts *out, rd_kafka_t *client, const char *topic,
                            int timeout_ms, struct mneme_error *error) {
    return read_facts(out, client, topic, timeout_ms, false, error);
}

int mneme_kafka_topic_facts_now(struct mneme_kafka_topic_facts *out, rd_kafka_t *client, const char *topic,
                                int timeout_ms, struct mneme_error *error) {
    return read_facts(out, client, topic, timeout_ms, true, error);
}
