/*
 * Coordinates are sums of chances, near enough to a bell; a document lies around the centre of its cluster,
 * and its user has documents in many clusters.
 */
#include "tests/support/embedding_load.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/kafka/kafka.h"
#include "consumers/log/batch.h"

#define CLUSTERS 1000
#define SPREAD 0.8F /* of a document around its centre, whose coordinates spread by 1 */
#define FIRST_TIME INT64_C(1767225600000000)
#define FLUSH_TIMEOUT_MS 120000
#define MAX_DIMENSIONS 4096

static uint64_t mix(uint64_t value) {
    value += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

/* From one chance of 64 bits: the sum of four of 16, centred, with a spread of 1. */
static float bell(uint64_t chance) {
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (float)(chance >> (16 * i) & 0xFFFF) / 65536.0F - 0.5F;
    }
    return sum * 1.7320508F;
}

void mneme_embedding_load_vector(float *out, const struct mneme_embedding_load *load, long number) {
    uint64_t cluster = mix((uint64_t)number * 7 + 1) % CLUSTERS;
    double square = 0;
    for (int i = 0; i < load->dimensions; i++) {
        out[i] = bell(mix(cluster << 20 | (uint64_t)i)) +
                 SPREAD * bell(mix((uint64_t)number << 16 | (uint64_t)i | UINT64_C(1) << 63));
        square += (double)out[i] * (double)out[i];
    }
    for (int i = 0; i < load->dimensions; i++) {
        out[i] /= (float)sqrt(square);
    }
}

long mneme_embedding_load_user(const struct mneme_embedding_load *load, long number) {
    return (long)(mix((uint64_t)number) % (uint64_t)load->users);
}

/* The number behind a word, in the arena. */
static struct mneme_str print(struct mneme_arena *arena, const char *word, long number) {
    char text[96];
    snprintf(text, sizeof text, "%s%ld", word, number);
    return mneme_arena_copy(arena, mneme_str_from(text));
}

struct mneme_embedding mneme_embedding_load_record(const struct mneme_embedding_load *load, long number,
                                                   struct mneme_arena *arena) {
    float floats[MAX_DIMENSIONS];
    struct mneme_str user = print(arena, "user-", mneme_embedding_load_user(load, number));
    mneme_embedding_load_vector(floats, load, number);
    return (struct mneme_embedding){
        .tenant = MNEME_STR_LIT("default"),
        .stream_id = user,
        .kind = MNEME_STR_LIT("memory"),
        .ref = print(arena, "0194f000-0000-7000-8000-", 100000000000 + number),
        .user_id = user,
        .agent_id = MNEME_STR_LIT("assistant"),
        .created_at = FIRST_TIME + number,
        .text = print(arena, "What was said, of all that is remembered here, as number ", number),
        .text_hash = MNEME_STR_LIT("01234567890123456789012345678901"),
        .model = mneme_str_from(load->model),
        .query_prefix = MNEME_STR_LIT(""),
        .passage_prefix = MNEME_STR_LIT(""),
        .dimensions = load->dimensions,
        .vector = mneme_arena_copy(
            arena, (struct mneme_str){(const char *)floats, (size_t)load->dimensions * sizeof *floats}),
        .source_sequence = number + 1,
    };
}

struct mneme_vector_change mneme_embedding_load_change(const struct mneme_embedding_load *load, long number,
                                                       struct mneme_arena *arena) {
    struct mneme_embedding embedding = mneme_embedding_load_record(load, number, arena);
    return (struct mneme_vector_change){
        .document = {embedding.stream_id, embedding.kind, embedding.ref},
        .scope = {.tenant = embedding.tenant, .user_id = embedding.user_id, .agent_id = embedding.agent_id},
        .source_sequence = embedding.source_sequence,
        .created_at = embedding.created_at,
        .vector = embedding.vector,
        .text = embedding.text,
    };
}

/* --- onto the topic --- */

struct mneme_embedding_writer {
    rd_kafka_t *kafka;
    struct mneme_embedding_codec *codec;
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t partitions;
    struct mneme_buffer key, value;
};

void mneme_embedding_writer_close(struct mneme_embedding_writer *writer) {
    if (writer == NULL) {
        return;
    }
    mneme_embedding_codec_destroy(writer->codec);
    if (writer->kafka != NULL) {
        rd_kafka_destroy(writer->kafka);
    }
    mneme_buffer_clean_up(&writer->key);
    mneme_buffer_clean_up(&writer->value);
    free(writer);
}

