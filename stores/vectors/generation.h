/*
 * Generations: each is one full set of vectors, of one model, in one store, filled from one topic. One of
 * them is active and answers; a rebuild or a new model fills another beside it, and one transaction puts that
 * in its place. What a generation is made of is remembered with it, so that settings matter only for the
 * first.
 */
#ifndef MNEME_STORES_VECTORS_GENERATION_H
#define MNEME_STORES_VECTORS_GENERATION_H

#include "common/config/projections.h"
#include "common/kafka/kafka.h"
#include "common/postgres/postgres.h"
#include "stores/vectors/metric.h"

#define MNEME_MODEL_BYTES 250   /* of a name, with a NUL */
#define MNEME_PREFIX_BYTES 1024 /* of what a model wants before a text, with a NUL */

struct mneme_vector_store_ops; /* stores/vectors/store.h */

enum mneme_generation_state {
    MNEME_GENERATION_FILLING, /* beside the active one; can be asked by its model's name */
    MNEME_GENERATION_ACTIVE,  /* at most one */
    MNEME_GENERATION_RETIRED, /* was active; kept for a while */
    MNEME_GENERATION_STATES,
};

extern const char *const mneme_generation_state_names[MNEME_GENERATION_STATES];

struct mneme_generation {
    int32_t number;
    enum mneme_generation_state state;
    const struct mneme_vector_store_ops *store;
    enum mneme_vector_metric metric; /* of documents; collections of raw vectors have their own */
    int32_t dimensions;              /* 0 until the first document has told them */
    bool is_loaded;                  /* the bulk is in; only of one that is filling it can be false */
    char model[MNEME_MODEL_BYTES];
    char query_prefix[MNEME_PREFIX_BYTES], passage_prefix[MNEME_PREFIX_BYTES];
    char topic[MNEME_TOPIC_NAME_BYTES]; /* that it is filled from */
    int32_t edition; /* of the model's records, that the topic has (stores/vectors/edition.h) */
    char token[33];  /* hexadecimal; names its place where stores share a service */
};

/* The functions below expect a connection whose search path has the schema of vectors, and take part in a
 * transaction that is open. None of them keeps the connection. */

/* MNEME_E_NOT_FOUND when there is none yet. */
int mneme_generation_active(struct mneme_generation *out, struct mneme_postgres *postgres,
                            struct mneme_error *error);

/* The one of that model that is active, else the newest that is filling or retired. MNEME_E_NOT_FOUND names
 * the models that there are. */
int mneme_generation_of_model(struct mneme_generation *out, struct mneme_postgres *postgres,
                              const char *model, struct mneme_error *error);

/* The one with that number. MNEME_E_NOT_FOUND. */
int mneme_generation_get(struct mneme_generation *out, struct mneme_postgres *postgres, int32_t number,
                         struct mneme_error *error);

/* Calls `visit` for each, oldest first, until it returns another status than MNEME_OK, which is returned. */
int mneme_generation_each(struct mneme_postgres *postgres,
                          int (*visit)(void *context, const struct mneme_generation *generation),
                          void *context, struct mneme_error *error);

/* For those who fill them. */

/* Adds one with the given model, store, metric, topic and state, and sets its number and token. Without
 * dimensions these follow with the first document. MNEME_E_CONFLICT when there is an active one already and
 * this is to be another. */
int mneme_generation_add(struct mneme_generation *generation, struct mneme_postgres *postgres,
                         struct mneme_error *error);

/* Tells the dimensions and prefixes of a generation that had none; another process may have been first, so
 * that what comes back in `generation` counts. Waits for a transaction that does the same. */
int mneme_generation_pin(struct mneme_generation *generation, struct mneme_postgres *postgres,
                         struct mneme_error *error);

/* The bulk is in. */
int mneme_generation_set_loaded(struct mneme_generation *generation, struct mneme_postgres *postgres,
                                struct mneme_error *error);

/* Makes it the active one and retires the one before, in the caller's transaction. Its progress becomes that
 * of the projection, with epochs that no writer has: all claim anew. */
int mneme_generation_activate(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                              struct mneme_error *error);

/* What its progress goes by: the projection's own name for the active one. */
#define MNEME_GENERATION_PROGRESS_BYTES 32
void mneme_generation_progress(char text[MNEME_GENERATION_PROGRESS_BYTES],
                               const struct mneme_generation *generation);

/* Forgets the row and the progress; what the store holds is to be dropped before. */
int mneme_generation_remove(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                            struct mneme_error *error);

#endif
