/*
 * Opens a generation, and checks every query before a store gets it.
 */
#include "stores/vectors/vectors.h"

#include <math.h>
#include <stdlib.h>

#include "common/json/read.h"
#include "stores/vectors/store.h"

struct mneme_vectors {
    struct mneme_generation generation;
    struct mneme_postgres *postgres;
    const struct mneme_config *config;
    void *store;
    int64_t timeout_ms; /* of its service; 0: as in the settings */
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot query the vectors: out of memory; free some memory");
}

static int open_store(struct mneme_vectors *vectors, struct mneme_error *error) {
    int status = mneme_vector_store_open(&vectors->store, vectors->config, vectors->postgres,
                                         &vectors->generation, error);
    if (status == MNEME_OK && vectors->timeout_ms > 0) {
        mneme_vectors_bound(vectors, vectors->timeout_ms);
    }
    return status;
}

int mneme_vectors_open(struct mneme_vectors **out, const struct mneme_config *config,
                       struct mneme_postgres *postgres, const char *model, struct mneme_error *error) {
    struct mneme_vectors *vectors = calloc(1, sizeof *vectors);
    if (vectors == NULL) {
        return out_of_memory(error);
    }
    vectors->postgres = postgres;
    vectors->config = config;
    int status = model == NULL ? mneme_generation_active(&vectors->generation, postgres, error)
                               : mneme_generation_of_model(&vectors->generation, postgres, model, error);
    if (status == MNEME_OK) {
        status = open_store(vectors, error);
    }
    if (status != MNEME_OK) {
        mneme_vectors_close(vectors);
        return status;
    }
    *out = vectors;
    return MNEME_OK;
}

void mneme_vectors_close(struct mneme_vectors *vectors) {
    if (vectors != NULL) {
        if (vectors->store != NULL) {
            vectors->generation.store->close(vectors->store);
        }
        free(vectors);
    }
}

void mneme_vectors_bound(struct mneme_vectors *vectors, int64_t timeout_ms) {
    vectors->timeout_ms = timeout_ms;
    if (vectors->generation.store->bound != NULL) {
        vectors->generation.store->bound(vectors->store, timeout_ms);
    }
}

int mneme_vectors_check(struct mneme_vectors *vectors, struct mneme_error *error) {
    return vectors->generation.store->check(vectors->store, error);
}

const struct mneme_generation *mneme_vectors_generation(const struct mneme_vectors *vectors) {
    return &vectors->generation;
}

/* A generation gets its dimensions with its first document, which may have arrived since it was opened. */
static int refresh(struct mneme_vectors *vectors, struct mneme_error *error) {
    if (vectors->generation.dimensions == 0) {
        int status =
            mneme_generation_get(&vectors->generation, vectors->postgres, vectors->generation.number, error);
        if (status != MNEME_OK || vectors->generation.dimensions == 0) {
            return status;
        }
        vectors->generation.store->close(vectors->store);
        vectors->store = NULL;
    }
    return vectors->store == NULL ? open_store(vectors, error) : MNEME_OK;
}

static int check_finite(const float *vector, size_t dimensions, struct mneme_error *error) {
    for (size_t i = 0; i < dimensions; i++) {
        if (!isfinite(vector[i])) {
            return mneme_error_set(
                error, MNEME_E_INVALID,
                "cannot query the vectors: number %zu of the vector is not finite; correct it", i + 1);
        }
    }
    return MNEME_OK;
}

static int check_dimensions(const struct mneme_generation *generation, const float *vector, size_t dimensions,
                            struct mneme_error *error) {
    if (dimensions != (size_t)generation->dimensions) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "cannot query the vectors: the question's vector has %zu dimensions, and "
                               "those of model %s have %d; embed the question with that model",
                               dimensions, generation->model, generation->dimensions);
    }
    return check_finite(vector, dimensions, error);
}

static int check_k(size_t k, struct mneme_error *error) {
    return k >= 1 && k <= MNEME_VECTORS_MAX_K
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_INVALID,
                                 "cannot query the vectors: %zu answers were requested; ask for 1 to %d", k,
                                 MNEME_VECTORS_MAX_K);
}

static int check_tenant(struct mneme_str tenant, struct mneme_error *error) {
    return tenant.data != NULL ? MNEME_OK
                               : mneme_error_set(error, MNEME_E_INVALID,
                                                 "cannot query the vectors: no tenant is given; give one");
}

void mneme_vector_matches_clean_up(struct mneme_vector_matches *matches) {
    mneme_arena_clean_up(&matches->arena);
    *matches = (struct mneme_vector_matches){0};
}

void mneme_raw_matches_clean_up(struct mneme_raw_matches *matches) {
    mneme_arena_clean_up(&matches->arena);
    *matches = (struct mneme_raw_matches){0};
}

