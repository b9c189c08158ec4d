/*
 * Asking Chroma. Its index answers with the scope as a condition; when that gives fewer than were wanted, the
 * scope is fetched and compared here, so that an answer is never short without need. What Postgres knows to
 * be gone or newer is left out: a writer that lost its partition may have written late.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json_write.h"
#include "sql/embedded.h"
#include "vectors/chroma.h"
#include "vectors/chroma_metadata.h"

#define PAGE 1000 /* documents of one request where a scope is fetched */

static const char what[] = "the vectors were not asked";

bool mneme_chroma_read_vector(struct mneme_buffer *floats, size_t dimensions, const json_t *embedding) {
    if (json_array_size(embedding) != dimensions) {
        return false;
    }
    for (size_t i = 0; i < dimensions; i++) {
        const json_t *number = json_array_get(embedding, i);
        float value = (float)json_number_value(number);
        if (!json_is_number(number)) {
            return false;
        }
        mneme_buffer_append(floats, &value, sizeof value);
    }
    return true;
}

static void put_include(struct mneme_json_writer *json, const char *first, const char *second) {
    mneme_json_key(json, MNEME_STR_LIT("include"));
    mneme_json_begin_array(json);
    mneme_json_string(json, mneme_str_from(first));
    if (second != NULL) {
        mneme_json_string(json, mneme_str_from(second));
    }
    mneme_json_end_array(json);
}

/* Runs the request at hand against the collection. */
static int post(json_t **out, struct mneme_chroma *store, const struct mneme_chroma_place *place,
                const char *verb, struct mneme_error *error) {
    char path[96];
    snprintf(path, sizeof path, "/collections/%s/%s", place->id, verb);
    int status = mneme_chroma_call(out, store, "POST", path, true, what, error);
    if (status == MNEME_E_NOT_FOUND) {
        store->place_count = 0; /* it may have been made anew */
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "%s: Chroma at %s has lost the collection %s; run `mneme rebuild vectors`",
                               what, store->shown.data, place->name);
    }
    return status;
}

static void put_query(struct mneme_json_writer *json, const float *vector, size_t dimensions, size_t k) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("query_embeddings"));
    mneme_json_begin_array(json);
    mneme_json_begin_array(json);
    for (size_t i = 0; i < dimensions; i++) {
        mneme_json_double(json, (double)vector[i]);
    }
    mneme_json_end_array(json);
    mneme_json_end_array(json);
    mneme_json_key(json, MNEME_STR_LIT("n_results"));
    mneme_json_long(json, (int64_t)k);
    put_include(json, "distances", "metadatas");
}

/* Chroma gives the square of the Euclidean distance, and 1 minus the inner product. */
static double similarity_of(enum mneme_vector_metric metric, double distance) {
    switch (metric) {
    case MNEME_METRIC_EUCLIDEAN:
        return mneme_metric_from_distance(metric, sqrt(fmax(distance, 0)));
    case MNEME_METRIC_DOT:
        return 1 - distance;
    case MNEME_METRIC_ANY:
    case MNEME_METRIC_COSINE:
    case MNEME_METRICS:
        break;
    }
    return mneme_metric_from_distance(metric, distance);
}

/* One vector that Chroma gave, beside what its metadata say. */
struct hit {
    struct mneme_vector_change change;
    double similarity;
};

struct hits {
    struct hit *items; /* in the store's arena; slices point into the answers */
    size_t count, capacity;
};

static int reserve(struct hits *hits, struct mneme_chroma *store, size_t more, struct mneme_error *error) {
    if (hits->count + more <= hits->capacity) {
        return MNEME_OK;
    }
    size_t capacity = 2 * hits->capacity + more;
    struct hit *items = mneme_arena_alloc(&store->arena, capacity * sizeof *items);
    if (items == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "%s: out of memory; free some memory", what);
    }
    if (hits->count > 0) {
        memcpy(items, hits->items, hits->count * sizeof *items);
    }
    hits->items = items;
    hits->capacity = capacity;
    return MNEME_OK;
}

/* An answer to a query: rows of rows, one for each vector that was asked. */
static int take_hits(struct hits *hits, struct mneme_chroma *store, const json_t *answer,
                     enum mneme_vector_metric metric, struct mneme_error *error) {
    const json_t *metadatas = json_array_get(json_object_get(answer, "metadatas"), 0);
    const json_t *distances = json_array_get(json_object_get(answer, "distances"), 0);
    size_t count = json_array_size(distances);
    int status = reserve(hits, store, count, error);
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        struct hit *hit = &hits->items[hits->count++];
        *hit = (struct hit){.similarity =
                                similarity_of(metric, json_number_value(json_array_get(distances, i)))};
        if (!mneme_chroma_read_metadata(&hit->change, json_array_get(metadatas, i))) {
            status = mneme_chroma_not_understood(store, what, error);
        }
    }
    return status;
}

