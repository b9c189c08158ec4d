/*
 * The record of a document with its vector on an embeddings topic, written by one worker for others and for
 * any other reader. Framed like events; keyed by the document, so that the topic can be compacted to the
 * newest record of each; without a value when the document is removed.
 */
#ifndef MNEME_SCHEMAS_EMBEDDING_H
#define MNEME_SCHEMAS_EMBEDDING_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/config/config.h"
#include "common/kafka/kafka.h"

/* schemas/avsc/mneme.embedding.vN.avsc, oldest first: all are read, the last is written. */
#define MNEME_EMBEDDING_VERSIONS 2
extern const char *const mneme_embedding_schemas[MNEME_EMBEDDING_VERSIONS];

/* Maximum number of parts of one document that each have a vector. */
#define MNEME_EMBEDDING_MAX_PARTS 256

/* Only fields that are marked so may be null. Strings are borrowed; those of a decoded record from the
 * message. */
struct mneme_embedding {
    struct mneme_str tenant, stream_id, kind, ref;
    struct mneme_str user_id, agent_id, run_id, conversation_id; /* may be null */
    struct mneme_opt_long position;
    struct mneme_str speaker; /* may be null */
    int64_t created_at;       /* microseconds */
    struct mneme_str text;    /* empty for a vector that the caller supplied */
    struct mneme_str text_hash;
    struct mneme_str model, query_prefix, passage_prefix;
    int64_t dimensions;
    struct mneme_str vector;           /* little-endian floats; the mean if there are several parts */
    struct mneme_str metric, metadata; /* may be null */
    int64_t source_sequence;
    struct mneme_str
        part_vectors; /* the parts' vectors, one after the other; null or empty: there is only one part */
};

/* --- the topic --- */

/* "<prefix>embeddings.<model>", with "-" for characters that a topic's name may not have; NUL-terminated.
 * MNEME_E_INVALID for a name that is too long, or a prefix that topics may not have. */
int mneme_embeddings_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                           const char *model, struct mneme_error *error);

/* The same for an edition of the model's records: a complete set, made once from a log, on its own topic. The
 * first edition has the name above, others "<prefix>embeddings-<edition>.<model>", which cannot be the first
 * edition of any model. */
int mneme_embeddings_edition_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                                   const char *model, int32_t edition, struct mneme_error *error);

/* --- the key: "kind/ref/tenant/stream_id", with "%" and "/" within each part percent-encoded --- */

struct mneme_embedding_key {
    struct mneme_str kind, ref, tenant, stream_id;
};

void mneme_embedding_key_write(struct mneme_buffer *out, const struct mneme_embedding_key *key);

/* Parts with an escape are in the arena, the others borrowed from the text. MNEME_E_INVALID for a text that
 * is not such a key. */
int mneme_embedding_key_read(struct mneme_embedding_key *key, struct mneme_arena *arena,
                             struct mneme_str text, struct mneme_error *error);

/* --- the value --- */

/* Remembers the registry's answers. For one thread at a time. */
struct mneme_embedding_codec;

/* With a registry URL in the settings, writes the Confluent framing (the schema is registered under
 * "<topic>-value" when it is first needed), else single-object. Always reads both. Makes no request yet.
 * `topic` is copied. */
int mneme_embedding_codec_new(struct mneme_embedding_codec **out, const struct mneme_config *config,
                              const char *topic, struct mneme_error *error);
void mneme_embedding_codec_destroy(struct mneme_embedding_codec *codec);

/* Header and body, appended to `out`. May ask the registry the first time: MNEME_E_UNAVAILABLE when it does
 * not answer, MNEME_E_INVALID when it refuses the schema. */
int mneme_embedding_encode(struct mneme_embedding_codec *codec, const struct mneme_embedding *embedding,
                           struct mneme_buffer *out, struct mneme_error *error);

/* Whether mneme_embedding_decode knows the schema of the message: MNEME_OK, also for bytes without a schema,
 * or MNEME_E_UNKNOWN_SCHEMA; MNEME_E_UNAVAILABLE when the registry does not answer. */
int mneme_embedding_known(struct mneme_embedding_codec *codec, struct mneme_str message,
                          struct mneme_error *error);

/* MNEME_E_INVALID for bytes that are not an embedding, including a vector whose length differs from its
 * dimensions, and vectors of parts that are not 2 to MNEME_EMBEDDING_MAX_PARTS of that length;
 * MNEME_E_UNKNOWN_SCHEMA for a schema that this program does not know; MNEME_E_UNAVAILABLE when the registry
 * does not answer. */
int mneme_embedding_decode(struct mneme_embedding_codec *codec, struct mneme_embedding *embedding,
                           struct mneme_str message, struct mneme_error *error);

#endif
