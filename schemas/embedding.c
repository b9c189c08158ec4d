/*
 * One table of fields, in the order of the newest schema, for both the encoder and the decoder. Older
 * versions have only the first few of them.
 */
#include "schemas/embedding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/avro_read.h"
#include "schemas/avro_write.h"
#include "schemas/codec.h"
#include "schemas/registry.h"

enum kind { BYTES, NULLABLE_BYTES, NUMBER, NULLABLE_NUMBER };

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset;
} fields[] = {
#define FIELD(kind, name)                                                                                    \
    { #name, kind, offsetof(struct mneme_embedding, name) }
    FIELD(BYTES, tenant),
    FIELD(BYTES, stream_id),
    FIELD(BYTES, kind),
    FIELD(BYTES, ref),
    FIELD(NULLABLE_BYTES, user_id),
    FIELD(NULLABLE_BYTES, agent_id),
    FIELD(NULLABLE_BYTES, run_id),
    FIELD(NULLABLE_BYTES, conversation_id),
    FIELD(NULLABLE_NUMBER, position),
    FIELD(NULLABLE_BYTES, speaker),
    FIELD(NUMBER, created_at),
    FIELD(BYTES, text),
    FIELD(BYTES, text_hash),
    FIELD(BYTES, model),
    FIELD(BYTES, query_prefix),
    FIELD(BYTES, passage_prefix),
    FIELD(NUMBER, dimensions),
    FIELD(BYTES, vector),
    FIELD(NULLABLE_BYTES, metric),
    FIELD(NULLABLE_BYTES, metadata),
    FIELD(NUMBER, source_sequence),
    FIELD(BYTES, part_vectors),
#undef FIELD
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

/* How many of the fields each version has. */
static const size_t field_counts[MNEME_EMBEDDING_VERSIONS] = {FIELD_COUNT - 1, FIELD_COUNT};

static void put_body(struct mneme_buffer *out, const struct mneme_embedding *embedding) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const void *at = (const char *)embedding + fields[i].offset;
        const struct mneme_str *bytes = at;
        const struct mneme_opt_long *optional = at;
        switch (fields[i].kind) {
        case BYTES:
            mneme_avro_put_bytes(out, *bytes);
            break;
        case NULLABLE_BYTES:
            mneme_avro_put_long(out, bytes->data == NULL ? 0 : 1);
            if (bytes->data != NULL) {
                mneme_avro_put_bytes(out, *bytes);
            }
            break;
        case NUMBER:
            mneme_avro_put_long(out, *(const int64_t *)at);
            break;
        case NULLABLE_NUMBER:
            mneme_avro_put_long(out, optional->is_set ? 1 : 0);
            if (optional->is_set) {
                mneme_avro_put_long(out, optional->value);
            }
            break;
        }
    }
}

/* The branch of a union of null and another type: 0 or 1. */
static bool read_branch(struct mneme_avro_cursor *cursor, bool *is_there) {
    int64_t branch;
    if (!mneme_avro_long(cursor, &branch)) {
        return false;
    }
    *is_there = branch == 1;
    return branch == 0 || branch == 1 || mneme_avro_fail(cursor, "a union has no such branch");
}

static bool read_field(struct mneme_avro_cursor *cursor, const struct field *field,
                       struct mneme_embedding *embedding) {
    void *at = (char *)embedding + field->offset;
    struct mneme_opt_long *optional = at;
    bool is_there;
    switch (field->kind) {
    case BYTES:
        return mneme_avro_bytes(cursor, at);
    case NULLABLE_BYTES:
        return read_branch(cursor, &is_there) && (!is_there || mneme_avro_bytes(cursor, at));
    case NUMBER:
        return mneme_avro_long(cursor, at);
    case NULLABLE_NUMBER:
        return read_branch(cursor, &optional->is_set) &&
               (!optional->is_set || mneme_avro_long(cursor, &optional->value));
    }
    return false;
}

