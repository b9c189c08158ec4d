/*
 * Offsets are requested by the times "earliest" and "latest", for all partitions in one request per broker.
 */
#include "queries/log_ends.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"

#define FIRST_PAUSE_MS 20
#define LONGEST_PAUSE_MS 500

struct mneme_log_probe {
    rd_kafka_t *client;
    char brokers[256]; /* for messages */
};

int mneme_log_probe_open(struct mneme_log_probe **out, const struct mneme_config *config,
                         struct mneme_error *error) {
    *out = NULL;
    rd_kafka_conf_t *conf = NULL;
    struct mneme_log_probe *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the log was not read: memory is exhausted; free some");
    }
    int status = mneme_kafka_conf(&conf, config, "status", error);
    if (status != MNEME_OK) {
        free(reader);
        return status;
    }
    char reason[256];
    reader->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (reader->client == NULL) {
        rd_kafka_conf_destroy(conf);
        free(reader);
        return mneme_error_set(error, MNEME_E_USAGE, "the log was not read: %s; correct the Kafka settings",
                               reason);
    }
    snprintf(reader->brokers, sizeof reader->brokers, "%s",
             mneme_config_string(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS));
    *out = reader;
    return MNEME_OK;
}

void mneme_log_probe_close(struct mneme_log_probe *reader) {
    if (reader != NULL) {
        rd_kafka_destroy(reader->client);
        free(reader);
    }
}

/* A topic that was just created, or whose leader is moving, answers like this for a moment. */
static bool is_passing(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/* One request to each broker that leads some of the partitions. */
static rd_kafka_resp_err_t ask_offsets(int64_t *offsets, rd_kafka_t *client, const char *topic,
                                       int32_t partitions, int64_t which, int timeout_ms) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = which;
    }
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client, list, timeout_ms);
    for (int32_t i = 0; i < partitions && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        code = list->elems[i].err;
        offsets[list->elems[i].partition] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

static int read_offsets(int64_t *offsets, rd_kafka_t *client, const char *topic, int32_t partitions,
                        int64_t which, int timeout_ms, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + timeout_ms * INT64_C(1000);
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    rd_kafka_resp_err_t code = ask_offsets(offsets, client, topic, partitions, which, timeout_ms);
    while (is_passing(code) && mneme_clock_monotonic_micros() < deadline) {
        mneme_clock_pause(mneme_backoff_next_ms(&backoff) * 1000);
        code = ask_offsets(offsets, client, topic, partitions, which, timeout_ms);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot read the offsets", topic, code, NULL);
    }
    return MNEME_OK;
}

int mneme_log_ends_read(struct mneme_log_ends *out, struct mneme_log_probe *reader, const char *topic,
                        int timeout_ms, struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts;
    *out = (struct mneme_log_ends){0};
    int status = mneme_kafka_topic_facts(&facts, reader->client, topic, timeout_ms, error);
    if (status != MNEME_OK) {
        return status;
    }
    out->partition_count = facts.partitions;
    out->first_offsets = calloc((size_t)facts.partitions, sizeof *out->first_offsets);
    out->end_offsets = calloc((size_t)facts.partitions, sizeof *out->end_offsets);
    if (out->first_offsets == NULL || out->end_offsets == NULL) {
        status =
            mneme_error_set(error, MNEME_E_NO_MEMORY, "the log was not read: memory is exhausted; free some");
    }
    if (status == MNEME_OK) {
        status = read_offsets(out->first_offsets, reader->client, topic, facts.partitions,
                              RD_KAFKA_OFFSET_BEGINNING, timeout_ms, error);
    }
    if (status == MNEME_OK) {
        status = read_offsets(out->end_offsets, reader->client, topic, facts.partitions, RD_KAFKA_OFFSET_END,
                              timeout_ms, error);
    }
    if (status != MNEME_OK) {
        mneme_log_ends_clean_up(out);
    }
    return status;
}

void mneme_log_ends_clean_up(struct mneme_log_ends *ends) {
    free(ends->first_offsets);
    free(ends->end_offsets);
    *ends = (struct mneme_log_ends){0};
}

int mneme_log_probe_check(struct mneme_log_probe *probe, int timeout_ms, struct mneme_error *error) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *none = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(probe->client, 0, none, &metadata, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot reach the brokers", probe->brokers, code, NULL);
    }
    rd_kafka_metadata_destroy(metadata);
    return MNEME_OK;
}

