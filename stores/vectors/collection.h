/*
 * Collections of raw vectors: the dimensions and metric of each, set by its first vector. Kept in Postgres
 * for all stores.
 */
#ifndef MNEME_STORES_VECTORS_COLLECTION_H
#define MNEME_STORES_VECTORS_COLLECTION_H

#include "stores/vectors/generation.h"

struct mneme_vector_collection {
    int32_t dimensions; /* 0: it never had a vector */
    enum mneme_vector_metric metric;
};

int mneme_vector_collection_get(struct mneme_vector_collection *out, struct mneme_postgres *postgres,
                                const struct mneme_generation *generation, struct mneme_str tenant,
                                struct mneme_str name, struct mneme_error *error);

/* The same, and creates the collection with these if it never had a vector; the metric ANY then means cosine.
 */
int mneme_vector_collection_ensure(struct mneme_vector_collection *out, struct mneme_postgres *postgres,
                                   const struct mneme_generation *generation, struct mneme_str tenant,
                                   struct mneme_str name, size_t dimensions, enum mneme_vector_metric metric,
                                   struct mneme_error *error);

/* MNEME_E_INVALID when a vector with these does not fit a collection that has vectors. */
int mneme_vector_collection_check(const struct mneme_vector_collection *collection, struct mneme_str name,
                                  size_t dimensions, enum mneme_vector_metric metric,
                                  struct mneme_error *error);

#endif
