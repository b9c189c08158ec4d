/*
 * Messages into events and back: framing, the registry and the decoders it needs. Decoders are compiled once
 * and kept in a list that only grows, so that reading takes no lock.
 */
#include "schemas/codec.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/uuid.h"
#include "common/kafka/kafka.h"
#include "schemas/registry.h"

/* One writer's schema; never changes once it is in the list. */
struct known_schema {
    enum mneme_framing framing;
    uint64_t fingerprint; /* of MNEME_FRAMING_SINGLE_OBJECT */
    int32_t id;           /* of MNEME_FRAMING_CONFLUENT */
    struct mneme_decoder *decoder;
    struct known_schema *next;
};

struct mneme_codec {
    struct mneme_registry *registry;          /* NULL: single-object framing */
    char subject[MNEME_TOPIC_NAME_BYTES + 8]; /* "<topic>-value" */
    _Atomic(struct known_schema *) known;
    pthread_mutex_t lock; /* held while a schema is added to `known` or registered */
    uint64_t newest_fingerprint;
    _Atomic int64_t write_id; /* of the newest schema in the registry; -1: not asked yet */
};

static bool is_of(const struct known_schema *known, const struct mneme_frame *frame) {
    return known->framing == frame->framing &&
           (frame->framing == MNEME_FRAMING_CONFLUENT ? known->id == frame->schema_id
                                                      : known->fingerprint == frame->fingerprint);
}

static const struct mneme_decoder *find_decoder(struct mneme_codec *codec, const struct mneme_frame *frame) {
    struct known_schema *known = atomic_load_explicit(&codec->known, memory_order_acquire);
    while (known != NULL && !is_of(known, frame)) {
        known = known->next;
    }
    return known == NULL ? NULL : known->decoder;
}

/* Compiles the schema and adds it under the id in the frame. Called with the lock held, or by one thread. */
static int add_schema(struct mneme_codec *codec, const struct mneme_frame *frame, const char *schema_json,
                      struct mneme_error *error) {
    struct known_schema *added = calloc(1, sizeof *added);
    if (added == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot read a schema: out of memory; free some memory");
    }
    int status = mneme_decoder_compile(&added->decoder, schema_json, error);
    if (status != MNEME_OK) {
        free(added);
        return status;
    }
    added->framing = frame->framing;
    added->fingerprint = frame->fingerprint;
    added->id = frame->schema_id;
    added->next = atomic_load_explicit(&codec->known, memory_order_relaxed);
    atomic_store_explicit(&codec->known, added, memory_order_release);
    return MNEME_OK;
}

/* Every released schema can be read by its fingerprint; the last one is the newest, which is written. */
static int add_released(struct mneme_codec *codec, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < mneme_released_schema_count; i++) {
        struct mneme_frame frame = {.framing = MNEME_FRAMING_SINGLE_OBJECT};
        status = mneme_schema_fingerprint(&frame.fingerprint, mneme_released_schemas[i].json, error);
        if (status == MNEME_OK) {
            status = add_schema(codec, &frame, mneme_released_schemas[i].json, error);
        }
        codec->newest_fingerprint = frame.fingerprint;
    }
    return status;
}

int mneme_codec_new(struct mneme_codec **out, const struct mneme_config *config, struct mneme_error *error) {
    const char *url = mneme_config_string(config, MNEME_SETTING_SCHEMA_REGISTRY_URL);
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_codec *codec = calloc(1, sizeof *codec);
    if (codec == NULL || pthread_mutex_init(&codec->lock, NULL) != 0) {
        free(codec);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot make a codec: out of memory; free some memory");
    }
    atomic_init(&codec->write_id, -1);
    int status = mneme_kafka_events_topic(topic, config, error);
    if (status == MNEME_OK) {
        (void)snprintf(codec->subject, sizeof codec->subject, "%s-value", topic);
        status = add_released(codec, error);
    }
    if (status == MNEME_OK && url[0] != '\0') {
        status = mneme_registry_new(&codec->registry, url,
                                    mneme_config_long(config, MNEME_SETTING_REGISTRY_TIMEOUT_MS), error);
    }
    if (status != MNEME_OK) {
        mneme_codec_destroy(codec);
        return status;
    }
    *out = codec;
    return MNEME_OK;
}

void mneme_codec_destroy(struct mneme_codec *codec) {
    if (codec == NULL) {
        return;
    }
    for (struct known_schema *known = atomic_load(&codec->known); known != NULL;) {
        struct known_schema *next = known->next;
        mneme_decoder_destroy(known->decoder);
        free(known);
        known = next;
    }
    mneme_registry_destroy(codec->registry);
    pthread_mutex_destroy(&codec->lock);
    free(codec);
}

