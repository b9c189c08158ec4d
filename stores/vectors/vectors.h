/*
 * Queries the vectors: the documents nearest to a vector within a scope, and the similarity of given
 * documents. A document with a long text has a vector for each part, and is as near as the nearest of them.
 * One interface for all stores; a query always returns k results if k documents match.
 *
 * An open generation belongs to one thread. It does not follow a change of the active generation:
 * long-running readers should check mneme_generation_active from time to time, and reopen when its number
 * differs.
 */
#ifndef MNEME_STORES_VECTORS_VECTORS_H
#define MNEME_STORES_VECTORS_VECTORS_H

#include "common/base/arena.h"
#include "common/config/config.h"
#include "stores/vectors/generation.h"

struct mneme_vectors;

/* Opens the generation of that model, or the active one when `model` is NULL. `postgres` is borrowed and must
 * outlive it; its search path includes the schema of vectors, and others may use it in between. Errors of
 * mneme_generation_active and _of_model. */
int mneme_vectors_open(struct mneme_vectors **out, const struct mneme_config *config,
                       struct mneme_postgres *postgres, const char *model, struct mneme_error *error);
void mneme_vectors_close(struct mneme_vectors *vectors);

/* From now on, limits each request to a service outside Postgres to this time. */
void mneme_vectors_bound(struct mneme_vectors *vectors, int64_t timeout_ms);

/* Whether the service with the vectors answers: MNEME_OK, or why it cannot be used and what to do. */
int mneme_vectors_check(struct mneme_vectors *vectors, struct mneme_error *error);

/* The open generation: model, prefixes, dimensions; valid as long as `vectors`. */
const struct mneme_generation *mneme_vectors_generation(const struct mneme_vectors *vectors);

/* Whose documents. Null members do not restrict, but a tenant is required. */
struct mneme_vector_scope {
    struct mneme_str tenant, user_id, agent_id, run_id, conversation_id;
};

/* A document within its tenant. */
struct mneme_vector_document_key {
    struct mneme_str stream_id;
    struct mneme_str kind; /* "memory" or "turn" */
    struct mneme_str ref;
};

#define MNEME_VECTORS_MAX_K 10000

struct mneme_vector_question {
    struct mneme_vector_scope scope;
    const float *vector;
    size_t dimensions; /* those of the generation, else MNEME_E_INVALID */
    size_t k;          /* 1 to MNEME_VECTORS_MAX_K */
    enum mneme_vector_metric metric;
    double min_similarity; /* -INFINITY: none */
};

struct mneme_vector_match {
    struct mneme_vector_document_key key;
    double similarity;
};

/* Results, the most similar first, equal ones by key. Zero-initialise; reusable. */
struct mneme_vector_matches {
    struct mneme_vector_match *items; /* in the arena, with all that they point to */
    size_t count;
    bool is_exact; /* every document of the scope was compared */
    struct mneme_arena arena;
};
void mneme_vector_matches_clean_up(struct mneme_vector_matches *matches);

/* The k nearest documents of the scope; fewer only when fewer match. For a metric other than the
 * generation's, the result is exact, by comparison with the whole scope. MNEME_E_UNAVAILABLE when the store
 * does not answer within its time-out. */
int mneme_vectors_query(struct mneme_vector_matches *out, struct mneme_vectors *vectors,
                        const struct mneme_vector_question *question, struct mneme_error *error);

/* The similarity of each of the `count` documents to the vector, in order; NAN for those without a vector. */
int mneme_vectors_similarities(double *out, struct mneme_vectors *vectors, struct mneme_str tenant,
                               const struct mneme_vector_document_key *keys, size_t count,
                               const float *vector, size_t dimensions, enum mneme_vector_metric metric,
                               struct mneme_error *error);

/* The vectors of the `count` documents (of their first parts), in order: count × dimensions floats in `out`,
 * and in `found` whether there is a vector; if not, its floats are 0. */
int mneme_vectors_fetch(float *out, bool *found, struct mneme_vectors *vectors, struct mneme_str tenant,
                        const struct mneme_vector_document_key *keys, size_t count,
                        struct mneme_error *error);

/* Raw vectors: a user's own vectors, in collections with their own dimensions and metrics. */
struct mneme_raw_question {
    struct mneme_str tenant, collection;
    const float *vector;
    size_t dimensions; /* those of the collection, else MNEME_E_INVALID */
    size_t k;
    enum mneme_vector_metric metric; /* ANY, or the collection's, else MNEME_E_INVALID */
    struct mneme_str
        filter_json; /* null, or an object: the metadata must have these members with these values */
    double min_similarity;
};

struct mneme_raw_match {
    struct mneme_str id;
    struct mneme_str metadata_json; /* an object, or null */
    double similarity;
};

struct mneme_raw_matches {
    struct mneme_raw_match *items;
    size_t count;
    struct mneme_arena arena;
};
void mneme_raw_matches_clean_up(struct mneme_raw_matches *matches);

/* The k nearest raw vectors of the collection; none when there is no such collection. */
int mneme_vectors_query_raw(struct mneme_raw_matches *out, struct mneme_vectors *vectors,
                            const struct mneme_raw_question *question, struct mneme_error *error);

/* Facts about a collection; *is_there is false if it never had a vector. */
int mneme_vectors_collection(bool *is_there, int32_t *dimensions, enum mneme_vector_metric *metric,
                             struct mneme_vectors *vectors, struct mneme_str tenant,
                             struct mneme_str collection, struct mneme_error *error);

#endif
