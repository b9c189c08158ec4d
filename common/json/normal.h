/*
 * JSON text in the form in which Postgres prints jsonb, so that a hash over a row can be computed before the
 * row is stored: keys ordered by length and then bytes, the last of equal keys wins, ", " and ": " between
 * the parts, no unnecessary escapes, numbers without exponents and with all their decimals.
 */
#ifndef MNEME_COMMON_JSON_NORMAL_H
#define MNEME_COMMON_JSON_NORMAL_H

#include "common/base/buffer.h"

struct mneme_json_member;

/* Working memory, kept between calls so that most calls allocate nothing. Zero-initialise before use. One
 * thread at a time. */
struct mneme_json_normal {
    struct mneme_buffer names; /* keys that had escapes, without them */
    struct mneme_buffer moved; /* an object whose members are being sorted */
    struct mneme_json_member *members;
    size_t member_count, member_capacity;
};
void mneme_json_normal_clean_up(struct mneme_json_normal *normal);

/* Appends the value's normal form. `text` is accepted by mneme_json_check, or combined from such values by a
 * writer, at most MNEME_JSON_NORMAL_DEPTH deep; other text yields invalid JSON. Sets out->failed when memory
 * is exhausted. */
#define MNEME_JSON_NORMAL_DEPTH 72
void mneme_json_normalise(struct mneme_buffer *out, struct mneme_json_normal *normal, struct mneme_str text);

#endif
