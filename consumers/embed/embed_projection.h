/*
 * The projection `embed`: texts of memories and turns in, records with their vectors out, on the topic of the
 * model. Its progress is that of the model, so that another model begins with the whole log.
 *
 * In Postgres it keeps which documents have a record and the vectors that models gave. Making that again asks
 * a model, and ends in other vectors: `mneme rebuild embed` (consumers/reembed.h) fills another edition of
 * the records and a generation of vectors from it.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_PROJECTION_H
#define MNEME_CONSUMERS_EMBED_EMBED_PROJECTION_H

#include "consumers/runtime/projection.h"

extern const struct mneme_projection_ops mneme_embed_projection;

#endif
