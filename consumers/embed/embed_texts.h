/*
 * The texts of a batch and their vectors: each text once, from the cache in Postgres where a model has given
 * it before, else from the endpoint and then into the cache, before anything else is done with it.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_TEXTS_H
#define MNEME_CONSUMERS_EMBED_EMBED_TEXTS_H

#include "common/arena.h"
#include "common/postgres.h"
#include "embedding/embedder.h"

#define MNEME_TEXT_HASH_BYTES 32

/* A text that is wanted as a vector. */
struct mneme_embed_text {
    struct mneme_str text;
    uint8_t hash[MNEME_TEXT_HASH_BYTES]; /* out: SHA-256 of the text */
    struct mneme_str vector;             /* out: little-endian floats, in the arena */

    uint8_t input_hash[MNEME_TEXT_HASH_BYTES]; /* of prefix and text, by which the cache knows it */
};

/*
 * Fills in hashes and vectors of all texts. `postgres` is outside a transaction. What the endpoint gave
 * before a failure is in the cache. Errors of mneme_embedder_embed and of Postgres; MNEME_E_INVALID when the
 * endpoint refuses one of the texts for what it is.
 */
int mneme_embed_texts(struct mneme_embed_text *texts, size_t count, struct mneme_embedder *embedder,
                      struct mneme_postgres *postgres, struct mneme_arena *arena, struct mneme_error *error);

#endif
