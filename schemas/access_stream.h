/*
 * Accesses of memories are logged in a separate side stream, so that reading never invalidates a writer's
 * expected version.
 */
#ifndef MNEME_SCHEMAS_ACCESS_STREAM_H
#define MNEME_SCHEMAS_ACCESS_STREAM_H

#include <string.h>

#include "common/base/buffer.h"

/* Appended to the name of the stream whose memories were accessed. Part of the log's format: queries and
 * migrations use it, too. */
#define MNEME_ACCESS_STREAM_SUFFIX "#access"

static inline void mneme_access_stream_append(struct mneme_buffer *out, struct mneme_str stream_id) {
    mneme_buffer_append_str(out, stream_id);
    mneme_buffer_append_str(out, MNEME_STR_LIT(MNEME_ACCESS_STREAM_SUFFIX));
}

/* The stream of the memories: the name without the suffix, if it has it. */
static inline struct mneme_str mneme_access_stream_subject(struct mneme_str stream_id) {
    const struct mneme_str suffix = MNEME_STR_LIT(MNEME_ACCESS_STREAM_SUFFIX);
    if (stream_id.len >= suffix.len &&
        memcmp(stream_id.data + stream_id.len - suffix.len, suffix.data, suffix.len) == 0) {
        stream_id.len -= suffix.len;
    }
    return stream_id;
}

#endif