static int compare_str(struct mneme_str a, struct mneme_str b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_matches(const void *a, const void *b) {
    const struct mneme_vector_match *one = a;
    const struct mneme_vector_match *other = b;
    if (one->similarity != other->similarity) {
        return one->similarity < other->similarity ? 1 : -1;
    }
    int order = compare_str(one->key.stream_id, other->key.stream_id);
    order = order != 0 ? order : compare_str(one->key.kind, other->key.kind);
    return order != 0 ? order : compare_str(one->key.ref, other->key.ref);
}

int mneme_vectors_query(struct mneme_vector_matches *out, struct mneme_vectors *vectors,
                        const struct mneme_vector_question *question, struct mneme_error *error) {
    struct mneme_vector_question asked = *question;
    mneme_arena_reset(&out->arena, SIZE_MAX);
    out->items = NULL;
    out->count = 0;
    out->is_exact = true;
    int status = check_tenant(asked.scope.tenant, error);
    if (status == MNEME_OK) {
        status = check_k(asked.k, error);
    }
    if (status == MNEME_OK) {
        status = refresh(vectors, error);
    }
    if (status != MNEME_OK || vectors->generation.dimensions == 0) {
        return status; /* without dimensions there is no document */
    }
    status = check_dimensions(&vectors->generation, asked.vector, asked.dimensions, error);
    if (asked.metric == MNEME_METRIC_ANY) {
        asked.metric = vectors->generation.metric;
    }
    if (status == MNEME_OK) {
        status = vectors->generation.store->query(out, vectors->store, &asked, error);
    }
    if (status != MNEME_OK) {
        out->count = 0;
        return status;
    }
    if (out->count > 1) {
        qsort(out->items, out->count, sizeof *out->items, compare_matches);
    }
    out->count = out->count < asked.k ? out->count : asked.k;
    while (out->count > 0 && out->items[out->count - 1].similarity < asked.min_similarity) {
        out->count--;
    }
    return MNEME_OK;
}

int mneme_vectors_similarities(double *out, struct mneme_vectors *vectors, struct mneme_str tenant,
                               const struct mneme_vector_document_key *keys, size_t count,
                               const float *vector, size_t dimensions, enum mneme_vector_metric metric,
                               struct mneme_error *error) {
    for (size_t i = 0; i < count; i++) {
        out[i] = NAN;
    }
    int status = check_tenant(tenant, error);
    if (status == MNEME_OK) {
        status = refresh(vectors, error);
    }
    if (status != MNEME_OK || vectors->generation.dimensions == 0 || count == 0) {
        return status;
    }
    status = check_dimensions(&vectors->generation, vector, dimensions, error);
    if (status != MNEME_OK) {
        return status;
    }
    return vectors->generation.store->similarities(
        out, vectors->store, tenant, keys, count, vector,
        metric == MNEME_METRIC_ANY ? vectors->generation.metric : metric, error);
}

int mneme_vectors_fetch(float *out, bool *found, struct mneme_vectors *vectors, struct mneme_str tenant,
                        const struct mneme_vector_document_key *keys, size_t count,
                        struct mneme_error *error) {
    for (size_t i = 0; i < count; i++) {
        found[i] = false;
    }
    int status = check_tenant(tenant, error);
    if (status == MNEME_OK) {
        status = refresh(vectors, error);
    }
    if (status != MNEME_OK || vectors->generation.dimensions == 0 || count == 0) {
        return status;
    }
    memset(out, 0, count * (size_t)vectors->generation.dimensions * sizeof *out);
    return vectors->generation.store->fetch(out, found, vectors->store, tenant, keys, count, error);
}

int mneme_vectors_collection(bool *is_there, int32_t *dimensions, enum mneme_vector_metric *metric,
                             struct mneme_vectors *vectors, struct mneme_str tenant,
                             struct mneme_str collection, struct mneme_error *error) {
    struct mneme_vector_collection found;
    int status = mneme_vector_collection_get(&found, vectors->postgres, &vectors->generation, tenant,
                                             collection, error);
    *is_there = status == MNEME_OK && found.dimensions > 0;
    *dimensions = status == MNEME_OK ? found.dimensions : 0;
    *metric = status == MNEME_OK ? found.metric : MNEME_METRIC_ANY;
    return status;
}

/* All stores compare plain values in the same way. */
static int check_filter(struct mneme_str filter_json, struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    struct mneme_str key;
    struct mneme_str value;
    size_t at;
    if (filter_json.data == NULL) {
        return MNEME_OK;
    }
    if (!mneme_json_check(filter_json, &kind, &reason, &at)) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "cannot query the vectors: the filter is not valid JSON: %s at byte %zu; correct it", reason, at);
    }
    if (kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "cannot query the vectors: the filter is not a JSON object; write one such as "
                               "{\"color\": \"red\"}");
    }
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(filter_json));
    while (mneme_json_next(&reader, &key, &value)) {
        kind = mneme_json_kind_of(value);
        if (kind != MNEME_JSON_STRING && kind != MNEME_JSON_NUMBER && kind != MNEME_JSON_BOOL) {
            return mneme_error_set(
                error, MNEME_E_INVALID,
                "cannot query the vectors: the filter's %.*s is %s; use a string, a number or a boolean",
                MNEME_STR_ARG(key), mneme_json_kind_phrase(kind));
        }
    }
    return MNEME_OK;
}

int mneme_vectors_query_raw(struct mneme_raw_matches *out, struct mneme_vectors *vectors,
                            const struct mneme_raw_question *question, struct mneme_error *error) {
    struct mneme_raw_question asked = *question;
    struct mneme_vector_collection collection = {0};
    mneme_arena_reset(&out->arena, SIZE_MAX);
    out->items = NULL;
    out->count = 0;
    int status = check_tenant(asked.tenant, error);
    if (status == MNEME_OK) {
        status = check_k(asked.k, error);
    }
    if (status == MNEME_OK) {
        status = check_finite(asked.vector, asked.dimensions, error);
    }
    if (status == MNEME_OK) {
        status = check_filter(asked.filter_json, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vector_collection_get(&collection, vectors->postgres, &vectors->generation,
                                             asked.tenant, asked.collection, error);
    }
    if (status != MNEME_OK || collection.dimensions == 0) {
        return status;
    }
    status =
        mneme_vector_collection_check(&collection, asked.collection, asked.dimensions, asked.metric, error);
    asked.metric = collection.metric;
    if (status == MNEME_OK) {
        status = vectors->generation.store->query_raw(out, vectors->store, &asked, error);
    }
    if (status != MNEME_OK) {
        out->count = 0;
        return status;
    }
    while (out->count > 0 && out->items[out->count - 1].similarity < asked.min_similarity) {
        out->count--;
    }
    return MNEME_OK;
}
