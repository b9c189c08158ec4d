/*
 * Reads an endpoint's answer to texts. The answer is not trusted: unless it has one finite, non-zero vector
 * of the right dimension for each text, it is refused as a whole, with the reason.
 */
#ifndef MNEME_ENDPOINTS_EMBEDDING_ANSWER_H
#define MNEME_ENDPOINTS_EMBEDDING_ANSWER_H

#include "common/base/arena.h"
#include "common/base/error.h"

struct mneme_embedder_answer {
    float *vectors; /* count × dimensions, in the order of the request's texts; in the arena */
    size_t dimensions;
};

/* Reads the answer to `count` texts (at least one): {"data": [{"index": 0, "embedding": [...]}, …]}, an
 * embedding as numbers or as base64 of little-endian floats; without an index, in order. `dimensions` is the
 * required dimension, 0 for any that all vectors share. MNEME_E_UNAVAILABLE for an unusable answer, with a
 * phrase such as "2 vectors came for 3 texts". Thread-safe. */
int mneme_embedder_answer_read(struct mneme_embedder_answer *out, struct mneme_arena *arena,
                               struct mneme_str body, size_t count, size_t dimensions,
                               struct mneme_error *error);

/* The reason in an endpoint's refusal: the message of {"error": {"message"}}, {"error"}, {"message"} or
 * {"detail"}, else the beginning of the body. Borrowed from body or arena; may be empty. */
struct mneme_str mneme_embedder_answer_reason(struct mneme_arena *arena, struct mneme_str body);

#endif
