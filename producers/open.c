/*
 * Opening a publisher: settings, codec, the topic's facts, and an idempotent Kafka producer that fits them.
 * Anything wrong with brokers, credentials, topic and registry is found here, before the first event is
 * accepted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "producers/client.h"

#define TOPIC_TIMEOUT_MS 5000

/* How long to wait for brokers that do not answer. */
struct opening {
    int timeout_ms;
    bool is_hasty; /* brokers that refuse connections are not waited for at all */
};
static const struct opening patiently = {.timeout_ms = TOPIC_TIMEOUT_MS};

/* Limits of the properties "message.max.bytes" and "batch.size". */
#define LEAST_MESSAGE_BYTES 1000
#define MOST_MESSAGE_BYTES 1000000000

static int set_number(rd_kafka_conf_t *conf, const char *name, int64_t value, struct mneme_error *error) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return mneme_kafka_conf_set(conf, name, text, error);
}

static int set_properties(rd_kafka_conf_t *conf, const struct mneme_config *config, int64_t max_message_bytes,
                          struct mneme_error *error) {
    static const char *const fixed[][2] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"max.in.flight.requests.per.connection", "5"},
        {"partitioner", "murmur2"},
        {"compression.codec", "lz4"},
        {"socket.nagle.disable", "true"},
        /* The client's own queue is the limit; this one still counts events for a moment longer. */
        {"queue.buffering.max.messages", "0"},
        {"queue.buffering.max.kbytes", "2147483647"},
    };
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"linger.ms", mneme_config_long(config, MNEME_SETTING_PUBLISH_LINGER_MS)},
        {"delivery.timeout.ms", mneme_config_long(config, MNEME_SETTING_PUBLISH_TIMEOUT_MS)},
        /* A batch may not be larger than the topic allows. */
        {"message.max.bytes", max_message_bytes},
        {"batch.size", max_message_bytes < 1000000 ? max_message_bytes : 1000000},
    };
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < sizeof fixed / sizeof fixed[0]; i++) {
        status = mneme_kafka_conf_set(conf, fixed[i][0], fixed[i][1], error);
    }
    for (size_t i = 0; status == MNEME_OK && i < sizeof numbers / sizeof numbers[0]; i++) {
        status = set_number(conf, numbers[i].name, numbers[i].value, error);
    }
    return status;
}