/* Leaves out what Postgres knows better. */
static int drop_stale(struct hits *hits, struct mneme_chroma *store, struct mneme_error *error) {
    static const size_t members[] = {offsetof(struct mneme_vector_change, scope.tenant),
                                     offsetof(struct mneme_vector_change, document.stream_id),
                                     offsetof(struct mneme_vector_change, document.kind),
                                     offsetof(struct mneme_vector_change, document.ref)};
    PGresult *rows = NULL;
    struct mneme_str *texts = mneme_arena_alloc(&store->arena, (hits->count + 1) * sizeof *texts);
    if (texts == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_long(&store->params, store->generation.number);
    for (size_t k = 0; k < sizeof members / sizeof *members; k++) {
        for (size_t i = 0; i < hits->count; i++) {
            memcpy(&texts[i], (const char *)&hits->items[i].change + members[k], sizeof texts[i]);
        }
        mneme_pg_param_str_array(&store->params, texts, hits->count);
    }
    int status =
        mneme_pg_query(&rows, store->postgres, mneme_sql_chroma_stored, &store->params, false, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        struct hit *hit = &hits->items[strtoull(PQgetvalue(rows, row, 0), NULL, 10) - 1];
        int64_t known = strtoll(PQgetvalue(rows, row, 1), NULL, 10);
        bool is_deleted = PQgetvalue(rows, row, 2)[0] == 't';
        if (known > hit->change.source_sequence || (is_deleted && known == hit->change.source_sequence)) {
            hit->change.source_sequence = INT64_MIN;
        }
    }
    PQclear(rows);
    size_t kept = 0;
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->items[i].change.source_sequence != INT64_MIN) {
            hits->items[kept++] = hits->items[i];
        }
    }
    hits->count = kept;
    return status;
}

static int compare_hits(const void *a, const void *b) {
    double one = ((const struct hit *)a)->similarity;
    double other = ((const struct hit *)b)->similarity;
    return (one < other) - (one > other);
}

/* What is to be asked: a scope of documents or a filter on raw vectors. */
struct condition {
    const struct mneme_vector_scope *scope; /* NULL: the filter */
    struct mneme_str filter_json;
};

static void put_condition(struct mneme_json_writer *json, struct mneme_chroma *store,
                          const struct condition *condition) {
    if (condition->scope != NULL) {
        mneme_chroma_put_where(json, condition->scope);
    } else if (condition->filter_json.data != NULL) {
        mneme_chroma_put_filter(json, condition->filter_json, &store->arena);
    }
}

/* A page of the scope, compared here. Keeps *answer for as long as the hits. */
static int compare_page(struct hits *hits, size_t *seen, struct mneme_chroma *store, const json_t *answer,
                        const float *vector, size_t dimensions, enum mneme_vector_metric metric,
                        struct mneme_error *error) {
    const json_t *metadatas = json_object_get(answer, "metadatas");
    const json_t *embeddings = json_object_get(answer, "embeddings");
    struct mneme_buffer floats = {0};
    *seen = json_array_size(json_object_get(answer, "ids"));
    int status = reserve(hits, store, *seen, error);
    for (size_t i = 0; i < *seen && status == MNEME_OK; i++) {
        struct hit *hit = &hits->items[hits->count++];
        *hit = (struct hit){0};
        mneme_buffer_clear(&floats);
        if (!mneme_chroma_read_metadata(&hit->change, json_array_get(metadatas, i)) ||
            !mneme_chroma_read_vector(&floats, dimensions, json_array_get(embeddings, i))) {
            status = mneme_chroma_not_understood(store, what, error);
        } else if (floats.failed) {
            status = mneme_chroma_out_of_memory(error);
        } else {
            hit->similarity =
                mneme_metric_similarity(metric, (const float *)(const void *)floats.data, vector, dimensions);
        }
    }
    mneme_buffer_clean_up(&floats);
    return status;
}

