/*
 * The projection `embed`: texts of memories and turns in, records with their vectors out, on the topic of the
 * model. Its progress is that of the model, so that another model begins with the whole log.
 *
 * In Postgres it keeps which documents have a record and the vectors that models gave. That cannot be made
 * anew from the log without asking a model, so the projection has no rebuild: `mneme reembed` fills another
 * generation.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_PROJECTION_H
#define MNEME_CONSUMERS_EMBED_EMBED_PROJECTION_H

#include "consumers/runtime/projection.h"

extern const struct mneme_projection_ops mneme_embed_projection;

#endif
