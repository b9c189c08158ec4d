/*
 * The internals of the store in Postgres; used only in stores/vectors/pgvector/. Each generation has its own
 * tables, so that it can be filled, indexed and dropped without touching others.
 */
#ifndef MNEME_STORES_VECTORS_PGVECTOR_PGVECTOR_H
#define MNEME_STORES_VECTORS_PGVECTOR_PGVECTOR_H

#include "stores/vectors/store.h"

struct mneme_pgvector {
    const struct mneme_config *config;
    struct mneme_postgres *postgres;
    struct mneme_generation generation;
    struct mneme_buffer sql; /* the current statement, NUL-terminated */
    struct mneme_pg_params params;
    struct mneme_arena arena; /* of one call */
};

/* The two tables with vectors. */
#define MNEME_PGVECTOR_DOCUMENTS "embeddings"
#define MNEME_PGVECTOR_RAW "raw_vectors"

/* Replaces the {words} of the template: number and dimensions of the generation, operator of the metric, and
 * `table`. The result is in store->sql until the next call. */
int mneme_pgvector_sql(struct mneme_pgvector *store, const char *template, enum mneme_vector_metric metric,
                       const char *table, struct mneme_error *error);

/* Runs a template of several statements without parameters. */
int mneme_pgvector_run(struct mneme_pgvector *store, const char *template, const char *table,
                       struct mneme_error *error);

/* Whether the approximate index supports vectors of this many dimensions. */
bool mneme_pgvector_has_nearest(const struct mneme_pgvector *store);

/* Creates all missing indexes except the approximate one. */
int mneme_pgvector_index(struct mneme_pgvector *store, struct mneme_error *error);

int mneme_pgvector_out_of_memory(struct mneme_error *error);

/* Reads a vector in Postgres's binary form into `dimensions` floats; false when it has a different number of
 * them. */
bool mneme_pgvector_read(float *out, size_t dimensions, struct mneme_str wire);

/* Operations; contracts in stores/vectors/store.h. */
int mneme_pgvector_query(struct mneme_vector_matches *out, void *store,
                         const struct mneme_vector_question *question, struct mneme_error *error);
int mneme_pgvector_fetch(float *out, bool *found, void *store, struct mneme_str tenant,
                         const struct mneme_vector_document_key *keys, size_t count,
                         struct mneme_error *error);
int mneme_pgvector_similarities(double *out, void *store, struct mneme_str tenant,
                                const struct mneme_vector_document_key *keys, size_t count,
                                const float *vector, enum mneme_vector_metric metric,
                                struct mneme_error *error);
int mneme_pgvector_query_raw(struct mneme_raw_matches *out, void *store,
                             const struct mneme_raw_question *question, struct mneme_error *error);
int mneme_pgvector_write(void *store, const struct mneme_vector_change *changes, size_t count,
                         struct mneme_error *error);
int mneme_pgvector_load(void *store, const struct mneme_vector_change *changes, size_t count,
                        struct mneme_error *error);
int mneme_pgvector_finish_load(void *store, unsigned jobs, struct mneme_error *error);
int mneme_pgvector_scan(void *opened, mneme_vector_visit *visit, void *context, struct mneme_error *error);

#endif