/* Fetches all of it, page by page, and keeps the k nearest. `answers` is an array that keeps the pages. */
static int compare_all(struct hits *hits, struct mneme_chroma *store, const struct mneme_chroma_place *place,
                       const struct condition *condition, const float *vector, size_t dimensions,
                       enum mneme_vector_metric metric, json_t *answers, struct mneme_error *error) {
    size_t seen = PAGE;
    int status = MNEME_OK;
    hits->count = 0;
    for (size_t offset = 0; status == MNEME_OK && seen == PAGE; offset += PAGE) {
        struct mneme_json_writer json = {.out = &store->request};
        json_t *answer = NULL;
        mneme_buffer_clear(&store->request);
        mneme_json_begin_object(&json);
        put_condition(&json, store, condition);
        mneme_json_key(&json, MNEME_STR_LIT("limit"));
        mneme_json_long(&json, PAGE);
        mneme_json_key(&json, MNEME_STR_LIT("offset"));
        mneme_json_long(&json, (int64_t)offset);
        put_include(&json, "metadatas", "embeddings");
        mneme_json_end_object(&json);
        status = post(&answer, store, place, "get", error);
        if (status == MNEME_OK && json_array_append_new(answers, answer) != 0) {
            status = mneme_chroma_out_of_memory(error);
        }
        if (status == MNEME_OK) {
            status = compare_page(hits, &seen, store, answer, vector, dimensions, metric, error);
        }
    }
    return status;
}

/* The k nearest of a collection. */
static int find(struct hits *hits, bool *is_exact, struct mneme_chroma *store,
                const struct mneme_chroma_place *place, const struct condition *condition,
                const float *vector, size_t dimensions, size_t k, enum mneme_vector_metric metric,
                bool is_indexed, json_t *answers, struct mneme_error *error) {
    struct mneme_json_writer json = {.out = &store->request};
    json_t *answer = NULL;
    int status = MNEME_OK;
    *is_exact = !is_indexed;
    if (is_indexed) {
        mneme_buffer_clear(&store->request);
        put_query(&json, vector, dimensions, k);
        put_condition(&json, store, condition);
        mneme_json_end_object(&json);
        status = post(&answer, store, place, "query", error);
        if (status == MNEME_OK && json_array_append_new(answers, answer) != 0) {
            status = mneme_chroma_out_of_memory(error);
        }
        if (status == MNEME_OK) {
            status = take_hits(hits, store, answer, metric, error);
        }
        if (status == MNEME_OK) {
            status = drop_stale(hits, store, error);
        }
        *is_exact = hits->count < k;
    }
    if (status == MNEME_OK && *is_exact) {
        status = compare_all(hits, store, place, condition, vector, dimensions, metric, answers, error);
        if (status == MNEME_OK) {
            status = drop_stale(hits, store, error);
        }
    }
    if (status == MNEME_OK && hits->count > 1) {
        if (hits->count > 0) {
            qsort(hits->items, hits->count, sizeof *hits->items, compare_hits);
        }
    }
    hits->count = hits->count > k ? k : hits->count;
    return status;
}

