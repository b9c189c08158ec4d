/*
 * Settings, records and the end of a consumer's client.
 */
#include "consumers/log/kafka_client.h"

#include <pthread.h>
#include <time.h>

#include "common/log/log.h"

/* A client of a topic that was deleted may hold a partition and its messages in a circle, and wait for
 * itself. */
#define DESTROY_TIMEOUT_MS 5000

int mneme_kafka_client_require(rd_kafka_conf_t *conf, const struct mneme_kafka_client_property *properties,
                               size_t count, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        status = mneme_kafka_conf_set(conf, properties[i].name, properties[i].value, error);
    }
    return status;
}

static bool is_default(const rd_kafka_conf_t *conf, const rd_kafka_conf_t *defaults, const char *name) {
    char now[256];
    char usual[256];
    size_t now_size = sizeof now;
    size_t usual_size = sizeof usual;
    bool is_known = rd_kafka_conf_get(conf, name, now, &now_size) == RD_KAFKA_CONF_OK &&
                    rd_kafka_conf_get(defaults, name, usual, &usual_size) == RD_KAFKA_CONF_OK;
    return !is_known || strcmp(now, usual) == 0;
}

int mneme_kafka_client_tune(rd_kafka_conf_t *conf, const struct mneme_kafka_client_property *properties,
                            size_t count, struct mneme_error *error) {
    int status = MNEME_OK;
    rd_kafka_conf_t *defaults = rd_kafka_conf_new();
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        if (is_default(conf, defaults, properties[i].name)) {
            status = mneme_kafka_conf_set(conf, properties[i].name, properties[i].value, error);
        }
    }
    rd_kafka_conf_destroy(defaults);
    return status;
}

struct mneme_log_record mneme_kafka_client_record(rd_kafka_message_t *message, int64_t progress,
                                                  bool takes_source) {
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(message, &type);
    struct mneme_str source = MNEME_STR_NULL;
    rd_kafka_headers_t *headers;
    const void *bytes;
    size_t len;
    if (takes_source && rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_header_get_last(headers, MNEME_LOG_SOURCE_HEADER, &bytes, &len) ==
            RD_KAFKA_RESP_ERR_NO_ERROR) {
        source = (struct mneme_str){bytes, len};
    }
    return (struct mneme_log_record){
        .source = source,
        .position = {.partition = message->partition, .offset = message->offset},
        .progress = progress,
        .timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp,
        .key = {message->key, message->key == NULL ? 0 : message->key_len},
        .value = {message->payload, message->payload == NULL ? 0 : message->len},
        .message = message,
    };
}

static void *destroy_client(void *client) {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

void mneme_kafka_client_destroy(rd_kafka_t *client) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += DESTROY_TIMEOUT_MS / 1000;
    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy_client, client) != 0) {
        (void)destroy_client(client);
    } else if (pthread_timedjoin_np(thread, NULL, &deadline) != 0) {
        mneme_log(MNEME_LOG_WARN, "kafka client does not end",
                  MNEME_LOG_S("advice", "it ends with the process"));
        pthread_detach(thread);
    }
}
