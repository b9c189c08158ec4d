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
    int32_t raw_dimensions;   /* of the collection that is asked */
    int64_t least_indexed;    /* vectors of a collection that gets an index; tests lower it */
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

/* A collection of this many vectors gets an index of its own. */
#define MNEME_PGVECTOR_LEAST_INDEXED 20000

/* The cost of one candidate of the index, in vectors compared one by one. */
#define MNEME_PGVECTOR_CANDIDATE_COST 30.0

/* Whether the approximate index supports raw vectors of these dimensions and this metric. */
bool mneme_pgvector_collection_is_indexable(int32_t dimensions, enum mneme_vector_metric metric);

/* Parameters and columns of pgvector_raw_indexes.sql, which finds the collections that lack an index. The
 * parameters are put into the store's. */
void mneme_pgvector_lacking_params(struct mneme_pgvector *store, bool is_live);
enum {
    LACKING_TENANT,
    LACKING_COLLECTION,
    LACKING_VECTORS,
    LACKING_DIMENSIONS,
    LACKING_DROP,
    LACKING_CREATE
};

/* Creates the indexes of all large collections after a bulk load. */
int mneme_pgvector_index_collections(struct mneme_pgvector *store, unsigned jobs, struct mneme_error *error);

/* Settings of a query that compares all vectors, as a statement. */
extern const char mneme_pgvector_exact_settings[];

/* Writes the settings of a query for that many nearest rows through the approximate index, which scans up to
 * `max_scanned` vectors to replace those that a filter removes. */
#define MNEME_PGVECTOR_SETTINGS_BYTES 512
void mneme_pgvector_nearest_settings(char sql[MNEME_PGVECTOR_SETTINGS_BYTES], size_t rows,
                                     int32_t max_scanned);

/* A text cell, copied into the arena; null when memory is exhausted. */
struct mneme_str mneme_pgvector_copy(struct mneme_arena *arena, const PGresult *rows, int row, int column);

/* Runs the current statement, store->sql with store->params, with its own settings, within the caller's
 * transaction if there is one. */
int mneme_pgvector_ask(PGresult **out, struct mneme_pgvector *store, const char *settings,
                       struct mneme_error *error);

/* Runs one step of a bulk load in a transaction without time-outs; a failure leaves none open. */
int mneme_pgvector_in_transaction(struct mneme_pgvector *store,
                                  int (*step)(struct mneme_pgvector *, struct mneme_error *),
                                  const char *more_settings, struct mneme_error *error);

/* Writes the settings that let the graph of that many vectors be built in memory, within the limit of
 * MNEME_INDEX_MEMORY_MB. */
void mneme_pgvector_build_settings(char *sql, size_t size, const struct mneme_pgvector *store,
                                   int64_t vectors, int64_t dimensions, unsigned jobs);

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
int mneme_pgvector_maintain_open(void **maintenance, const struct mneme_config *config,
                                 const struct mneme_generation *generation, struct mneme_error *error);
void mneme_pgvector_maintain(void *maintenance, bool has_written);
void mneme_pgvector_maintain_from(void *maintenance, int64_t least_indexed); /* for tests */
void mneme_pgvector_maintain_close(void *maintenance);
int mneme_pgvector_scan(void *opened, mneme_vector_visit *visit, void *context, struct mneme_error *error);

#endif