int mneme_codec_prepare_writing(struct mneme_codec *codec, struct mneme_error *error) {
    int status = MNEME_OK;
    if (codec->registry == NULL) {
        return MNEME_OK;
    }
    pthread_mutex_lock(&codec->lock);
    if (atomic_load(&codec->write_id) < 0) {
        int32_t id;
        status =
            mneme_registry_register(&id, codec->registry, codec->subject, mneme_event_schema_json, error);
        if (status == MNEME_OK) {
            atomic_store(&codec->write_id, id);
        }
    }
    pthread_mutex_unlock(&codec->lock);
    return status;
}

int mneme_codec_encode(struct mneme_codec *codec, const struct mneme_event *event, struct mneme_buffer *out,
                       struct mneme_error *error) {
    if (codec->registry == NULL) {
        mneme_frame_write_single_object(out, codec->newest_fingerprint);
    } else {
        int64_t id = atomic_load_explicit(&codec->write_id, memory_order_acquire);
        if (id < 0) {
            int status = mneme_codec_prepare_writing(codec, error);
            if (status != MNEME_OK) {
                return status;
            }
            id = atomic_load(&codec->write_id);
        }
        mneme_frame_write_confluent(out, (int32_t)id);
    }
    mneme_event_encode(event, out);
    return out->failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                         "cannot encode an event: out of memory; free some memory")
                       : MNEME_OK;
}

static int fetch_schema(struct mneme_codec *codec, const struct mneme_frame *frame,
                        struct mneme_error *error) {
    struct mneme_buffer schema = {0};
    int status = mneme_registry_schema(&schema, codec->registry, frame->schema_id, error);
    if (status == MNEME_OK) {
        status = add_schema(codec, frame, schema.data, error);
    }
    mneme_buffer_clean_up(&schema);
    return status;
}

/* Asks the registry for the schema, unless another thread has done so meanwhile. MNEME_E_NOT_FOUND for an
 * unknown schema id. */
static int learn_schema(struct mneme_codec *codec, const struct mneme_frame *frame,
                        struct mneme_error *error) {
    if (frame->framing == MNEME_FRAMING_SINGLE_OBJECT) {
        return mneme_error_set(error, MNEME_E_UNKNOWN_SCHEMA,
                               "cannot decode an event: no schema known here has the fingerprint %016" PRIx64
                               "; run a newer version",
                               frame->fingerprint);
    }
    if (codec->registry == NULL) {
        return mneme_error_set(error, MNEME_E_NOT_FOUND,
                               "cannot decode an event: its schema has id %" PRId32
                               " in a registry, and none is set; set SCHEMA_REGISTRY_URL",
                               frame->schema_id);
    }
    int status = MNEME_OK;
    pthread_mutex_lock(&codec->lock);
    if (find_decoder(codec, frame) == NULL) {
        status = fetch_schema(codec, frame, error);
    }
    pthread_mutex_unlock(&codec->lock);
    return status;
}

/* Events of every version begin with their id, as a string (tests check this for all released schemas). */
static bool begins_as_event(struct mneme_str body) {
    static const char length[] = {2 * MNEME_UUID_TEXT_BYTES}; /* its length, as Avro writes it */
    struct mneme_uuid id;
    return body.len > MNEME_UUID_TEXT_BYTES && body.data[0] == length[0] &&
           mneme_uuid_parse(&id, (struct mneme_str){body.data + 1, MNEME_UUID_TEXT_BYTES});
}

/* The schema id is unknown. Any garbage that begins with a zero looks like a registry's frame, and must not
 * hold up a partition; but a forgotten setting, or a registry that has lost its schemas, must not turn a log
 * of events into garbage. */
static int judge_frame(const struct mneme_frame *frame, const struct mneme_error *reason,
                       struct mneme_error *error) {
    return begins_as_event(frame->body)
               ? mneme_error_set(error, MNEME_E_UNKNOWN_SCHEMA, "%s", reason->message)
               : mneme_error_set(
                     error, MNEME_E_INVALID,
                     "not an event: the message begins with the unknown schema registry id %" PRId32
                     " and does not continue like an event; see who wrote it",
                     frame->schema_id);
}

int mneme_codec_decode(struct mneme_codec *codec, struct mneme_event *event, struct mneme_arena *arena,
                       struct mneme_str message, struct mneme_error *error) {
    struct mneme_frame frame;
    int status = mneme_frame_read(&frame, message, error);
    if (status != MNEME_OK) {
        return status;
    }
    const struct mneme_decoder *decoder = find_decoder(codec, &frame);
    if (decoder == NULL) {
        struct mneme_error reason = {0};
        status = learn_schema(codec, &frame, &reason);
        if (status == MNEME_E_NOT_FOUND) {
            return judge_frame(&frame, &reason, error);
        }
        if (status != MNEME_OK) {
            return mneme_error_set(error, (enum mneme_status)status, "%s", reason.message);
        }
        decoder = find_decoder(codec, &frame);
    }
    return mneme_decoder_decode(decoder, event, arena, frame.body, error);
}
