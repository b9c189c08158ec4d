/*
 * UUIDs by RFC 9562: version 7 for new ids (ordered by time), version 5 for ids derived from a name.
 */
#ifndef MNEME_COMMON_BASE_UUID_H
#define MNEME_COMMON_BASE_UUID_H

#include "common/base/error.h"
#include "common/base/types.h"

#define MNEME_UUID_TEXT_BYTES 36

/* A new version 7 id: milliseconds of the wall clock, a counter that keeps one thread's ids ascending within
 * a millisecond, and random bits. Thread-safe, takes no lock and makes no system call per id.
 * MNEME_E_INTERNAL when the system provides no random bytes. */
int mneme_uuid_v7(struct mneme_uuid *out, struct mneme_error *error);

/* The same for callers that have just read the wall clock, which costs more than the rest. */
int mneme_uuid_v7_at(struct mneme_uuid *out, int64_t now_micros, struct mneme_error *error);

/* The version 5 id (SHA-1) of `name` within `namespace_id`. Thread-safe; a thread's first call allocates. */
int mneme_uuid_v5(struct mneme_uuid *out, struct mneme_uuid namespace_id, struct mneme_str name,
                  struct mneme_error *error);

/* Parses the 36-character form in either case; false for anything else. */
bool mneme_uuid_parse(struct mneme_uuid *out, struct mneme_str text);

/* Parses the beginning of the 36-character form, at least MNEME_UUID_MIN_PREFIX digits, in either case, with
 * or without dashes. *first and *last are the lowest and the highest id that begin with it. */
#define MNEME_UUID_MIN_PREFIX 4
bool mneme_uuid_parse_prefix(struct mneme_uuid *first, struct mneme_uuid *last, struct mneme_str text);

/* Writes 36 lower-case characters and no NUL. */
void mneme_uuid_format(struct mneme_uuid id, char text[MNEME_UUID_TEXT_BYTES]);

static inline int mneme_uuid_compare(struct mneme_uuid a, struct mneme_uuid b) {
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

static inline int mneme_uuid_version(struct mneme_uuid id) {
    return id.bytes[6] >> 4;
}

/* Whether it is of version 7 and above the highest seen so far (all zeros: none). */
static inline bool mneme_uuid_is_v7_above(struct mneme_uuid id, struct mneme_uuid high) {
    return mneme_uuid_version(id) == 7 && mneme_uuid_compare(id, high) > 0;
}

#endif
