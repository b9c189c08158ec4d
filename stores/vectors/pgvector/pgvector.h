/*
 * The inside of the store in Postgres; used by vectors/pgvector*.c alone. Each generation has tables of its
 * own, so that one can be filled, indexed and dropped without touching another.
 */
#ifndef MNEME_STORES_VECTORS_PGVECTOR_PGVECTOR_H
#define MNEME_STORES_VECTORS_PGVECTOR_PGVECTOR_H

#include "stores/vectors/store.h"

struct mneme_pgvector {
    const struct mneme_config *config;
    struct mneme_postgres *postgres;
    struct mneme_generation generation;
    struct mneme_buffer sql; /* the statement at hand, NUL-terminated */
    struct mneme_pg_params params;
    struct mneme_arena arena; /* of one call */
};

/* The two tables that have vectors. */
#define MNEME_PGVECTOR_DOCUMENTS "embeddings"
#define MNEME_PGVECTOR_RAW "raw_vectors"

/* The template with its {words} filled in: number and dimensions of the generation, operator of the metric,
 * and `table`. In store->sql until the next call. */
int mneme_pgvector_sql(struct mneme_pgvector *store, const char *template, enum mneme_vector_metric metric,
                       const char *table, struct mneme_error *error);

/* Runs a template of several statements without parameters. */
int mneme_pgvector_run(struct mneme_pgvector *store, const char *template, const char *table,
                       struct mneme_error *error);

/* Whether the approximate index can hold vectors of so many dimensions. */
bool mneme_pgvector_has_nearest(const struct mneme_pgvector *store);

/* All indexes that are missing, but the approximate one. */
int mneme_pgvector_index(struct mneme_pgvector *store, struct mneme_error *error);

int mneme_pgvector_out_of_memory(struct mneme_error *error);

/* A vector as Postgres sends it, into `dimensions` floats; false when it has another number of them. */
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
