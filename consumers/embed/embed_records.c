/*
 * An idempotent producer. After a failed delivery it is discarded and made again, so that nothing of a failed
 * batch can arrive after the batch that replaced it.
 */
#include "consumers/embed/embed_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "consumers/log/batch.h"

#define DELIVERY_TIMEOUT_MS 15000 /* within the time that a transaction of Postgres may wait */
#define SLICE_MS 100

/* Of a batch of one record with its header. */
#define RECORD_OVERHEAD_BYTES (MNEME_KAFKA_RECORD_OVERHEAD_BYTES + 100)

struct mneme_embed_records {
    const struct mneme_config *config;
    char topic[MNEME_TOPIC_NAME_BYTES];
    int64_t max_message_bytes;
    rd_kafka_t *producer; /* NULL: none, or thrown away */
    /* Of the records since the last flush; moved by the callback, on our thread. */
    size_t added, delivered;
    rd_kafka_resp_err_t failure;
};

static void note_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    struct mneme_embed_records *records = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        records->delivered++;
    } else {
        records->failure = message->err;
    }
}

int mneme_embed_records_open(struct mneme_embed_records **out, const struct mneme_config *config,
                             const char *topic, int64_t max_message_bytes, struct mneme_error *error) {
    struct mneme_embed_records *records = calloc(1, sizeof *records);
    if (records == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "embeddings cannot be written: memory is exhausted; free some");
    }
    records->config = config;
    records->max_message_bytes =
        max_message_bytes > 0 ? max_message_bytes : MNEME_KAFKA_USUAL_MAX_MESSAGE_BYTES;
    (void)snprintf(records->topic, sizeof records->topic, "%s", topic);
    *out = records;
    return MNEME_OK;
}

void mneme_embed_records_drop(struct mneme_embed_records *records) {
    if (records->producer != NULL && records->added > 0) {
        rd_kafka_purge(records->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(records->producer);
        records->producer = NULL;
    }
    records->added = records->delivered = 0;
    records->failure = RD_KAFKA_RESP_ERR_NO_ERROR;
}

void mneme_embed_records_close(struct mneme_embed_records *records) {
    if (records != NULL) {
        mneme_embed_records_drop(records);
        if (records->producer != NULL) {
            rd_kafka_destroy(records->producer);
        }
        free(records);
    }
}

/* Half of the time after which the group gives up a silent worker. */
static long delivery_timeout_ms(const struct mneme_config *config) {
    long session_ms = (long)mneme_config_long(config, MNEME_SETTING_SESSION_TIMEOUT_MS);
    return session_ms / 2 < DELIVERY_TIMEOUT_MS ? session_ms / 2 : DELIVERY_TIMEOUT_MS;
}

static int ensure(struct mneme_embed_records *records, struct mneme_error *error) {
    static const char *const settings[][2] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"partitioner", "murmur2"},
        {"compression.codec", "lz4"},
        {"batch.num.messages", "1000000"},
        {"batch.size", "2147483647"},
        {"queue.buffering.max.messages", "0"},
    };
    /* Nothing leaves before the flush; and what did not leave while the group could take this worker for
     * alive never does: others may have written newer records by then. */
    long timeout_ms = delivery_timeout_ms(records->config);
    char linger[24];
    char most_bytes[24];
    (void)snprintf(most_bytes, sizeof most_bytes, "%" PRId64, records->max_message_bytes);
    char timeout[24];
    (void)snprintf(linger, sizeof linger, "%ld", timeout_ms / 2);
    (void)snprintf(timeout, sizeof timeout, "%ld", timeout_ms);
    rd_kafka_conf_t *conf = NULL;
    if (records->producer != NULL) {
        return MNEME_OK;
    }
    int status =
        mneme_kafka_conf(&conf, records->config, mneme_projections[MNEME_PROJECTION_EMBED].name, error);
    for (size_t i = 0; status == MNEME_OK && i < sizeof settings / sizeof settings[0]; i++) {
        status = mneme_kafka_conf_set(conf, settings[i][0], settings[i][1], error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_conf_set(conf, "delivery.timeout.ms", timeout, error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_conf_set(conf, "linger.ms", linger, error);
    }
    if (status == MNEME_OK) { /* neither a record nor a batch of them may be larger than the topic takes */
        status = mneme_kafka_conf_set(conf, "message.max.bytes", most_bytes, error);
    }
    if (status != MNEME_OK) {
        if (conf != NULL) {
            rd_kafka_conf_destroy(conf);
        }
        return status;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
    rd_kafka_conf_set_opaque(conf, records);
    char reason[256];
    records->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (records->producer == NULL) {
        rd_kafka_conf_destroy(conf);
        return mneme_error_set(error, MNEME_E_USAGE,
                               "embeddings cannot be written: %s; check MNEME_KAFKA_OPTIONS", reason);
    }
    return MNEME_OK;
}

size_t mneme_embed_records_most_bytes(const struct mneme_embed_records *records) {
    return (size_t)records->max_message_bytes - RECORD_OVERHEAD_BYTES;
}

int mneme_embed_records_add(struct mneme_embed_records *records, struct mneme_str key, struct mneme_str value,
                            int64_t source_sequence, struct mneme_error *error) {
    char source[24];
    int source_len = snprintf(source, sizeof source, "%" PRId64, source_sequence);
    if (key.len + value.len > mneme_embed_records_most_bytes(records)) {
        return mneme_error_set(
            error, MNEME_E_UNSAFE,
            "cannot write embeddings to topic %s: the record of %.*s has %zu bytes, and the "
            "topic's max.message.bytes is %" PRId64
            "; raise it to %d with kafka-configs.sh --alter and start the worker again",
            records->topic, MNEME_STR_ARG(key), key.len + value.len, records->max_message_bytes,
            MNEME_KAFKA_RECORDS_MAX_MESSAGE_BYTES);
    }
    int status = ensure(records, error);
    if (status != MNEME_OK) {
        return status;
    }
    rd_kafka_resp_err_t code = rd_kafka_producev(
        records->producer, RD_KAFKA_V_TOPIC(records->topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key.data, key.len), RD_KAFKA_V_VALUE((void *)value.data, value.len),
        RD_KAFKA_V_HEADER(MNEME_LOG_SOURCE_HEADER, source, source_len), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot write embeddings to topic", records->topic, code, NULL);
    }
    records->added++;
    return MNEME_OK;
}

int mneme_embed_records_flush(struct mneme_embed_records *records, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)DELIVERY_TIMEOUT_MS * 1000;
    while (records->delivered < records->added && records->failure == RD_KAFKA_RESP_ERR_NO_ERROR &&
           mneme_clock_monotonic_micros() < deadline) {
        (void)rd_kafka_flush(records->producer, SLICE_MS); /* the callback gets the result */
    }
    if (records->delivered < records->added) {
        rd_kafka_resp_err_t code =
            records->failure != RD_KAFKA_RESP_ERR_NO_ERROR ? records->failure : RD_KAFKA_RESP_ERR__TIMED_OUT;
        int status = mneme_kafka_error(error, "cannot write embeddings to topic", records->topic, code, NULL);
        if (code == RD_KAFKA_RESP_ERR__FATAL) { /* of this producer, which is not used any more */
            status = mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s", error->message);
        }
        mneme_embed_records_drop(records);
        return status;
    }
    records->added = records->delivered = 0;
    return MNEME_OK;
}
