/*
 * The reader's client: librdkafka's plain consumer, which knows no groups. Each partition is started at an
 * offset and stopped when its range is read, so that nothing is ever paused.
 */
#include "consumers/log/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "consumers/log/kafka_client.h"
#include "consumers/log/reader_state.h"

#define FACTS_TIMEOUT_MS 10000

static const struct mneme_kafka_client_property required[] = {
    {"enable.auto.commit", "false"},  {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},
    {"enable.partition.eof", "true"}, {"isolation.level", "read_committed"},
};

/* A full queue is checked again only once a second, so it must hold what is taken in that time. */
static const struct mneme_kafka_client_property tuned[] = {
    {"queued.min.messages", "200000"},
    {"fetch.max.bytes", "8388608"},
    {"fetch.wait.max.ms", "100"},
};
#define USUAL_QUEUE_KB 65536

static void set_trouble(rd_kafka_t *client, int code, const char *reason, void *opaque) {
    (void)client;
    (void)code;
    struct mneme_log_reader *reader = opaque;
    pthread_mutex_lock(&reader->trouble_mutex);
    (void)snprintf(reader->trouble, sizeof reader->trouble, "%s", reason);
    pthread_mutex_unlock(&reader->trouble_mutex);
    atomic_store(&reader->is_troubled, true);
}

static int set_queue(rd_kafka_conf_t *conf, size_t queue_kb, struct mneme_error *error) {
    char text[24];
    (void)snprintf(text, sizeof text, "%zu", queue_kb);
    const struct mneme_kafka_client_property queue[] = {{"queued.max.messages.kbytes", text}};
    return mneme_kafka_client_tune(conf, queue, 1, error);
}

static int connect_client(struct mneme_log_reader *reader, const char *purpose, size_t queue_kb,
                          struct mneme_error *error) {
    rd_kafka_conf_t *conf = NULL;
    int status = mneme_kafka_conf(&conf, reader->config, purpose, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_kafka_client_require(conf, required, sizeof required / sizeof required[0], error);
    if (status == MNEME_OK) {
        status = mneme_kafka_client_tune(conf, tuned, sizeof tuned / sizeof tuned[0], error);
    }
    if (status == MNEME_OK) {
        status = set_queue(conf, queue_kb, error);
    }
    if (status == MNEME_OK) {
        char reason[256];
        rd_kafka_conf_set_opaque(conf, reader);
        rd_kafka_conf_set_error_cb(conf, set_trouble);
        reader->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
        if (reader->client != NULL) {
            return MNEME_OK;
        }
        status = mneme_error_set(error, MNEME_E_USAGE,
                                 "cannot set up the Kafka client: %s; check MNEME_KAFKA_OPTIONS", reason);
    }
    rd_kafka_conf_destroy(conf);
    return status;
}

static int check_topic(struct mneme_log_reader *reader, int timeout_ms, struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts = {0};
    int status = mneme_kafka_topic_facts(&facts, reader->client, reader->name, timeout_ms, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (facts.partitions > MNEME_MAX_PARTITIONS) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "cannot read topic %s: it has %d partitions and at most %d can be ordered; "
                               "make a topic with fewer and copy the events to it",
                               reader->name, (int)facts.partitions, MNEME_MAX_PARTITIONS);
    }
    reader->partitions = facts.partitions;
    reader->topic = rd_kafka_topic_new(reader->client, reader->name, NULL);
    return reader->topic == NULL
               ? mneme_kafka_error(error, "cannot read topic", reader->name, rd_kafka_last_error(), NULL)
               : MNEME_OK;
}

int mneme_log_reader_open(struct mneme_log_reader **out, const struct mneme_config *config,
                          const char *purpose, struct mneme_error *error) {
    return mneme_log_reader_open_small(out, config, purpose, USUAL_QUEUE_KB, 0, error);
}

