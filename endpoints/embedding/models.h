/*
 * What an embedding model is to us: its name at the endpoint, and the prefixes that its questions and
 * passages were trained with. A model that is used without its prefixes finds less, and says nothing.
 */
#ifndef MNEME_ENDPOINTS_EMBEDDING_MODELS_H
#define MNEME_ENDPOINTS_EMBEDDING_MODELS_H

#include <stddef.h>

#include "common/config/config.h"

/* Plain data; its strings belong to whoever made it. */
struct mneme_embedder_model_info {
    const char *name;
    const char *query_prefix;   /* "" where it wants none */
    const char *passage_prefix; /* "" where it wants none */
    size_t dimensions;          /* 0: those that the endpoint gives */
};

/* A row of the table of known models; `pattern` is of the last part of the name, as fnmatch takes it. */
struct mneme_embedder_known_model {
    const char *pattern;
    const char *query_prefix;
    const char *passage_prefix;
    size_t part_bytes; /* the longest text that it reads to its end, in any script */
};

/* The row that fits the name, whatever its case and whoever is named before a slash; never NULL: a model that
 * nobody knows wants no prefix. */
const struct mneme_embedder_known_model *mneme_embedder_known_model(const char *name);

/* The model that the settings name, with the prefixes that they give or else those of the table. Its strings
 * live as long as `config`. */
void mneme_embedder_model_of(struct mneme_embedder_model_info *out, const struct mneme_config *config);

/* How long a text may be, in bytes, that becomes one vector of that model: what the settings say, or else the
 * table. */
size_t mneme_embedder_part_bytes(const struct mneme_config *config, const char *name);

#endif
