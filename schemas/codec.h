/*
 * Converts bytes to events and back. A decoder is compiled once for each writer's schema into a list of steps
 * and then reads at the speed of memory; the encoder writes the newest schema.
 *
 * Resolution follows the Avro specification: fields by name, absent ones by default, unknown ones skipped,
 * numbers promoted. Unlike an unknown field, an unknown payload branch is an error (MNEME_E_UNKNOWN_SCHEMA):
 * an event must never be only half understood.
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

/* Reads exactly all of `bytes`. Strings of the event point into `bytes`; arrays and maps are in the arena.
 * MNEME_E_INVALID for bytes that are not such an event, MNEME_E_UNKNOWN_SCHEMA for a branch that this program
 * does not know. */
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
 * "<topic>-value" when it is first needed, with bounded retries), else single-object. Always reads both.
 * Makes no request yet. */
int mneme_codec_new(struct mneme_codec **out, const struct mneme_config *config, struct mneme_error *error);
void mneme_codec_destroy(struct mneme_codec *codec);

/* Registers or looks up what writing needs; call once before the first encode. MNEME_E_UNAVAILABLE when the
 * registry does not answer, MNEME_E_INVALID when it refuses the schema as incompatible. Blocks. */
int mneme_codec_prepare_writing(struct mneme_codec *codec, struct mneme_error *error);

/* Appends header and body of a message to `out`. */
int mneme_codec_encode(struct mneme_codec *codec, const struct mneme_event *event, struct mneme_buffer *out,
                       struct mneme_error *error);

/* Decodes header and body of a message, like mneme_decoder_decode. Asks the registry for a new schema id
 * (bounded retries, blocks). MNEME_E_UNAVAILABLE when the registry does not answer: the caller waits and
 * tries again. MNEME_E_UNKNOWN_SCHEMA when the schema is unknown: the caller stops. MNEME_E_INVALID for a
 * message that begins with an unknown schema registry id and does not continue like an event. */
int mneme_codec_decode(struct mneme_codec *codec, struct mneme_event *event, struct mneme_arena *arena,
                       struct mneme_str message, struct mneme_error *error);

#endif
