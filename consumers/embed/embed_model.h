/*
 * Which model a worker embeds by: that of the vectors which answer now, so that a switch to other vectors
 * takes the workers along; before there are any, or where the settings pin it, the settings'.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_MODEL_H
#define MNEME_CONSUMERS_EMBED_EMBED_MODEL_H

#include "common/postgres.h"
#include "embedding/models.h"

/* A model with its strings. */
struct mneme_embed_model {
    struct mneme_embedding_model model; /* points into `strings` */
    struct mneme_buffer strings;
};

void mneme_embed_model_clean_up(struct mneme_embed_model *model);

/* Sets *out, which is zeroed or was set before. `postgres` is outside a transaction. */
int mneme_embed_model_choose(struct mneme_embed_model *out, const struct mneme_config *config,
                             struct mneme_postgres *postgres, struct mneme_error *error);

/* Whether both mean the same vectors. */
bool mneme_embed_model_equal(const struct mneme_embed_model *a, const struct mneme_embed_model *b);

#endif
