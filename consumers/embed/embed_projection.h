/*
 * The projection `embed`: texts of memories and turns in, records with their vectors out, on the topic of the
 * model. Each model has its own progress, so another model begins with the whole log.
 *
 * In Postgres it keeps which documents have a record, and the vectors of the models. Making these again needs
 * a model, and results in other vectors: `mneme rebuild embed` (consumers/reembed.h) fills another edition of
 * the records and a generation of vectors from it.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_PROJECTION_H
#define MNEME_CONSUMERS_EMBED_EMBED_PROJECTION_H

#include "consumers/runtime/projection.h"

extern const struct mneme_projection_ops mneme_embed_projection;

#endif
