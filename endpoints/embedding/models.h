/*
 * What Mneme knows of an embedding model: its name at the endpoint, and the prefixes that it was trained with
 * for questions and passages. A model that is used without its prefixes finds less, without any error.
 */
#ifndef MNEME_ENDPOINTS_EMBEDDING_MODELS_H
#define MNEME_ENDPOINTS_EMBEDDING_MODELS_H

#include <stddef.h>

#include "common/config/config.h"

/* Plain data; its strings belong to whoever made it. */
struct mneme_embedder_model_info {
    const char *name;
    const char *query_prefix;   /* "" if the model needs none */
    const char *passage_prefix; /* "" if the model needs none */
    size_t dimensions;          /* 0: as the endpoint returns them */
};

/* A row of the table of known models; `pattern` is an fnmatch pattern for the last part of the name. */
struct mneme_embedder_known_model {
    const char *pattern;
    const char *query_prefix;
    const char *passage_prefix;
    size_t part_bytes; /* the longest text that it reads completely, in any script */
};

/* The row that matches the name, ignoring case and any part before a slash. Never NULL: an unknown model gets
 * no prefix. */
const struct mneme_embedder_known_model *mneme_embedder_known_model(const char *name);

/* The model that the settings name, with the prefixes from the settings, or else from the table. Its strings
 * live as long as `config`. */
void mneme_embedder_model_of(struct mneme_embedder_model_info *out, const struct mneme_config *config);

/* The maximum length, in bytes, of a text that becomes one vector of that model: from the settings, or else
 * from the table. */
size_t mneme_embedder_part_bytes(const struct mneme_config *config, const char *name);

#endif
