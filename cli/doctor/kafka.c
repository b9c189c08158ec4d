/*
 * Kafka: the client library and how it takes the settings, the brokers' version, the topics, the permission
 * to see consumer groups, and the brokers' clock as far as the log shows it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor/doctor.h"
#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "producers/topics.h"

#define MIN_LIBRARY 0x020002ff /* 2.0.2 */
#define MAX_WARNING_BYTES 256

/* --- the client --- */

/* Notes the client's warnings about properties while it is created, on this thread. */
static void note_warning(const rd_kafka_t *client, int level, const char *facility, const char *line) {
    char *warning = rd_kafka_opaque(client);
    (void)level;
    if (warning != NULL && strcmp(facility, "CONFWARN") == 0 && warning[0] == '\0') {
        const char *text = strstr(line, "]: "); /* after the thread's name */
        snprintf(warning, MAX_WARNING_BYTES, "%s", text == NULL ? line : text + 3);
    }
}

/* A client for questions to the brokers; NULL when it cannot be created, which is reported. */
static rd_kafka_t *open_client(struct mneme_doctor *doctor) {
    char warning[MAX_WARNING_BYTES] = "";
    char reason[256];
    rd_kafka_conf_t *conf = NULL;
    struct mneme_error error = {0};
    bool is_old = rd_kafka_version() < MIN_LIBRARY;
    mneme_doctor_report(doctor, is_old ? MNEME_FINDING_FAILED : MNEME_FINDING_OK, "librdkafka version",
                        is_old ? "install librdkafka 2.0.2 or later" : NULL, "%s", rd_kafka_version_str());
    if (mneme_kafka_conf(&conf, doctor->config, "doctor", &error) != MNEME_OK) {
        return NULL; /* reported with the settings */
    }
    rd_kafka_conf_set_log_cb(conf, note_warning);
    rd_kafka_conf_set_opaque(conf, warning);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        mneme_doctor_report(doctor, MNEME_FINDING_FAILED, "kafka client", "check MNEME_KAFKA_OPTIONS", "%s",
                            reason);
    } else if (warning[0] != '\0') {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "kafka client", "check MNEME_KAFKA_OPTIONS", "%s",
                            warning);
    }
    return client;
}

/* --- brokers --- */

/* A setting of the broker, if the broker reports it; false when its settings may not be read. */
static bool describe_broker(char *value, size_t bytes, rd_kafka_t *client, int32_t broker, const char *name,
                            int timeout_ms) {
    char id[16];
    size_t count = 0;
    bool may_read = false;
    snprintf(id, sizeof id, "%d", (int)broker);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, id);
    rd_kafka_DescribeConfigs(client, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);
    if (event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const rd_kafka_ConfigResource_t **found =
            rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
        may_read = count == 1 && rd_kafka_ConfigResource_error(found[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
        const rd_kafka_ConfigEntry_t **entries =
            may_read ? rd_kafka_ConfigResource_configs(found[0], &count) : NULL;
        for (size_t i = 0; may_read && i < count; i++) {
            const char *text = rd_kafka_ConfigEntry_value(entries[i]);
            if (text != NULL && strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0) {
                snprintf(value, bytes, "%s", text);
            }
        }
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    return may_read;
}

/* Brokers reveal their version in a setting that 4.0 removed. */
static void check_brokers(struct mneme_doctor *doctor, rd_kafka_t *client) {
    const struct rd_kafka_metadata *metadata = NULL;
    char version[64] = "";
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, NULL, &metadata, (int)doctor->timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->broker_cnt == 0) {
        struct mneme_error error = {0};
        mneme_kafka_error(&error, "cannot list the brokers", NULL, code, NULL);
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "kafka brokers", &error);
        return;
    }
    int brokers = metadata->broker_cnt;
    bool may_read = describe_broker(version, sizeof version, client, metadata->brokers[0].id,
                                    "inter.broker.protocol.version", (int)doctor->timeout_ms);
    rd_kafka_metadata_destroy(metadata);
    mneme_doctor_report(doctor, MNEME_FINDING_OK, "kafka brokers", NULL, "%d, version %s", brokers,
                        version[0] != '\0' ? version
                        : may_read         ? "4.0 or later"
                                           : "unknown: this login may not read their settings");
    int64_t copies = mneme_config_long(doctor->config, MNEME_SETTING_TOPIC_REPLICATION);
    if (copies > brokers) {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "kafka brokers", "lower it, or add brokers",
                            "MNEME_TOPIC_REPLICATION is %lld, more than the number of brokers",
                            (long long)copies);
    }
}

/* --- topics and groups --- */

