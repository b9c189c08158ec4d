/*
 * Which model a worker embeds by, and which edition of its records it writes: those of the vectors that
 * answer now, so that workers follow a switch to other vectors; those of the generation that the settings
 * name, while it is filled; or the settings', if there are no vectors yet or the settings pin the model.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_MODEL_H
#define MNEME_CONSUMERS_EMBED_EMBED_MODEL_H

#include "common/kafka/kafka.h"
#include "common/postgres/postgres.h"
#include "endpoints/embedding/models.h"

/* A model with its strings. */
struct mneme_embed_model {
    struct mneme_embedder_model_info model; /* points into `strings` */
    struct mneme_buffer strings;
    int32_t edition; /* of its records (stores/vectors/edition.h) */
    bool is_current; /* its vectors answer; else they are being filled */
    char topic[MNEME_TOPIC_NAME_BYTES];
};

void mneme_embed_model_clean_up(struct mneme_embed_model *model);

/* Sets *out, which is zeroed or was set before. `postgres` is outside a transaction. MNEME_E_UNSAFE when the
 * vectors that answer are of another topic than one of the settings' prefix. */
int mneme_embed_model_choose(struct mneme_embed_model *out, const struct mneme_config *config,
                             struct mneme_postgres *postgres, struct mneme_error *error);

/* Whether both mean the same vectors. */
bool mneme_embed_model_equal(const struct mneme_embed_model *a, const struct mneme_embed_model *b);

#endif
