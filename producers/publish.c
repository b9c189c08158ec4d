/*
 * How an event gets from the caller to librdkafka: check, encode, find room, hand over. Also flushing and
 * closing.
 */
#include <errno.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "producers/client.h"

/* How often flushing checks whether its own events are settled although other threads' new events keep
 * librdkafka busy. */
#define FLUSH_SLICE_MS 20

/* How long closing waits for librdkafka to return purged events. */
#define PURGE_TIMEOUT_MS 2000

const char *mneme_version(void) {
    return MNEME_VERSION;
}

/* Leaves value and key of the message in the scratch buffers. */
static int encode(struct mneme_client *client, struct mneme_producer_scratch *scratch,
                  const struct mneme_event *event, struct mneme_error *error) {
    int status = mneme_event_validate(event, client->content_max_chars, error);
    if (status == MNEME_OK) {
        status = mneme_codec_encode(client->codec, event, &scratch->value, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    mneme_event_key(event, &scratch->key);
    if (scratch->value.failed || scratch->key.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the event was not published: out of memory; free some memory");
    }
    if (scratch->value.len + scratch->key.len > client->max_event_bytes) {
        return mneme_error_set(
            error, MNEME_E_TOO_LARGE,
            "the event was not published: it has %zu bytes, and at most %zu fit into topic %s, whose "
            "max.message.bytes is %lld, with room for what projections add; make it smaller, or raise that "
            "setting",
            scratch->value.len + scratch->key.len, client->max_event_bytes, client->topic_name,
            (long long)client->max_message_bytes);
    }
    return MNEME_OK;
}

static int hand_over(struct mneme_client *client, struct mneme_producer_scratch *scratch,
                     struct mneme_delivery *delivery, struct mneme_error *error) {
    /* The copy shares librdkafka's own allocation of the message: cheaper than a buffer handed over. */
    if (rd_kafka_produce(client->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, scratch->value.data,
                         scratch->value.len, scratch->key.data, scratch->key.len, delivery) == 0) {
        return MNEME_OK;
    }
    rd_kafka_resp_err_t code = rd_kafka_last_error();
    mneme_deliveries_settle(&client->deliveries, &delivery, 1);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        mneme_reporter_note_fatal(&client->reporter);
        return mneme_reporter_check(&client->reporter, error);
    }
    return mneme_kafka_error(error, "the event was not published to topic", client->topic_name, code, NULL);
}

static int queue_event(struct mneme_client *client, struct mneme_producer_scratch *scratch,
                       const struct mneme_event *event, mneme_delivery_fn *on_delivery, void *context,
                       struct mneme_error *error) {
    int status = encode(client, scratch, event, error);
    if (status == MNEME_OK) {
        status = mneme_reporter_check(&client->reporter, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    int wait_ms = client->block_ms;
    if (mneme_reporter_is_current(&client->reporter)) {
        /* This is the thread that makes room, so waiting would be useless: settles what it has reported
         * instead. */
        mneme_reporter_settle(&client->reporter);
        wait_ms = 0;
    }
    struct mneme_delivery *delivery = NULL;
    status = mneme_deliveries_admit(&delivery, &client->deliveries, scratch->value.len + scratch->key.len,
                                    event->event_id, on_delivery, context, wait_ms, error);
    return status != MNEME_OK ? status : hand_over(client, scratch, delivery, error);
}

static int take_scratch(struct mneme_producer_scratch **out, struct mneme_client *client,
                        struct mneme_error *error) {
    *out = mneme_producer_scratch_take(&client->scratch);
    if (*out == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the event was not published: out of memory; free some memory");
    }
    return MNEME_OK;
}

int mneme_publish(struct mneme_client *client, const struct mneme_event *event,
                  mneme_delivery_fn *on_delivery, void *context, struct mneme_error *error) {
    struct mneme_event with_stream;
    if (event->stream_id.data == NULL) {
        with_stream = *event;
        with_stream.stream_id = mneme_event_subject(event); /* no stream: the checks refuse the event */
        event = &with_stream;
    }
    struct mneme_producer_scratch *scratch = NULL;
    int status = take_scratch(&scratch, client, error);
    if (status == MNEME_OK) {
        status = queue_event(client, scratch, event, on_delivery, context, error);
        mneme_producer_scratch_give(&client->scratch, scratch);
    }
    return status;
}

int mneme_publish_json(struct mneme_client *client, struct mneme_str line, struct mneme_uuid *event_id,
                       char *stream_id, size_t stream_bytes, mneme_delivery_fn *on_delivery, void *context,
                       struct mneme_error *error) {
    struct mneme_producer_scratch *scratch = NULL;
    int status = take_scratch(&scratch, client, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_event event;
    status = mneme_event_from_json(&event, &scratch->arena, line,
                                   mneme_config_string(client->config, MNEME_SETTING_TENANT), error);
    if (status == MNEME_OK && stream_id != NULL && event.stream_id.len >= stream_bytes) {
        status = mneme_error_set(
            error, MNEME_E_USAGE,
            "the event was not published: stream_id has %zu bytes and the caller's buffer %zu; give "
            "a larger one",
            event.stream_id.len, stream_bytes);
    }
    if (status == MNEME_OK) {
        status = queue_event(client, scratch, &event, on_delivery, context, error);
    }
    if (status == MNEME_OK && event_id != NULL) {
        *event_id = event.event_id;
    }
    if (status == MNEME_OK && stream_id != NULL) {
        memcpy(stream_id, event.stream_id.data, event.stream_id.len);
        stream_id[event.stream_id.len] = '\0';
    }
    mneme_producer_scratch_give(&client->scratch, scratch);
    return status;
}

/* Whether all events up to the ticket are settled within timeout_ms (-1: no limit). Linger is skipped
 * meanwhile. */
static bool wait_for(struct mneme_client *client, uint64_t ticket, int timeout_ms) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)timeout_ms * 1000;
    while (!mneme_deliveries_wait(&client->deliveries, ticket, 0)) {
        int64_t left_ms =
            timeout_ms < 0 ? FLUSH_SLICE_MS : (deadline - mneme_clock_monotonic_micros()) / 1000;
        if (left_ms <= 0) {
            return false;
        }
        /* The result only says that more is under way, which is checked above. */
        (void)rd_kafka_flush(client->kafka, left_ms < FLUSH_SLICE_MS ? (int)left_ms : FLUSH_SLICE_MS);
        (void)mneme_deliveries_wait(&client->deliveries, ticket, 1);
    }
    return true;
}

static int refuse_in_callback(const struct mneme_client *client, const char *what,
                              struct mneme_error *error) {
    if (mneme_reporter_is_current(&client->reporter)) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot %s: a delivery callback may not wait for others; do it on another thread", what);
    }
    return MNEME_OK;
}

int mneme_flush(struct mneme_client *client, int timeout_ms, struct mneme_error *error) {
    int status = refuse_in_callback(client, "flush", error);
    if (status != MNEME_OK) {
        return status;
    }
    uint64_t ticket = mneme_deliveries_last_ticket(&client->deliveries);
    if (!wait_for(client, ticket, timeout_ms)) {
        return mneme_error_set(
            error, MNEME_E_TIMEOUT,
            "cannot flush: the brokers did not acknowledge %zu events within %d ms; wait longer, or "
            "check that the brokers run",
            mneme_deliveries_count(&client->deliveries, ticket), timeout_ms);
    }
    return MNEME_OK;
}

int mneme_close(struct mneme_client *client, int timeout_ms, struct mneme_error *error) {
    if (client == NULL) {
        return MNEME_OK;
    }
    int status = refuse_in_callback(client, "close", error);
    if (status != MNEME_OK) {
        return status;
    }
    if (!wait_for(client, UINT64_MAX, timeout_ms)) {
        status =
            mneme_error_set(error, MNEME_E_TIMEOUT,
                            "closed too early: the brokers did not acknowledge %zu events within %d ms; wait "
                            "longer, or check that the brokers run",
                            mneme_deliveries_count(&client->deliveries, UINT64_MAX), timeout_ms);
        /* Each purged event is reported; events that librdkafka does not return are reported when the thread
         * ends. */
        (void)rd_kafka_purge(client->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)mneme_deliveries_wait(&client->deliveries, UINT64_MAX, PURGE_TIMEOUT_MS);
    }
    mneme_client_destroy(client);
    return status;
}
