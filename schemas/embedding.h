/*
 * The record of a document with its vector, as it stands on an embeddings topic: from one worker to others,
 * and for whoever else reads it. Framed like events; keyed by the document, so that the topic can be
 * compacted to the newest record of each; without a value when the document is gone.
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

/* Parts of one document that have a vector of their own. */
#define MNEME_EMBEDDING_MAX_PARTS 256

/* What is not said to be null never is. Strings are borrowed: of a decoded record from the message. */
struct mneme_embedding {
    struct mneme_str tenant, stream_id, kind, ref;
    struct mneme_str user_id, agent_id, run_id, conversation_id; /* may be null */
    struct mneme_opt_long position;
    struct mneme_str speaker; /* may be null */
    int64_t created_at;       /* microseconds */
    struct mneme_str text;    /* empty for a vector that the caller brought */
    struct mneme_str text_hash;
    struct mneme_str model, query_prefix, passage_prefix;
    int64_t dimensions;
    struct mneme_str vector;           /* little-endian floats; of several parts their mean */
    struct mneme_str metric, metadata; /* may be null */
    int64_t source_sequence;
    struct mneme_str part_vectors; /* of several parts, one behind the other; null or empty: there is one */
};

/* --- the topic --- */

/* "<prefix>embeddings.<model>", where what a topic's name may not have becomes "-"; NUL-terminated.
 * MNEME_E_INVALID for a name that is too long, or a prefix that topics may not have. */
int mneme_embeddings_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                           const char *model, struct mneme_error *error);

/* The same for an edition of the model's records: all of them, made once from a log, on a topic of their own.
 * The first edition has the name above, others "<prefix>embeddings-<edition>.<model>", which is no model's
 * first. */
int mneme_embeddings_edition_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                                   const char *model, int32_t edition, struct mneme_error *error);

/* --- the key: "kind/ref/tenant/stream_id", with "%" and "/" within each part percent-encoded --- */

struct mneme_embedding_key {
    struct mneme_str kind, ref, tenant, stream_id;
};

void mneme_embedding_key_write(struct mneme_buffer *out, const struct mneme_embedding_key *key);

/* Parts with an escape are in the arena, the others borrowed from the text. MNEME_E_INVALID for a text that
 * is no such key. */
int mneme_embedding_key_read(struct mneme_embedding_key *key, struct mneme_arena *arena,
                             struct mneme_str text, struct mneme_error *error);

/* --- the value --- */

/* Remembers what it has learned from the registry. For one thread at a time. */
struct mneme_embedding_codec;

/* With a registry URL in the settings, writes the Confluent framing (the schema registered under
 * "<topic>-value" at the first need), else single-object. Reads both always. Makes no request yet. `topic` is
 * copied. */
int mneme_embedding_codec_new(struct mneme_embedding_codec **out, const struct mneme_config *config,
                              const char *topic, struct mneme_error *error);
void mneme_embedding_codec_destroy(struct mneme_embedding_codec *codec);

/* Header and body, appended to `out`. May ask the registry the first time: MNEME_E_UNAVAILABLE when it does
 * not answer, MNEME_E_INVALID when it refuses the schema. */
int mneme_embedding_encode(struct mneme_embedding_codec *codec, const struct mneme_embedding *embedding,
                           struct mneme_buffer *out, struct mneme_error *error);

/* Whether mneme_embedding_decode knows the schema of the message: MNEME_OK, also for bytes that have none, or
 * MNEME_E_UNKNOWN_SCHEMA; MNEME_E_UNAVAILABLE when the registry does not tell. */
int mneme_embedding_known(struct mneme_embedding_codec *codec, struct mneme_str message,
                          struct mneme_error *error);

/* MNEME_E_INVALID for bytes that are no embedding, also for a vector that has not as many numbers as its
 * dimensions, and for vectors of parts that are not 2 to MNEME_EMBEDDING_MAX_PARTS of that length;
 * MNEME_E_UNKNOWN_SCHEMA for a schema that this program lacks; MNEME_E_UNAVAILABLE when the registry does not
 * tell. */
int mneme_embedding_decode(struct mneme_embedding_codec *codec, struct mneme_embedding *embedding,
                           struct mneme_str message, struct mneme_error *error);

#endif
