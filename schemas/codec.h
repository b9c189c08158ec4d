/*
 * Bytes into events and back. A decoder is compiled once for each writer's schema into a list of steps and
 * then reads at the speed of memory; an encoder writes the newest schema.
 *
 * Resolution follows the Avro specification: fields by name, absent ones by default, unknown ones skipped,
 * numbers promoted. Unlike fields, an unknown payload branch is an error (MNEME_E_UNKNOWN_SCHEMA): an event
 * must never be half understood.
 */
#ifndef MNEME_SCHEMAS_CODEC_H
#define MNEME_SCHEMAS_CODEC_H

#include "common/config/config.h"
#include "schemas/event.h"

/* --- encoding --- */

/* Appends the Avro binary form of `event` in the newest schema. Thread-safe. */
void mneme_event_encode(const struct mneme_event *event, struct mneme_buffer *out);

/* --- decoding by one writer's schema --- */

struct mneme_decoder; /* immutable once compiled: any number of threads may use it */

/* MNEME_E_UNKNOWN_SCHEMA when the schema cannot be read as an event, with the reason. */
int mneme_decoder_compile(struct mneme_decoder **out, const char *writer_schema_json,
                          struct mneme_error *error);
void mneme_decoder_destroy(struct mneme_decoder *decoder);

/* Reads exactly all of `bytes`. Strings of the event point into `bytes`; arrays and maps lie in the arena.
 * MNEME_E_INVALID for bytes that are no such event, MNEME_E_UNKNOWN_SCHEMA for a branch this program lacks.
 */
int mneme_decoder_decode(const struct mneme_decoder *decoder, struct mneme_event *event,
                         struct mneme_arena *arena, struct mneme_str bytes, struct mneme_error *error);

/* --- framing --- */

enum mneme_framing { MNEME_FRAMING_SINGLE_OBJECT, MNEME_FRAMING_CONFLUENT };

struct mneme_frame {
    enum mneme_framing framing;
    uint64_t fingerprint; /* CRC-64-AVRO, single-object */
    int32_t schema_id;    /* Confluent */
    struct mneme_str body;
};

/* MNEME_E_INVALID when the bytes begin with neither header. */
int mneme_frame_read(struct mneme_frame *frame, struct mneme_str message, struct mneme_error *error);
void mneme_frame_write_single_object(struct mneme_buffer *out, uint64_t fingerprint);
void mneme_frame_write_confluent(struct mneme_buffer *out, int32_t schema_id);

/* CRC-64-AVRO of the schema's Parsing Canonical Form (Avro specification, "Schema Fingerprints"). */
int mneme_schema_fingerprint(uint64_t *out, const char *schema_json, struct mneme_error *error);

/* --- the codec: framing, registry and decoders together --- */

struct mneme_codec; /* thread-safe */

/* With a registry URL in the settings, writes the Confluent framing (registering the newest schema under
 * "<topic>-value" at the first need, bounded retries), else single-object. Reads both always. Makes no
 * request yet. */
int mneme_codec_new(struct mneme_codec **out, const struct mneme_config *config, struct mneme_error *error);
void mneme_codec_destroy(struct mneme_codec *codec);

/* Registers or looks up what writing needs; call once before the first encode. MNEME_E_UNAVAILABLE when the
 * registry does not answer, MNEME_E_INVALID when it refuses the schema as incompatible. Blocks. */
int mneme_codec_prepare_writing(struct mneme_codec *codec, struct mneme_error *error);

/* Header and body of a message. Appends to `out`. */
int mneme_codec_encode(struct mneme_codec *codec, const struct mneme_event *event, struct mneme_buffer *out,
                       struct mneme_error *error);

/* Header and body of a message into an event, as mneme_decoder_decode. An id not seen before asks the
 * registry (bounded retries, blocks); MNEME_E_UNAVAILABLE when that does not answer: the caller waits and
 * tries again; MNEME_E_UNKNOWN_SCHEMA when nobody knows the schema: the caller stops; but MNEME_E_INVALID for
 * what begins with an id of a schema registry that nobody knows, and goes on as no event does. */
int mneme_codec_decode(struct mneme_codec *codec, struct mneme_event *event, struct mneme_arena *arena,
                       struct mneme_str message, struct mneme_error *error);

#endif
