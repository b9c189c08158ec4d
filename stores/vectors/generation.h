/*
 * Generations: each is a complete set of vectors, of one model, in one store, filled from one topic. One of
 * them is active and answers queries; a rebuild or a new model fills another in parallel, and one transaction
 * replaces the active one. A generation stores its own parameters, so that settings matter only for the first
 * one.
 */
#ifndef MNEME_STORES_VECTORS_GENERATION_H
#define MNEME_STORES_VECTORS_GENERATION_H

#include "common/config/projections.h"
#include "common/kafka/kafka.h"
#include "common/postgres/postgres.h"
#include "stores/vectors/metric.h"

#define MNEME_MODEL_BYTES 250   /* of a name, with a NUL */
#define MNEME_PREFIX_BYTES 1024 /* of a model's prefix for texts, with a NUL */

struct mneme_vector_store_ops; /* stores/vectors/store.h */

enum mneme_generation_state {
    MNEME_GENERATION_FILLING, /* in parallel to the active one; can be queried by its model's name */
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
    int32_t dimensions;              /* 0 until the first document sets them */
    bool is_loaded;                  /* the bulk load is complete; can only be false while filling */
    char model[MNEME_MODEL_BYTES];
    char query_prefix[MNEME_PREFIX_BYTES], passage_prefix[MNEME_PREFIX_BYTES];
    char topic[MNEME_TOPIC_NAME_BYTES]; /* that it is filled from */
    int32_t edition;                    /* of the model's records on the topic (stores/vectors/edition.h) */
    char token[33];                     /* hexadecimal; distinguishes installations that share a service */
};

/* The functions below require a connection whose search path includes the schema of vectors, and take part in
 * an open transaction. None of them keeps the connection. */

/* MNEME_E_NOT_FOUND when there is none yet. */
int mneme_generation_active(struct mneme_generation *out, struct mneme_postgres *postgres,
                            struct mneme_error *error);

/* The active generation of that model, else the newest that is filling or retired. MNEME_E_NOT_FOUND names
 * the available models. */
int mneme_generation_of_model(struct mneme_generation *out, struct mneme_postgres *postgres,
                              const char *model, struct mneme_error *error);

/* The generation with that number. MNEME_E_NOT_FOUND. */
int mneme_generation_get(struct mneme_generation *out, struct mneme_postgres *postgres, int32_t number,
                         struct mneme_error *error);

/* Calls `visit` for each, oldest first, until it returns a status other than MNEME_OK, which is returned. */
int mneme_generation_each(struct mneme_postgres *postgres,
                          int (*visit)(void *context, const struct mneme_generation *generation),
                          void *context, struct mneme_error *error);

/* For writers. */

/* Adds a generation with the given model, store, metric, topic and state, and sets its number and token. If
 * the dimensions are not given, the first document sets them. MNEME_E_CONFLICT when this one should be active
 * and there is already an active one. */
int mneme_generation_add(struct mneme_generation *generation, struct mneme_postgres *postgres,
                         struct mneme_error *error);

/* Sets the dimensions and prefixes of a generation without any; another process may have been first, so use
 * what `generation` has afterwards. Waits for a transaction that does the same. */
int mneme_generation_pin(struct mneme_generation *generation, struct mneme_postgres *postgres,
                         struct mneme_error *error);

/* Marks the bulk load as complete. */
int mneme_generation_set_loaded(struct mneme_generation *generation, struct mneme_postgres *postgres,
                                struct mneme_error *error);

/* Makes it the active generation and retires the former one, in the caller's transaction. Its progress
 * becomes that of the projection, with epochs that no writer has, so all writers claim their partitions
 * again. */
int mneme_generation_activate(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                              struct mneme_error *error);

/* The name of its progress: the projection's own name for the active generation. */
#define MNEME_GENERATION_PROGRESS_BYTES 32
void mneme_generation_progress(char text[MNEME_GENERATION_PROGRESS_BYTES],
                               const struct mneme_generation *generation);

/* Deletes the row and the progress; drop the store's data first. */
int mneme_generation_remove(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                            struct mneme_error *error);

#endif