/* Checks that the sizes of its vectors match their dimensions. */
static int check_vectors(const struct mneme_embedding *embedding, struct mneme_error *error) {
    size_t bytes = embedding->vector.len;
    size_t all = embedding->part_vectors.len;
    if (embedding->dimensions <= 0 || bytes % sizeof(float) != 0 ||
        bytes / sizeof(float) != (uint64_t)embedding->dimensions) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "not an embedding: its vector has %zu bytes but should have %" PRId64
                               " numbers; see who wrote it",
                               bytes, embedding->dimensions);
    }
    if (all > 0 && (all % bytes != 0 || all == bytes || all / bytes > MNEME_EMBEDDING_MAX_PARTS)) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "not an embedding: the vectors of its parts have %zu bytes, which are not 2 to %d "
            "vectors of %" PRId64 " numbers; see who wrote it",
            all, MNEME_EMBEDDING_MAX_PARTS, embedding->dimensions);
    }
    return MNEME_OK;
}

static int get_body(struct mneme_embedding *embedding, size_t version, struct mneme_str body,
                    struct mneme_error *error) {
    const uint8_t *begin = (const uint8_t *)body.data;
    struct mneme_avro_cursor cursor = {begin, begin + body.len, NULL};
    *embedding = (struct mneme_embedding){0};
    for (size_t i = 0; i < field_counts[version]; i++) {
        if (!read_field(&cursor, &fields[i], embedding)) {
            return mneme_error_set(error, MNEME_E_INVALID,
                                   "not an embedding: in field %s at byte %zu, %s; see who wrote it",
                                   fields[i].name, (size_t)(cursor.at - begin), cursor.reason);
        }
    }
    if (cursor.at != cursor.end) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "not an embedding: %zu bytes are left after it; see who wrote it",
                               mneme_avro_left(&cursor));
    }
    return check_vectors(embedding, error);
}

/* --- framing --- */

#define MAX_KNOWN_IDS 16
#define NEWEST (MNEME_EMBEDDING_VERSIONS - 1)

struct mneme_embedding_codec {
    struct mneme_registry *registry; /* NULL: single-object framing */
    char subject[MNEME_TOPIC_NAME_BYTES + 8];
    uint64_t fingerprints[MNEME_EMBEDDING_VERSIONS];
    int64_t write_id; /* of the newest schema in the registry; -1: not asked yet */
    struct {
        int32_t id; /* the id under which the registry has … */
        size_t version;
    } known_ids[MAX_KNOWN_IDS];
    size_t known_count;
};

int mneme_embedding_codec_new(struct mneme_embedding_codec **out, const struct mneme_config *config,
                              const char *topic, struct mneme_error *error) {
    const char *url = mneme_config_string(config, MNEME_SETTING_SCHEMA_REGISTRY_URL);
    struct mneme_embedding_codec *codec = calloc(1, sizeof *codec);
    if (codec == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot make a codec: out of memory; free some memory");
    }
    codec->write_id = -1;
    (void)snprintf(codec->subject, sizeof codec->subject, "%s-value", topic);
    int status = MNEME_OK;
    for (size_t i = 0; i < MNEME_EMBEDDING_VERSIONS && status == MNEME_OK; i++) {
        status = mneme_schema_fingerprint(&codec->fingerprints[i], mneme_embedding_schemas[i], error);
    }
    if (status == MNEME_OK && url[0] != '\0') {
        status = mneme_registry_new(&codec->registry, url,
                                    mneme_config_long(config, MNEME_SETTING_REGISTRY_TIMEOUT_MS), error);
    }
    if (status != MNEME_OK) {
        mneme_embedding_codec_destroy(codec);
        return status;
    }
    *out = codec;
    return MNEME_OK;
}

void mneme_embedding_codec_destroy(struct mneme_embedding_codec *codec) {
    if (codec != NULL) {
        mneme_registry_destroy(codec->registry);
        free(codec);
    }
}

