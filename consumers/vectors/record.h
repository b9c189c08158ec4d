/*
 * A record of the topic of embeddings as a change of the vector store.
 */
#ifndef MNEME_CONSUMERS_VECTORS_RECORD_H
#define MNEME_CONSUMERS_VECTORS_RECORD_H

#include "consumers/log/batch.h"
#include "schemas/embedding.h"
#include "stores/vectors/store.h"

/* A change, with the other contents of its record. */
struct mneme_vector_record {
    struct mneme_vector_change change;
    struct mneme_str query_prefix, passage_prefix; /* of the model; null for a removal */
};

/* Fills *out, which points into the item and the arena. MNEME_E_INVALID for a record that no embed worker
 * writes: it is parked, and does not hold up later records of its key. Else as mneme_embedding_decode. */
int mneme_vector_record_read(struct mneme_vector_record *out, struct mneme_embedding_codec *codec,
                             const struct mneme_batch_item *item, struct mneme_arena *arena,
                             struct mneme_error *error);

/* Keeps the newest change of each document; returns how many are left, in the order of their keys. */
size_t mneme_vector_changes_collapse(struct mneme_vector_change *changes, size_t count);

#endif
