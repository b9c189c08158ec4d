/*
 * The store's tables and statements: table names contain the generation's number, and types its dimensions,
 * so the statements are templates.
 */
#include "stores/vectors/pgvector/pgvector.h"

#include <stdio.h>
#include <stdlib.h>

#include "sql/embedded.h"

#define MAX_VECTOR_DIMENSIONS 2000 /* maximum that pgvector indexes in full precision */
#define MAX_HALF_DIMENSIONS 4000   /* maximum in half precision */
#define MAX_PLAIN_DIMENSIONS 1500  /* maximum that leaves room in a page for the longest other columns */

static const char *const operators[MNEME_METRIC_COUNT] = {
    [MNEME_METRIC_COSINE] = "<=>", [MNEME_METRIC_EUCLIDEAN] = "<->", [MNEME_METRIC_DOT] = "<#>"};
static const char *const operator_classes[MNEME_METRIC_COUNT] = {
    [MNEME_METRIC_COSINE] = "cosine_ops", [MNEME_METRIC_EUCLIDEAN] = "l2_ops", [MNEME_METRIC_DOT] = "ip_ops"};

int mneme_pgvector_out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot process vectors: out of memory; free some memory");
}

bool mneme_pgvector_has_nearest(const struct mneme_pgvector *store) {
    return store->generation.dimensions > 0 && store->generation.dimensions <= MAX_HALF_DIMENSIONS;
}

static bool word_is(const char *at, size_t len, const char *word) {
    return strlen(word) == len && memcmp(at, word, len) == 0;
}

bool mneme_pgvector_collection_is_indexable(int32_t dimensions, enum mneme_vector_metric metric) {
    return dimensions <= MAX_VECTOR_DIMENSIONS ||
           (dimensions <= MAX_HALF_DIMENSIONS && metric == MNEME_METRIC_COSINE);
}

/* Words of raw vectors. Half of the precision holds no number above 65504, and a vector that its index
 * refuses could not be written: those of length 1, which compare the same by the cosine, always fit. */
static void put_raw_word(struct mneme_pgvector *store, const char *at, size_t len) {
    struct mneme_buffer *sql = &store->sql;
    int dimensions = store->raw_dimensions;
    bool is_half = dimensions > MAX_VECTOR_DIMENSIONS;
    if (word_is(at, len, "full")) {
        mneme_buffer_printf(sql, "%d", MAX_VECTOR_DIMENSIONS);
    } else if (word_is(at, len, "half")) {
        mneme_buffer_printf(sql, "%d", MAX_HALF_DIMENSIONS);
    } else if (word_is(at, len, "indexed")) {
        mneme_buffer_printf(sql, is_half ? "l2_normalize(embedding)::halfvec(%d)" : "embedding::vector(%d)",
                            dimensions);
    } else if (word_is(at, len, "asked")) {
        mneme_buffer_printf(
            sql, is_half ? "l2_normalize($4::real[]::vector)::halfvec(%d)" : "$4::real[]::vector(%d)",
            dimensions);
    }
}

static void put_word(struct mneme_pgvector *store, const char *at, size_t len,
                     enum mneme_vector_metric metric, const char *table) {
    struct mneme_buffer *sql = &store->sql;
    int dimensions = store->generation.dimensions;
    bool is_half = dimensions > MAX_VECTOR_DIMENSIONS;
    if (word_is(at, len, "g")) {
        mneme_buffer_printf(sql, "%d", store->generation.number);
    } else if (word_is(at, len, "d")) {
        mneme_buffer_printf(sql, "%d", dimensions);
    } else if (word_is(at, len, "op")) {
        mneme_buffer_printf(sql, "%s", operators[metric]);
    } else if (word_is(at, len, "ops")) {
        mneme_buffer_printf(sql, "%s_%s", is_half ? "halfvec" : "vector", operator_classes[metric]);
    } else if (word_is(at, len, "column") && is_half) {
        mneme_buffer_printf(sql, "(embedding::halfvec(%d))", dimensions);
    } else if (word_is(at, len, "column")) {
        mneme_buffer_printf(sql, "embedding");
    } else if (word_is(at, len, "type")) {
        mneme_buffer_printf(sql, "%s(%d)", is_half ? "halfvec" : "vector", dimensions);
    } else if (word_is(at, len, "storage")) {
        mneme_buffer_printf(sql, "%s", dimensions > MAX_PLAIN_DIMENSIONS ? "EXTERNAL" : "PLAIN");
    } else if (word_is(at, len, "table")) {
        mneme_buffer_printf(sql, "%s", table);
    } else {
        put_raw_word(store, at, len);
    }
}

