/*
 * JSON text in the one form in which Postgres prints jsonb: what a hash over a stored row can be computed
 * from before the row is stored. Keys by length and then bytes, the last of equal ones wins, ", " and ": "
 * between the parts, no escape that is not needed, numbers without exponents and with all their decimals.
 */
#ifndef MNEME_COMMON_JSON_NORMAL_H
#define MNEME_COMMON_JSON_NORMAL_H

#include "common/base/buffer.h"

struct mneme_json_member;

/* What the work needs beside its output; kept from call to call, so that the usual call allocates nothing.
 * Zero-initialise to start with. One thread at a time. */
struct mneme_json_normal {
    struct mneme_buffer names; /* keys that had escapes, without them */
    struct mneme_buffer moved; /* an object whose members are put in order */
    struct mneme_json_member *members;
    size_t member_count, member_capacity;
};
void mneme_json_normal_clean_up(struct mneme_json_normal *normal);

/* Appends the value's normal form. `text` is what mneme_json_check accepts, or such values put together by a
 * writer, at most MNEME_JSON_NORMAL_DEPTH deep; text with other structure comes out as no JSON either. When
 * memory is exhausted out->failed is set. */
#define MNEME_JSON_NORMAL_DEPTH 72
void mneme_json_normalise(struct mneme_buffer *out, struct mneme_json_normal *normal, struct mneme_str text);

#endif