static int open_reader(struct mneme_log_reader **out, const struct mneme_config *config,
                       const struct mneme_log_source *source, const char *purpose, size_t queue_kb,
                       int timeout_ms, struct mneme_error *error) {
    *out = NULL;
    struct mneme_log_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || pthread_mutex_init(&reader->trouble_mutex, NULL) != 0) {
        free(reader);
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read the log: out of memory");
    }
    reader->config = config;
    memcpy(reader->name, source->topic, sizeof reader->name);
    reader->is_of_records = source->is_of_records;
    reader->is_of_embeddings = source->is_of_embeddings;
    int status = mneme_codec_new(&reader->codec, config, error);
    if (status == MNEME_OK) {
        status = connect_client(reader, purpose, queue_kb, error);
    }
    if (status == MNEME_OK) {
        status = check_topic(reader, timeout_ms, error);
    }
    if (status != MNEME_OK) {
        mneme_log_reader_close(reader);
        return status;
    }
    *out = reader;
    return MNEME_OK;
}

int mneme_log_reader_open_small(struct mneme_log_reader **out, const struct mneme_config *config,
                                const char *purpose, size_t queue_kb, int timeout_ms,
                                struct mneme_error *error) {
    struct mneme_log_source events = {.is_of_records = false};
    *out = NULL;
    int status = mneme_kafka_events_topic(events.topic, config, error);
    return status == MNEME_OK ? open_reader(out, config, &events, purpose, queue_kb,
                                            timeout_ms > 0 ? timeout_ms : FACTS_TIMEOUT_MS, error)
                              : status;
}

int mneme_log_reader_open_source(struct mneme_log_reader **out, const struct mneme_config *config,
                                 const struct mneme_log_source *source, const char *purpose,
                                 struct mneme_error *error) {
    return open_reader(out, config, source, purpose, USUAL_QUEUE_KB, FACTS_TIMEOUT_MS, error);
}

void mneme_log_reader_close(struct mneme_log_reader *reader) {
    if (reader == NULL) {
        return;
    }
    if (reader->topic != NULL) {
        rd_kafka_topic_destroy(reader->topic);
    }
    if (reader->client != NULL) {
        mneme_kafka_client_destroy(reader->client);
    }
    if (reader->codec != NULL) {
        mneme_codec_destroy(reader->codec);
    }
    pthread_mutex_destroy(&reader->trouble_mutex);
    free(reader);
}

const char *mneme_log_reader_topic(const struct mneme_log_reader *reader) {
    return reader->name;
}

int32_t mneme_log_reader_partitions(const struct mneme_log_reader *reader) {
    return reader->partitions;
}

int mneme_log_reader_start(struct mneme_log_reader *reader, int32_t partition, int64_t offset,
                           rd_kafka_queue_t *queue, struct mneme_error *error) {
    if (rd_kafka_consume_start_queue(reader->topic, partition, offset, queue) != 0) {
        return mneme_kafka_error(error, "cannot begin to read topic", reader->name, rd_kafka_last_error(),
                                 NULL);
    }
    return MNEME_OK;
}

void mneme_log_reader_stop(struct mneme_log_reader *reader, int32_t partition) {
    (void)rd_kafka_consume_stop(reader->topic, partition); /* fails only for one that was never started */
}

int mneme_log_reader_unavailable(struct mneme_log_reader *reader, int64_t silent_micros,
                                 struct mneme_error *error) {
    bool is_troubled = atomic_load(&reader->is_troubled);
    pthread_mutex_lock(&reader->trouble_mutex);
    int status =
        mneme_error_set(error, MNEME_E_UNAVAILABLE,
                        "cannot go on reading topic %s: nothing came for %lld s%s%s; check that the brokers "
                        "run, and KAFKA_BOOTSTRAP_SERVERS",
                        reader->name, (long long)(silent_micros / 1000000), is_troubled ? ": " : "",
                        is_troubled ? reader->trouble : "");
    pthread_mutex_unlock(&reader->trouble_mutex);
    return status;
}

int mneme_log_reader_refusal(const struct mneme_log_reader *reader, const rd_kafka_message_t *message,
                             int64_t wanted, struct mneme_error *error) {
    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "cannot read partition %d of %s: offset %lld is no longer in the log, which "
                               "was truncated or made again; `mneme status` shows what it holds",
                               (int)message->partition, reader->name, (long long)wanted);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        return mneme_kafka_error(error, "cannot read topic", reader->name, message->err,
                                 rd_kafka_message_errstr(message));
    default:
        return MNEME_OK; /* the client tries again by itself */
    }
}
