/*
 * What stands beside a vector in Chroma, by which it is found and known again. Metadata there is flat: what a
 * user gave with a raw vector is kept as its text, and its plain members once more by themselves, so that a
 * filter can name them.
 */
#ifndef MNEME_STORES_VECTORS_CHROMA_METADATA_H
#define MNEME_STORES_VECTORS_CHROMA_METADATA_H

#include <jansson.h>

#include "common/json/write.h"
#include "stores/vectors/store.h"

/* Writes the object, of one part of a document. `stored` is what Chroma has, or NULL: members of it that the
 * change lacks become null, which removes them. */
void mneme_chroma_put_metadata(struct mneme_json_writer *json, const struct mneme_vector_change *change,
                               size_t part, const json_t *stored, struct mneme_arena *arena);

/* The same backwards: document, part, scope, sequence and what raw vectors have. Slices point into
 * `metadata`. False for what was not written by the above. */
bool mneme_chroma_read_metadata(struct mneme_vector_change *change, const json_t *metadata);

/* The member `where` of a question: nothing is written when the scope has but a tenant. */
void mneme_chroma_put_where(struct mneme_json_writer *json, const struct mneme_vector_scope *scope);

/* The same of a filter on raw vectors, an object of plain values. */
void mneme_chroma_put_filter(struct mneme_json_writer *json, struct mneme_str filter_json,
                             struct mneme_arena *arena);

#endif
