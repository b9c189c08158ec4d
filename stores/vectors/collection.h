/*
 * Collections of raw vectors: what dimensions and metric each has, as its first vector brought them. Kept in
 * Postgres for all stores.
 */
#ifndef MNEME_STORES_VECTORS_COLLECTION_H
#define MNEME_STORES_VECTORS_COLLECTION_H

#include "stores/vectors/generation.h"

struct mneme_vector_collection {
    int32_t dimensions; /* 0: nothing was ever put into it */
    enum mneme_vector_metric metric;
};

int mneme_vector_collection_get(struct mneme_vector_collection *out, struct mneme_postgres *postgres,
                                const struct mneme_generation *generation, struct mneme_str tenant,
                                struct mneme_str name, struct mneme_error *error);

/* The same, and makes it with these when nothing was ever put into it; a metric ANY is then the cosine. */
int mneme_vector_collection_ensure(struct mneme_vector_collection *out, struct mneme_postgres *postgres,
                                   const struct mneme_generation *generation, struct mneme_str tenant,
                                   struct mneme_str name, size_t dimensions, enum mneme_vector_metric metric,
                                   struct mneme_error *error);

/* MNEME_E_INVALID when a vector of these does not fit a collection that has something in it. */
int mneme_vector_collection_check(const struct mneme_vector_collection *collection, struct mneme_str name,
                                  size_t dimensions, enum mneme_vector_metric metric,
                                  struct mneme_error *error);

#endif