int mneme_pgvector_sql(struct mneme_pgvector *store, const char *template, enum mneme_vector_metric metric,
                       const char *table, struct mneme_error *error) {
    mneme_buffer_clear(&store->sql);
    const char *at = template;
    for (const char *open = strchr(at, '{'); open != NULL; open = strchr(at, '{')) {
        const char *close = strchr(open, '}');
        mneme_buffer_append(&store->sql, at, (size_t)(open - at));
        put_word(store, open + 1, (size_t)(close - open - 1), metric, table);
        at = close + 1;
    }
    mneme_buffer_append(&store->sql, at, strlen(at) + 1);
    return store->sql.failed ? mneme_pgvector_out_of_memory(error) : MNEME_OK;
}

int mneme_pgvector_run(struct mneme_pgvector *store, const char *template, const char *table,
                       struct mneme_error *error) {
    int status = mneme_pgvector_sql(store, template, store->generation.metric, table, error);
    return status == MNEME_OK ? mneme_pg_run(store->postgres, store->sql.data, error) : status;
}

static void close_store(void *context) {
    struct mneme_pgvector *store = context;
    mneme_buffer_clean_up(&store->sql);
    mneme_pg_params_clean_up(&store->params);
    mneme_arena_clean_up(&store->arena);
    free(store);
}

static int open_store(void **out, const struct mneme_config *config, struct mneme_postgres *postgres,
                      const struct mneme_generation *generation, struct mneme_error *error) {
    struct mneme_pgvector *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return mneme_pgvector_out_of_memory(error);
    }
    store->config = config;
    store->postgres = postgres;
    store->generation = *generation;
    store->least_indexed = MNEME_PGVECTOR_LEAST_INDEXED;
    *out = store;
    return MNEME_OK;
}

static int make_extension(struct mneme_pgvector *store, struct mneme_error *error) {
    int status =
        mneme_pg_run(store->postgres, "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public", error);
    return status == MNEME_OK || status == MNEME_E_UNAVAILABLE
               ? status
               : mneme_error_set(error, MNEME_E_UNSAFE,
                                 "cannot store vectors: Postgres does not provide pgvector: %.600s; install "
                                 "it for this server (0.8 or later), or choose another MNEME_VECTOR_STORE",
                                 error == NULL ? "" : error->message);
}

int mneme_pgvector_index(struct mneme_pgvector *store, struct mneme_error *error) {
    int status = mneme_pgvector_run(store, mneme_sql_pgvector_index, "", error);
    return status == MNEME_OK && store->generation.dimensions > 0
               ? mneme_pgvector_run(store, mneme_sql_pgvector_index_documents, "", error)
               : status;
}

static int make(void *context, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    bool is_bulk = store->generation.state == MNEME_GENERATION_FILLING && !store->generation.is_loaded;
    int status = make_extension(store, error);
    if (status == MNEME_OK) {
        status = mneme_pgvector_run(store, mneme_sql_pgvector_make, "", error);
    }
    if (status == MNEME_OK && store->generation.dimensions > 0) {
        status = mneme_pgvector_run(store, mneme_sql_pgvector_make_documents, "", error);
    }
    /* A bulk load gets its indexes when it is complete. */
    if (status == MNEME_OK && !is_bulk) {
        status = mneme_pgvector_index(store, error);
    }
    return status == MNEME_OK && !is_bulk && mneme_pgvector_has_nearest(store)
               ? mneme_pgvector_run(store, mneme_sql_pgvector_index_nearest, "", error)
               : status;
}

/* Its table cannot be read if the extension is missing. */
static int check(void *context, struct mneme_error *error) {
    return mneme_pgvector_run(context, "SELECT embedding FROM raw_vectors_{g} LIMIT 1", "", error);
}

static int drop(void *context, struct mneme_error *error) {
    return mneme_pgvector_run(context, mneme_sql_pgvector_drop, "", error);
}

const struct mneme_vector_store_ops mneme_pgvector_store = {
    .name = "pgvector",
    .is_in_postgres = true,
    .open = open_store,
    .close = close_store,
    .check = check,
    .query = mneme_pgvector_query,
    .fetch = mneme_pgvector_fetch,
    .similarities = mneme_pgvector_similarities,
    .query_raw = mneme_pgvector_query_raw,
    .make = make,
    .drop = drop,
    .write = mneme_pgvector_write,
    .load = mneme_pgvector_load,
    .finish_load = mneme_pgvector_finish_load,
    .scan = mneme_pgvector_scan,
    .maintain_open = mneme_pgvector_maintain_open,
    .maintain = mneme_pgvector_maintain,
    .maintain_close = mneme_pgvector_maintain_close,
};