static void report_topic(struct mneme_doctor *doctor, const struct mneme_topic_state *state) {
    char check[MNEME_TOPIC_NAME_BYTES + 8];
    bool fits = true;
    snprintf(check, sizeof check, "topic %s", state->name);
    for (size_t i = 0; i < state->finding_count; i++) {
        const struct mneme_topic_finding *finding = &state->findings[i];
        if (!finding->fits) {
            fits = false;
            mneme_doctor_report(doctor, MNEME_FINDING_FAILED, check, finding->why,
                                "%s is %s, and should be %s", finding->name, finding->actual,
                                finding->wanted);
        }
    }
    if (fits) {
        mneme_doctor_report(doctor, MNEME_FINDING_OK, check, NULL, "it is as it should be");
    }
}

static void check_topics(struct mneme_doctor *doctor) {
    struct mneme_topic_state state;
    struct mneme_error error = {0};
    size_t count = 0;
    if (mneme_topic_check(&state, doctor->config, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "topics", &error);
        return;
    }
    report_topic(doctor, &state);
    struct mneme_topic_state *records = calloc(MNEME_TOPIC_MAX_EMBEDDINGS, sizeof *records);
    if (records != NULL &&
        mneme_topic_check_embeddings(records, &count, doctor->config, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "topics", &error);
    }
    for (size_t i = 0; i < count; i++) {
        report_topic(doctor, &records[i]);
    }
    free(records);
}

static void check_groups(struct mneme_doctor *doctor, struct mneme_log_probe *log) {
    char group[MNEME_TOPIC_NAME_BYTES + 32];
    struct mneme_group_facts facts;
    struct mneme_error error = {0};
    snprintf(group, sizeof group, "%s%s", mneme_config_string(doctor->config, MNEME_SETTING_TOPIC_PREFIX),
             mneme_projections[MNEME_PROJECTION_POSTGRES].name);
    if (mneme_group_facts_read(&facts, log, group, (int)doctor->timeout_ms, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "kafka permissions", &error);
        return;
    }
    mneme_doctor_report(doctor, MNEME_FINDING_OK, "kafka permissions", NULL, "consumer groups may be read");
}

/* --- the clock --- */

/* Brokers show their time only in what they append: a newest event from the future proves that a clock is
 * ahead, one from the past proves nothing. */
static void check_clock(struct mneme_doctor *doctor, struct mneme_log_probe *log) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_log_ends ends;
    struct mneme_opt_long newest = {0};
    struct mneme_error error = {0};
    if (mneme_kafka_events_topic(topic, doctor->config, &error) != MNEME_OK ||
        mneme_log_ends_read(&ends, log, topic, (int)doctor->timeout_ms, &error) != MNEME_OK) {
        return; /* reported with the topics */
    }
    int64_t *offsets = calloc((size_t)ends.partition_count, sizeof *offsets);
    int64_t deadline = mneme_clock_monotonic_micros() + doctor->timeout_ms * 1000;
    for (int32_t p = 0; offsets != NULL && p < ends.partition_count; p++) {
        struct mneme_opt_long found = {0};
        int64_t left_ms = (deadline - mneme_clock_monotonic_micros()) / 1000;
        for (int32_t i = 0; i < ends.partition_count; i++) {
            offsets[i] = i == p && ends.end_offsets[i] > ends.first_offsets[i] ? ends.end_offsets[i] - 1 : -1;
        }
        if (left_ms > 0 && offsets[p] >= 0 &&
            mneme_log_oldest_time(&found, log, topic, offsets, ends.partition_count, (int)left_ms, &error) ==
                MNEME_OK &&
            found.is_set && (!newest.is_set || found.value > newest.value)) {
            newest = found;
        }
    }
    int64_t now = mneme_clock_now_micros();
    if (newest.is_set && newest.value > now) {
        mneme_doctor_report_clock(doctor, "kafka clock", newest.value, now, now);
    } else {
        mneme_doctor_report(doctor, MNEME_FINDING_OK, "kafka clock", NULL, "%s",
                            newest.is_set ? "no event is from the future"
                                          : "cannot be checked: the log is empty");
    }
    free(offsets);
    mneme_log_ends_clean_up(&ends);
}

void mneme_doctor_check_kafka(struct mneme_doctor *doctor, struct mneme_log_probe *log) {
    rd_kafka_t *client = open_client(doctor);
    if (client == NULL) {
        return;
    }
    check_brokers(doctor, client);
    rd_kafka_destroy(client);
    check_topics(doctor);
    check_groups(doctor, log);
    check_clock(doctor, log);
}
