/*
 * The vector of a question: embedded with the model's query prefix, and cached in Redis for a while, since
 * the same question may be asked again. Redis is optional here: when it is away, each question is embedded,
 * after one short wait that is not repeated for some seconds.
 *
 * For one thread at a time.
 */
#ifndef MNEME_ENDPOINTS_EMBEDDING_QUERY_H
#define MNEME_ENDPOINTS_EMBEDDING_QUERY_H

#include "endpoints/embedding/embedder.h"

struct mneme_embedder_query;

/* Copies what it needs of settings and model (NULL: that of the settings). Connects to nothing yet. */
int mneme_embedder_query_open(struct mneme_embedder_query **out, const struct mneme_config *config,
                              const struct mneme_embedder_model_info *model, struct mneme_error *error);
void mneme_embedder_query_close(struct mneme_embedder_query *embedder);

/* The vector of a question that is not blank, *dimensions floats, valid until the next call. `timeout_ms`
 * limits the whole call (0: only the settings do). Errors of mneme_embedder_embed, and MNEME_E_INVALID for a
 * question that the endpoint refuses. */
int mneme_embedder_query_embed(const float **vector, size_t *dimensions,
                               struct mneme_embedder_query *embedder, struct mneme_str question,
                               int64_t timeout_ms, struct mneme_error *error);

#endif
