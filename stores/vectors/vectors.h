/*
 * Asking the vectors: the documents nearest to a vector within a scope, and how near given documents are. A
 * document whose text is long has a vector for each part of it, and is as near as the nearest of them.
 * One interface over all stores; a scope is always searched so that k answers come when k documents match.
 *
 * An open generation belongs to one thread. It stays the one that was opened: whoever asks for long looks
 * from time to time whether mneme_generation_active has another number, and opens anew.
 */
#ifndef MNEME_STORES_VECTORS_VECTORS_H
#define MNEME_STORES_VECTORS_VECTORS_H

#include "common/base/arena.h"
#include "common/config/config.h"
#include "stores/vectors/generation.h"

struct mneme_vectors;

/* Opens the generation of that model, or the active one when `model` is NULL. `postgres` is borrowed and must
 * outlive it; its search path has the schema of vectors, and it may be used in between. Errors of
 * mneme_generation_active and _of_model. */
int mneme_vectors_open(struct mneme_vectors **out, const struct mneme_config *config,
                       struct mneme_postgres *postgres, const char *model, struct mneme_error *error);
void mneme_vectors_close(struct mneme_vectors *vectors);

/* From now on no request to a service outside of Postgres takes longer than this. */
void mneme_vectors_bound(struct mneme_vectors *vectors, int64_t timeout_ms);

/* Whether what the vectors lie in answers: MNEME_OK, or why it cannot be used and what to do. */
int mneme_vectors_check(struct mneme_vectors *vectors, struct mneme_error *error);

/* Which one it is: model, prefixes, dimensions; lives as long as `vectors`. */
const struct mneme_generation *mneme_vectors_generation(const struct mneme_vectors *vectors);

/* Whose documents. Null members do not restrict, but a tenant must be named. */
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

/* Answers, the most similar first, equal ones by key. Zero-initialise; may be asked into again and again. */
struct mneme_vector_matches {
    struct mneme_vector_match *items; /* in the arena, as all they point to */
    size_t count;
    bool is_exact; /* every document of the scope was compared */
    struct mneme_arena arena;
};
void mneme_vector_matches_clean_up(struct mneme_vector_matches *matches);

/* The k documents of the scope that are nearest; fewer only when fewer match. A metric other than the
 * generation's is answered exactly, by comparing with the whole scope. MNEME_E_UNAVAILABLE when the store
 * does not answer within its time-out. */
int mneme_vectors_query(struct mneme_vector_matches *out, struct mneme_vectors *vectors,
                        const struct mneme_vector_question *question, struct mneme_error *error);

/* How similar each of the `count` documents is to the vector, in their order; NAN where there is none. */
int mneme_vectors_similarities(double *out, struct mneme_vectors *vectors, struct mneme_str tenant,
                               const struct mneme_vector_document_key *keys, size_t count,
                               const float *vector, size_t dimensions, enum mneme_vector_metric metric,
                               struct mneme_error *error);

/* The vectors of the `count` documents, of a long one that of its first part, in their order: count ×
 * dimensions floats into `out`, and into `found` whether there is one; without one its floats are 0. */
int mneme_vectors_fetch(float *out, bool *found, struct mneme_vectors *vectors, struct mneme_str tenant,
                        const struct mneme_vector_document_key *keys, size_t count,
                        struct mneme_error *error);

/* Raw vectors: a user's own, by collection, which has its own dimensions and metric. */
struct mneme_raw_question {
    struct mneme_str tenant, collection;
    const float *vector;
    size_t dimensions; /* those of the collection, else MNEME_E_INVALID */
    size_t k;
    enum mneme_vector_metric metric; /* ANY, or the collection's, else MNEME_E_INVALID */
    struct mneme_str filter_json;    /* null, or an object: metadata has these members with these values */
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

/* The k raw vectors of the collection that are nearest; none when there is no such collection. */
int mneme_vectors_query_raw(struct mneme_raw_matches *out, struct mneme_vectors *vectors,
                            const struct mneme_raw_question *question, struct mneme_error *error);

/* What a collection holds: false in *is_there when nothing was ever put into it. */
int mneme_vectors_collection(bool *is_there, int32_t *dimensions, enum mneme_vector_metric *metric,
                             struct mneme_vectors *vectors, struct mneme_str tenant,
                             struct mneme_str collection, struct mneme_error *error);

#endif