static int give_documents(struct mneme_vector_matches *out, const struct hits *hits,
                          struct mneme_error *error) {
    out->items = mneme_arena_calloc(&out->arena, hits->count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL;
    for (size_t i = 0; i < hits->count && is_complete; i++) {
        const struct mneme_document_key *key = &hits->items[i].change.document;
        out->items[i] = (struct mneme_vector_match){
            .key = {mneme_arena_copy(&out->arena, key->stream_id), mneme_arena_copy(&out->arena, key->kind),
                    mneme_arena_copy(&out->arena, key->ref)},
            .similarity = hits->items[i].similarity,
        };
        is_complete = out->items[i].key.ref.data != NULL;
    }
    out->count = is_complete ? hits->count : 0;
    return is_complete ? MNEME_OK : mneme_chroma_out_of_memory(error);
}

int mneme_chroma_query(struct mneme_vector_matches *out, void *context,
                       const struct mneme_vector_question *question, struct mneme_error *error) {
    struct mneme_chroma *store = context;
    const struct condition condition = {.scope = &question->scope};
    bool is_indexed = question->metric == store->generation.metric;
    struct mneme_chroma_place place;
    struct hits hits = {0};
    mneme_arena_reset(&store->arena, SIZE_MAX);
    int status = mneme_chroma_find(&place, store, question->scope.tenant, MNEME_STR_NULL,
                                   store->generation.metric, false, error);
    if (status != MNEME_OK || place.id[0] == '\0') {
        return status;
    }
    json_t *answers = json_array();
    status = answers == NULL
                 ? mneme_chroma_out_of_memory(error)
                 : find(&hits, &out->is_exact, store, &place, &condition, question->vector,
                        question->dimensions, question->k, question->metric, is_indexed, answers, error);
    if (status == MNEME_OK) {
        status = give_documents(out, &hits, error);
    }
    json_decref(answers);
    return status;
}

static int give_raw(struct mneme_raw_matches *out, const struct hits *hits, struct mneme_error *error) {
    out->items = mneme_arena_calloc(&out->arena, hits->count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL;
    for (size_t i = 0; i < hits->count && is_complete; i++) {
        const struct mneme_vector_change *change = &hits->items[i].change;
        out->items[i] =
            (struct mneme_raw_match){.id = mneme_arena_copy(&out->arena, change->vector_id),
                                     .metadata_json = mneme_arena_copy(&out->arena, change->metadata_json),
                                     .similarity = hits->items[i].similarity};
        is_complete = out->items[i].id.data != NULL;
    }
    out->count = is_complete ? hits->count : 0;
    return is_complete ? MNEME_OK : mneme_chroma_out_of_memory(error);
}

int mneme_chroma_query_raw(struct mneme_raw_matches *out, void *context,
                           const struct mneme_raw_question *question, struct mneme_error *error) {
    struct mneme_chroma *store = context;
    const struct condition condition = {.filter_json = question->filter_json};
    struct mneme_chroma_place place;
    struct hits hits = {0};
    bool is_exact;
    mneme_arena_reset(&store->arena, SIZE_MAX);
    int status = mneme_chroma_find(&place, store, question->tenant, question->collection, question->metric,
                                   false, error);
    if (status != MNEME_OK || place.id[0] == '\0') {
        return status;
    }
    json_t *answers = json_array();
    status = answers == NULL
                 ? mneme_chroma_out_of_memory(error)
                 : find(&hits, &is_exact, store, &place, &condition, question->vector, question->dimensions,
                        question->k, question->metric, true, answers, error);
    if (status == MNEME_OK) {
        status = give_raw(out, &hits, error);
    }
    json_decref(answers);
    return status;
}

/* Ids of documents, each with its place among the keys. */
struct wanted {
    char id[MNEME_CHROMA_ID_BYTES];
    size_t place;
};

static int compare_wanted(const void *a, const void *b) {
    return strcmp(((const struct wanted *)a)->id, ((const struct wanted *)b)->id);
}

static int take_fetched(float *out, bool *found, struct mneme_chroma *store, const json_t *answer,
                        const struct wanted *wanted, size_t count, struct mneme_error *error) {
    const json_t *ids = json_object_get(answer, "ids");
    const json_t *embeddings = json_object_get(answer, "embeddings");
    size_t dimensions = (size_t)store->generation.dimensions;
    struct mneme_buffer floats = {0};
    int status = MNEME_OK;
    for (size_t i = 0; i < json_array_size(ids) && status == MNEME_OK; i++) {
        struct wanted key = {0};
        const char *id = json_string_value(json_array_get(ids, i));
        (void)snprintf(key.id, sizeof key.id, "%s", id == NULL ? "" : id);
        const struct wanted *one = bsearch(&key, wanted, count, sizeof key, compare_wanted);
        mneme_buffer_clear(&floats);
        if (one == NULL || !mneme_chroma_read_vector(&floats, dimensions, json_array_get(embeddings, i))) {
            status = mneme_chroma_not_understood(store, what, error);
        } else if (floats.failed) {
            status = mneme_chroma_out_of_memory(error);
        } else {
            memcpy(out + one->place * dimensions, floats.data, dimensions * sizeof *out);
            found[one->place] = true;
        }
    }
    mneme_buffer_clean_up(&floats);
    return status;
}

int mneme_chroma_fetch(float *out, bool *found, void *context, struct mneme_str tenant,
                       const struct mneme_document_key *keys, size_t count, struct mneme_error *error) {
    struct mneme_chroma *store = context;
    struct mneme_chroma_place place;
    json_t *answer = NULL;
    mneme_arena_reset(&store->arena, SIZE_MAX);
    int status =
        mneme_chroma_find(&place, store, tenant, MNEME_STR_NULL, store->generation.metric, false, error);
    if (status != MNEME_OK || place.id[0] == '\0') {
        return status;
    }
    struct wanted *wanted = mneme_arena_calloc(&store->arena, count, sizeof *wanted);
    if (wanted == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        wanted[i].place = i;
        status = mneme_chroma_id(wanted[i].id, &keys[i], error);
    }
    if (count > 0) {
        qsort(wanted, count, sizeof *wanted, compare_wanted);
    }
    struct mneme_json_writer json = {.out = &store->request};
    mneme_buffer_clear(&store->request);
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("ids"));
    mneme_json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        mneme_json_string(&json, mneme_str_from(wanted[i].id));
    }
    mneme_json_end_array(&json);
    put_include(&json, "embeddings", NULL);
    mneme_json_end_object(&json);
    if (status == MNEME_OK) {
        status = post(&answer, store, &place, "get", error);
    }
    if (status == MNEME_OK) {
        status = take_fetched(out, found, store, answer, wanted, count, error);
    }
    json_decref(answer);
    return status;
}
