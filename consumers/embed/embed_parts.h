/*
 * The vectors of a document, made from those of the parts of its text.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_PARTS_H
#define MNEME_CONSUMERS_EMBED_EMBED_PARTS_H

#include "consumers/embed/embed_texts.h"
#include "schemas/embedding.h"

/*
 * Sets dimensions, vector and part_vectors of *out by the parts that have a vector, of which there is at
 * least one: the vector is their mean, and each has its own besides where there are several. Of more than
 * `most` (at least 1) neighbours share one, the mean of theirs, in groups that differ by one part. Each part
 * counts by the length of its text. The vectors are in the arena, or those of the parts. False when memory is
 * exhausted.
 */
bool mneme_embed_join_parts(struct mneme_embedding *out, const struct mneme_embed_text *parts, size_t most,
                            struct mneme_arena *arena);

#endif