/* Takes one message of each partition that was started; *micros is the oldest time among them. */
static void take_times(struct mneme_opt_long *micros, rd_kafka_topic_t *topic, rd_kafka_queue_t *queue,
                       bool *is_started, int32_t started, int64_t deadline) {
    while (started > 0) {
        int64_t left_ms = (deadline - mneme_clock_monotonic_micros()) / 1000;
        rd_kafka_message_t *message = left_ms <= 0 ? NULL : rd_kafka_consume_queue(queue, (int)left_ms);
        if (message == NULL) {
            return;
        }
        int32_t partition = message->partition;
        rd_kafka_timestamp_type_t kind;
        int64_t time = rd_kafka_message_timestamp(message, &kind) * 1000;
        if (message->rkt == topic && partition >= 0 && is_started[partition]) {
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE &&
                (!micros->is_set || time < micros->value)) {
                *micros = (struct mneme_opt_long){time, true};
            }
            (void)rd_kafka_consume_stop(topic, partition);
            is_started[partition] = false;
            started--;
        }
        rd_kafka_message_destroy(message);
    }
}

int mneme_log_oldest_time(struct mneme_opt_long *micros, struct mneme_log_probe *probe,
                          const char *topic_name, const int64_t *offsets, int32_t partitions, int timeout_ms,
                          struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + timeout_ms * INT64_C(1000);
    *micros = (struct mneme_opt_long){0};
    bool *is_started = calloc((size_t)partitions + 1, sizeof *is_started);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(probe->client);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(probe->client, topic_name, NULL);
    int32_t started = 0;
    int status = MNEME_OK;
    if (is_started == NULL || topic == NULL) {
        status =
            mneme_error_set(error, MNEME_E_NO_MEMORY, "the log was not read: memory is exhausted; free some");
    }
    for (int32_t p = 0; p < partitions && status == MNEME_OK; p++) {
        if (offsets[p] < 0) {
            continue;
        }
        if (rd_kafka_consume_start_queue(topic, p, offsets[p], queue) != 0) {
            status = mneme_kafka_error(error, "cannot read the log", topic_name, rd_kafka_last_error(), NULL);
        } else {
            is_started[p] = true;
            started++;
        }
    }
    if (status == MNEME_OK) {
        take_times(micros, topic, queue, is_started, started, deadline);
    }
    for (int32_t p = 0; is_started != NULL && p < partitions; p++) {
        if (is_started[p]) {
            (void)rd_kafka_consume_stop(topic, p);
        }
    }
    if (topic != NULL) {
        rd_kafka_topic_destroy(topic);
    }
    rd_kafka_queue_destroy(queue);
    free(is_started);
    return status;
}

int mneme_group_facts_read(struct mneme_group_facts *out, struct mneme_log_probe *reader, const char *group,
                           int timeout_ms, struct mneme_error *error) {
    const struct rd_kafka_group_list *list = NULL;
    *out = (struct mneme_group_facts){.state = "Dead"};
    rd_kafka_resp_err_t code = rd_kafka_list_groups(reader->client, group, &list, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTIAL) {
        return mneme_kafka_error(error, "cannot read the consumer group", group, code, NULL);
    }
    for (int i = 0; i < list->group_cnt; i++) {
        if (strcmp(list->groups[i].group, group) == 0) {
            snprintf(out->state, sizeof out->state, "%s", list->groups[i].state);
            out->workers = list->groups[i].member_cnt;
        }
    }
    rd_kafka_group_list_destroy(list);
    return MNEME_OK;
}
