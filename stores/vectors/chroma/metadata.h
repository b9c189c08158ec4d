/*
 * The metadata of a vector in Chroma, by which it is found and identified. Metadata there is flat: a user's
 * metadata of a raw vector is stored as text, and its plain members again separately, so that a filter can
 * use them.
 */
#ifndef MNEME_STORES_VECTORS_CHROMA_METADATA_H
#define MNEME_STORES_VECTORS_CHROMA_METADATA_H

#include <jansson.h>

#include "common/json/write.h"
#include "stores/vectors/store.h"

/* Writes the object for one part of a document. `stored` is Chroma's current metadata, or NULL: its members
 * that are missing in the change become null, which removes them. */
void mneme_chroma_put_metadata(struct mneme_json_writer *json, const struct mneme_vector_change *change,
                               size_t part, const json_t *stored, struct mneme_arena *arena);

/* Reads it back: document, part, scope, sequence and the members of raw vectors. Slices point into
 * `metadata`. False for anything that was not written by the above. */
bool mneme_chroma_read_metadata(struct mneme_vector_change *change, const json_t *metadata);

/* Writes the member `where` of a query: nothing if the scope has only a tenant. */
void mneme_chroma_put_where(struct mneme_json_writer *json, const struct mneme_vector_scope *scope);

/* The same for a filter on raw vectors, an object of plain values. */
void mneme_chroma_put_filter(struct mneme_json_writer *json, struct mneme_str filter_json,
                             struct mneme_arena *arena);

#endif