static int connect_producer(struct mneme_embedding_writer *writer, const struct mneme_config *config,
                            struct mneme_error *error) {
    rd_kafka_conf_t *conf = NULL;
    char reason[256];
    int status = mneme_kafka_conf(&conf, config, "embedding-load", error);
    static const char *const settings[][2] = {
        {"linger.ms", "5"}, {"compression.type", "lz4"}, {"queue.buffering.max.kbytes", "131072"}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings && status == MNEME_OK; i++) {
        status = mneme_kafka_conf_set(conf, settings[i][0], settings[i][1], error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    writer->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    return writer->kafka == NULL ? mneme_error_set(error, MNEME_E_INTERNAL, "no producer: %s", reason)
                                 : MNEME_OK;
}

int mneme_embedding_writer_open(struct mneme_embedding_writer **out, const struct mneme_config *config,
                                const char *model, struct mneme_error *error) {
    struct mneme_embedding_writer *writer = calloc(1, sizeof *writer);
    struct mneme_kafka_topic_facts facts;
    if (writer == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory");
    }
    int status = mneme_embeddings_topic(writer->topic, config, model, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_topic_ensure(NULL, writer->topic, config, true, error);
    }
    if (status == MNEME_OK) {
        status = connect_producer(writer, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_topic_facts(&facts, writer->kafka, writer->topic, 10000, error);
        writer->partitions = facts.partitions;
    }
    if (status == MNEME_OK) {
        status = mneme_embedding_codec_new(&writer->codec, config, writer->topic, error);
    }
    if (status != MNEME_OK) {
        mneme_embedding_writer_close(writer);
        return status;
    }
    *out = writer;
    return MNEME_OK;
}

/* A null value is a tombstone. */
static int produce(struct mneme_embedding_writer *writer, const struct mneme_embedding *embedding,
                   struct mneme_str value, int64_t source_sequence, struct mneme_error *error) {
    const struct mneme_embedding_key key = {embedding->kind, embedding->ref, embedding->tenant,
                                            embedding->stream_id};
    char source[24];
    snprintf(source, sizeof source, "%" PRId64, source_sequence);
    mneme_buffer_clear(&writer->key);
    mneme_embedding_key_write(&writer->key, &key);
    int32_t partition = mneme_kafka_partition_of(mneme_buffer_str(&writer->key), writer->partitions);
    rd_kafka_resp_err_t code;
    do {
        code =
            rd_kafka_producev(writer->kafka, RD_KAFKA_V_TOPIC(writer->topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_KEY(writer->key.data, writer->key.len),
                              RD_KAFKA_V_VALUE((void *)value.data, value.len),
                              RD_KAFKA_V_HEADER(MNEME_LOG_SOURCE_HEADER, source, -1),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        rd_kafka_poll(writer->kafka, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? MNEME_OK
               : mneme_kafka_error(error, "cannot write to", writer->topic, code, NULL);
}

int mneme_embedding_writer_put(struct mneme_embedding_writer *writer, const struct mneme_embedding *embedding,
                               struct mneme_error *error) {
    mneme_buffer_clear(&writer->value);
    int status = mneme_embedding_encode(writer->codec, embedding, &writer->value, error);
    return status == MNEME_OK ? produce(writer, embedding, mneme_buffer_str(&writer->value),
                                        embedding->source_sequence, error)
                              : status;
}

int mneme_embedding_writer_remove(struct mneme_embedding_writer *writer,
                                  const struct mneme_embedding *embedding, int64_t source_sequence,
                                  struct mneme_error *error) {
    return produce(writer, embedding, MNEME_STR_NULL, source_sequence, error);
}

int mneme_embedding_writer_garbage(struct mneme_embedding_writer *writer,
                                   const struct mneme_embedding *embedding, struct mneme_str value,
                                   struct mneme_error *error) {
    return produce(writer, embedding, value, embedding->source_sequence, error);
}

int mneme_embedding_writer_flush(struct mneme_embedding_writer *writer, struct mneme_error *error) {
    rd_kafka_resp_err_t code = rd_kafka_flush(writer->kafka, FLUSH_TIMEOUT_MS);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? MNEME_OK
               : mneme_kafka_error(error, "cannot write to", writer->topic, code, NULL);
}

int mneme_embedding_load_publish(const struct mneme_config *config, const struct mneme_embedding_load *load,
                                 long from, long to, struct mneme_error *error) {
    struct mneme_embedding_writer *writer = NULL;
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    int status = mneme_embedding_writer_open(&writer, config, load->model, error);
    for (long i = from; i < to && status == MNEME_OK; i++) {
        mneme_arena_reset(&arena, SIZE_MAX);
        struct mneme_embedding embedding = mneme_embedding_load_record(load, i, &arena);
        status = mneme_embedding_writer_put(writer, &embedding, error);
    }
    if (status == MNEME_OK) {
        status = mneme_embedding_writer_flush(writer, error);
    }
    mneme_embedding_writer_close(writer);
    mneme_arena_clean_up(&arena);
    return status;
}
