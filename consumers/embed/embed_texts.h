/*
 * The texts of a batch and their vectors: each text once, from the cache in Postgres if the model has
 * embedded it before, else from the endpoint and then into the cache, before anything else is done with it. A
 * text that the endpoint refuses is cut in halves, until the endpoint takes the pieces or they are too short
 * to be cut.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_TEXTS_H
#define MNEME_CONSUMERS_EMBED_EMBED_TEXTS_H

#include "common/base/arena.h"
#include "common/postgres/postgres.h"
#include "endpoints/embedding/embedder.h"

#define MNEME_TEXT_HASH_BYTES 32

/* A part of a document to be embedded. */
struct mneme_embed_text {
    struct mneme_str text;   /* in: not blank; out: what the vector is of */
    struct mneme_str vector; /* out: little-endian floats, in the arena; null: the text was refused … */
    const char *refusal;     /* … and why, in the arena */
    struct mneme_embed_text *next; /* the document's next part; parts added by cutting are in the arena */

    uint8_t input_hash[MNEME_TEXT_HASH_BYTES]; /* of prefix and text, by which the cache knows it */
};

/* SHA-256 of prefix and text. False when memory is exhausted. */
bool mneme_embed_hash(uint8_t out[MNEME_TEXT_HASH_BYTES], struct mneme_str prefix, struct mneme_str text);

/*
 * Gives each text a vector or a refusal. `postgres` is outside a transaction. What the endpoint gave before a
 * failure is in the cache. Errors of mneme_embedder_embed and of Postgres.
 */
int mneme_embed_texts(struct mneme_embed_text **texts, size_t count, struct mneme_embedder *embedder,
                      struct mneme_postgres *postgres, struct mneme_arena *arena, struct mneme_error *error);

#endif