int mneme_embedding_encode(struct mneme_embedding_codec *codec, const struct mneme_embedding *embedding,
                           struct mneme_buffer *out, struct mneme_error *error) {
    if (codec->registry == NULL) {
        mneme_frame_write_single_object(out, codec->fingerprints[NEWEST]);
    } else {
        int32_t id = (int32_t)codec->write_id;
        int status = codec->write_id >= 0 ? MNEME_OK
                                          : mneme_registry_register(&id, codec->registry, codec->subject,
                                                                    mneme_embedding_schemas[NEWEST], error);
        if (status != MNEME_OK) {
            return status;
        }
        codec->write_id = id;
        mneme_frame_write_confluent(out, id);
    }
    put_body(out, embedding);
    return out->failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                         "cannot encode an embedding: out of memory; free some memory")
                       : MNEME_OK;
}

static int unknown_schema(struct mneme_error *error, const char *why) {
    return mneme_error_set(error, MNEME_E_UNKNOWN_SCHEMA, "cannot decode an embedding: %s", why);
}

/* Which version has that fingerprint; false when none has. */
static bool find_version(size_t *version, const struct mneme_embedding_codec *codec, uint64_t fingerprint) {
    for (size_t i = 0; i < MNEME_EMBEDDING_VERSIONS; i++) {
        if (codec->fingerprints[i] == fingerprint) {
            *version = i;
            return true;
        }
    }
    return false;
}

/* Which version the registry has under that id. */
static int look_up_id(size_t *version, struct mneme_embedding_codec *codec, int32_t id,
                      struct mneme_error *error) {
    for (size_t i = 0; i < codec->known_count; i++) {
        if (codec->known_ids[i].id == id) {
            *version = codec->known_ids[i].version;
            return MNEME_OK;
        }
    }
    if (codec->registry == NULL) {
        return unknown_schema(error, "its schema is in a registry, and none is set; set SCHEMA_REGISTRY_URL");
    }
    struct mneme_buffer schema = {0};
    uint64_t fingerprint = 0;
    int status = mneme_registry_schema(&schema, codec->registry, id, error);
    if (status == MNEME_OK) {
        status = mneme_schema_fingerprint(&fingerprint, schema.data, error);
    }
    mneme_buffer_clean_up(&schema);
    if (status == MNEME_OK && !find_version(version, codec, fingerprint)) {
        return unknown_schema(error, "this program does not know its schema; run a newer version");
    }
    if (status == MNEME_OK && codec->known_count < MAX_KNOWN_IDS) {
        codec->known_ids[codec->known_count].id = id;
        codec->known_ids[codec->known_count++].version = *version;
    }
    return status;
}

/* Which version the message is of. */
static int check_frame(size_t *version, struct mneme_embedding_codec *codec, const struct mneme_frame *frame,
                       struct mneme_error *error) {
    if (frame->framing == MNEME_FRAMING_CONFLUENT) {
        return look_up_id(version, codec, frame->schema_id, error);
    }
    return find_version(version, codec, frame->fingerprint)
               ? MNEME_OK
               : unknown_schema(error, "no schema known here has its fingerprint; run a newer version");
}

int mneme_embedding_known(struct mneme_embedding_codec *codec, struct mneme_str message,
                          struct mneme_error *error) {
    struct mneme_frame frame;
    size_t version;
    struct mneme_error none = {0};
    return mneme_frame_read(&frame, message, &none) == MNEME_OK ? check_frame(&version, codec, &frame, error)
                                                                : MNEME_OK;
}

int mneme_embedding_decode(struct mneme_embedding_codec *codec, struct mneme_embedding *embedding,
                           struct mneme_str message, struct mneme_error *error) {
    struct mneme_frame frame;
    size_t version = 0;
    int status = mneme_frame_read(&frame, message, error);
    if (status == MNEME_OK) {
        status = check_frame(&version, codec, &frame, error);
    }
    return status == MNEME_OK ? get_body(embedding, version, frame.body, error) : status;
}
