/*
 * Writes JSON into a buffer without building a tree: used for each row of the ledger and each line of output.
 * The writer inserts commas; misuse (a value without a key in an object) fails an assertion.
 */
#ifndef MNEME_COMMON_JSON_WRITE_H
#define MNEME_COMMON_JSON_WRITE_H

#include "common/base/buffer.h"
#include "common/base/types.h"

/* Start with {.out = buffer}. */
struct mneme_json_writer {
    struct mneme_buffer *out; /* borrowed */
    bool needs_comma;
    bool has_key;         /* a key waits for its value */
    unsigned depth;       /* number of open levels */
    uint64_t object_bits; /* for each of the 64 innermost levels: whether it is an object */
};

void mneme_json_begin_object(struct mneme_json_writer *json);
void mneme_json_end_object(struct mneme_json_writer *json);
void mneme_json_begin_array(struct mneme_json_writer *json);
void mneme_json_end_array(struct mneme_json_writer *json);
void mneme_json_key(struct mneme_json_writer *json, struct mneme_str key);
void mneme_json_string(struct mneme_json_writer *json, struct mneme_str text); /* null slice: null */
void mneme_json_raw(struct mneme_json_writer *json,
                    struct mneme_str json_text); /* already JSON; null: null */
/* Adds the members of a JSON object to the open object. */
void mneme_json_members(struct mneme_json_writer *json, struct mneme_str object);
void mneme_json_long(struct mneme_json_writer *json, int64_t value);
void mneme_json_double(struct mneme_json_writer *json, double value); /* shortest that reads back the same */
void mneme_json_float(struct mneme_json_writer *json, float value);   /* the same in single precision */
void mneme_json_bool(struct mneme_json_writer *json, bool value);
void mneme_json_null(struct mneme_json_writer *json);
void mneme_json_uuid(struct mneme_json_writer *json, struct mneme_uuid id);
void mneme_json_time(struct mneme_json_writer *json, int64_t micros); /* RFC 3339 */
void mneme_json_position(struct mneme_json_writer *json, struct mneme_position position);

/* The shortest escape of a control character, a quote or a backslash. */
void mneme_json_append_escape(struct mneme_buffer *out, uint8_t byte);

#endif