static int make_producer(struct mneme_client *client, int64_t max_message_bytes, struct mneme_error *error) {
    rd_kafka_conf_t *conf = NULL;
    int status = mneme_kafka_conf(&conf, client->config, "publish", error);
    if (status != MNEME_OK) {
        return status;
    }
    status = set_properties(conf, client->config, max_message_bytes, error);
    if (status != MNEME_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    char reason[256];
    client->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (client->kafka == NULL) {
        rd_kafka_conf_destroy(conf);
        return mneme_error_set(error, MNEME_E_USAGE, "cannot open a publisher: %s; check MNEME_KAFKA_OPTIONS",
                               reason);
    }
    return MNEME_OK;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

/* Batches must fit the topic, whose limits only a client can read: if they are unusual, a second client is
 * made. */
static int connect_to_topic(struct mneme_client *client, const struct opening *opening,
                            struct mneme_error *error) {
    int64_t max_message_bytes = MNEME_KAFKA_USUAL_MAX_MESSAGE_BYTES;
    int status = make_producer(client, max_message_bytes, error);
    struct mneme_kafka_topic_facts facts;
    if (status == MNEME_OK) {
        status = opening->is_hasty ? mneme_kafka_topic_facts_now(&facts, client->kafka, client->topic_name,
                                                                 opening->timeout_ms, error)
                                   : mneme_kafka_topic_facts(&facts, client->kafka, client->topic_name,
                                                             opening->timeout_ms, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    int64_t fitting = facts.has_settings
                          ? clamp(facts.max_message_bytes, LEAST_MESSAGE_BYTES, MOST_MESSAGE_BYTES)
                          : max_message_bytes;
    if (fitting != max_message_bytes) {
        rd_kafka_destroy(client->kafka);
        client->kafka = NULL;
        max_message_bytes = fitting;
        status = make_producer(client, max_message_bytes, error);
    }
    if (status == MNEME_OK) {
        client->max_message_bytes = max_message_bytes;
        client->max_event_bytes = (size_t)mneme_kafka_max_event_bytes(max_message_bytes);
        client->topic = rd_kafka_topic_new(client->kafka, client->topic_name, NULL);
        if (client->topic == NULL) {
            status = mneme_kafka_error(error, "cannot publish to topic", client->topic_name,
                                       rd_kafka_last_error(), NULL);
        }
    }
    return status;
}

static int open_with_settings(struct mneme_client *client, const struct opening *opening,
                              struct mneme_error *error) {
    const struct mneme_config *config = client->config;
    client->content_max_chars = (size_t)mneme_config_long(config, MNEME_SETTING_CONTENT_MAX_CHARS);
    client->block_ms = (int)mneme_config_long(config, MNEME_SETTING_PUBLISH_BLOCK_MS);
    int status = mneme_kafka_events_topic(client->topic_name, config, error);
    if (status == MNEME_OK) {
        status = connect_to_topic(client, opening, error);
    }
    if (status == MNEME_OK) {
        status = mneme_codec_new(&client->codec, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_codec_prepare_writing(client->codec, error);
    }
    if (status == MNEME_OK) {
        status = mneme_reporter_start(&client->reporter, client->kafka, error);
    }
    return status;
}

static int make_client(struct mneme_client **out, const struct mneme_config *config,
                       struct mneme_config *owned, struct mneme_error *error) {
    struct mneme_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot open a publisher: out of memory; free some memory");
    }
    client->config = config;
    client->owned_config = owned;
    int status = mneme_deliveries_init(
        &client->deliveries, (size_t)mneme_config_long(config, MNEME_SETTING_PUBLISH_QUEUE_EVENTS),
        (size_t)mneme_config_long(config, MNEME_SETTING_PUBLISH_QUEUE_KB) * 1024, error);
    if (status != MNEME_OK) {
        free(client);
        return status;
    }
    status = mneme_reporter_init(&client->reporter, &client->deliveries, client->topic_name, error);
    if (status != MNEME_OK) {
        mneme_deliveries_clean_up(&client->deliveries);
        free(client);
        return status;
    }
    *out = client;
    return MNEME_OK;
}

void mneme_client_destroy(struct mneme_client *client) {
    mneme_reporter_stop(&client->reporter);
    if (client->on_close != NULL && client->reporter.acknowledged_count > 0) {
        client->on_close(client->reporter.acknowledged, client->reporter.acknowledged_count,
                         client->on_close_context);
    }
    if (client->topic != NULL) {
        rd_kafka_topic_destroy(client->topic);
    }
    if (client->kafka != NULL) {
        rd_kafka_destroy(client->kafka);
    }
    mneme_codec_destroy(client->codec);
    mneme_reporter_clean_up(&client->reporter);
    mneme_deliveries_clean_up(&client->deliveries);
    mneme_producer_scratch_pool_clean_up(&client->scratch);
    mneme_config_destroy(client->owned_config);
    free(client);
}

static int open_client(struct mneme_client **out, const struct mneme_config *config,
                       struct mneme_config *owned, const struct opening *opening, struct mneme_error *error) {
    struct mneme_client *client = NULL;
    int status = make_client(&client, config, owned, error);
    if (status != MNEME_OK) {
        mneme_config_destroy(owned);
        return status;
    }
    status = open_with_settings(client, opening, error);
    if (status != MNEME_OK) {
        mneme_client_destroy(client);
        return status;
    }
    *out = client;
    return MNEME_OK;
}

int mneme_client_open(struct mneme_client **out, const struct mneme_config *config,
                      struct mneme_error *error) {
    return open_client(out, config, NULL, &patiently, error);
}

int mneme_client_open_within(struct mneme_client **out, const struct mneme_config *config, int timeout_ms,
                             struct mneme_error *error) {
    const struct opening opening = {.timeout_ms =
                                        timeout_ms < TOPIC_TIMEOUT_MS ? timeout_ms : TOPIC_TIMEOUT_MS};
    return open_client(out, config, NULL, &opening, error);
}

int mneme_client_open_now(struct mneme_client **out, const struct mneme_config *config, int timeout_ms,
                          struct mneme_error *error) {
    const struct opening opening = {.timeout_ms = timeout_ms, .is_hasty = true};
    return open_client(out, config, NULL, &opening, error);
}

int mneme_client_written(struct mneme_client_written *out, struct mneme_client *client,
                         struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_reporter *reporter = &client->reporter;
    pthread_mutex_lock(&reporter->acknowledged_lock);
    struct mneme_position *positions =
        mneme_arena_calloc(arena, reporter->acknowledged_count + 1, sizeof *positions);
    *out = (struct mneme_client_written){.positions = positions,
                                         .events = reporter->acknowledged_events,
                                         .last_micros = reporter->acknowledged_micros};
    for (size_t i = 0; positions != NULL && i < reporter->acknowledged_count; i++) {
        if (reporter->acknowledged[i] >= 0) {
            positions[out->count++] = (struct mneme_position){(int32_t)i, reporter->acknowledged[i]};
        }
    }
    pthread_mutex_unlock(&reporter->acknowledged_lock);
    return positions != NULL ? MNEME_OK
                             : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                               "the positions were not read: memory is exhausted; free some");
}

int mneme_client_settings(struct mneme_config **out, const char *config_path,
                          const struct mneme_client_setting *settings, size_t setting_count,
                          struct mneme_error *error) {
    struct mneme_config *config = NULL;
    int status = mneme_config_load(&config, config_path, error);
    if (status != MNEME_OK) {
        return status;
    }
    for (size_t i = 0; i < setting_count; i++) {
        int setting = mneme_setting_by_env(mneme_str_from(settings[i].name));
        if (setting < 0) {
            status = mneme_error_set(
                error, MNEME_E_USAGE,
                "cannot read the settings: there is no setting \"%.100s\"; `mneme config` lists them",
                settings[i].name == NULL ? "" : settings[i].name);
        } else {
            status = mneme_config_set(config, (enum mneme_setting)setting, settings[i].value,
                                      MNEME_FROM_OPTION, error);
        }
        if (status != MNEME_OK) {
            mneme_config_destroy(config);
            return status;
        }
    }
    *out = config;
    return MNEME_OK;
}

int mneme_open(struct mneme_client **out, const char *config_path,
               const struct mneme_client_setting *settings, size_t setting_count, struct mneme_error *error) {
    struct mneme_config *config = NULL;
    int status = mneme_client_settings(&config, config_path, settings, setting_count, error);
    return status == MNEME_OK ? open_client(out, config, config, &patiently, error) : status;
}
