/*
 * Queries Chroma. Its index answers with the scope as a condition; if that returns fewer results than
 * requested, the scope is fetched and compared here, so that no results are missing. Results that are deleted
 * or newer according to Postgres are left out: a writer that lost its partition may have written late.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json/write.h"
#include "sql/embedded.h"
#include "stores/vectors/chroma/chroma.h"
#include "stores/vectors/chroma/metadata.h"

#define PAGE 1000 /* points per request when a scope is fetched */

/* Maximum number of points requested from the index, besides k; beyond that the scope is compared. */
#define MOST_POINTS 50000

static const char what[] = "cannot query the vectors";

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
    mneme_chroma_put_include(json, "distances", "metadatas");
}

/* Chroma returns the square of the Euclidean distance, and 1 minus the inner product. */
static double similarity_of(enum mneme_vector_metric metric, double distance) {
    switch (metric) {
    case MNEME_METRIC_EUCLIDEAN:
        return mneme_metric_from_distance(metric, sqrt(fmax(distance, 0)));
    case MNEME_METRIC_DOT:
        return 1 - distance;
    case MNEME_METRIC_ANY:
    case MNEME_METRIC_COSINE:
    case MNEME_METRIC_COUNT:
        break;
    }
    return mneme_metric_from_distance(metric, distance);
}

/* A vector that Chroma returned, with its metadata. */
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

/* An answer to a query: an array of rows for each vector of the query. */
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

/* Leaves out results that are outdated according to Postgres. */
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
        size_t parts = is_deleted ? 0 : strtoull(PQgetvalue(rows, row, 3), NULL, 10);
        if (known > hit->change.source_sequence ||
            (known == hit->change.source_sequence && hit->change.part >= parts)) {
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

static int compare_str(struct mneme_str a, struct mneme_str b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Groups by document, the best first. */
static int compare_parts(const void *a, const void *b) {
    const struct hit *one = a;
    const struct hit *other = b;
    int order = compare_str(one->change.document.ref, other->change.document.ref);
    order = order != 0 ? order : compare_str(one->change.document.kind, other->change.document.kind);
    order =
        order != 0 ? order : compare_str(one->change.document.stream_id, other->change.document.stream_id);
    return order != 0 ? order : (one->similarity < other->similarity) - (one->similarity > other->similarity);
}

static bool is_same_document(const struct mneme_vector_document_key *a,
                             const struct mneme_vector_document_key *b) {
    return mneme_str_equal(a->ref, b->ref) && mneme_str_equal(a->kind, b->kind) &&
           mneme_str_equal(a->stream_id, b->stream_id);
}

/* Keeps the best part of each document. */
static void keep_best(struct hits *hits) {
    bool has_parts = false;
    for (size_t i = 0; i < hits->count && !has_parts; i++) {
        has_parts = hits->items[i].change.part > 0;
    }
    if (!has_parts) {
        return;
    }
    qsort(hits->items, hits->count, sizeof *hits->items, compare_parts);
    size_t kept = 1;
    for (size_t i = 1; i < hits->count; i++) {
        if (!is_same_document(&hits->items[kept - 1].change.document, &hits->items[i].change.document)) {
            hits->items[kept++] = hits->items[i];
        }
    }
    hits->count = kept;
}

static int compare_hits(const void *a, const void *b) {
    double one = ((const struct hit *)a)->similarity;
    double other = ((const struct hit *)b)->similarity;
    return (one < other) - (one > other);
}

/* The subject of a query: a scope of documents or a filter on raw vectors. */
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

/* A query of a collection. */
struct asked {
    const struct condition *condition;
    const float *vector;
    size_t dimensions, k;
    enum mneme_vector_metric metric;
    bool is_indexed; /* the index compares by that metric */
};

/* Compares a page of the scope. Keeps *answer as long as the hits. */
static int compare_page(struct hits *hits, size_t *seen, struct mneme_chroma *store, const json_t *answer,
                        const struct asked *asked, struct mneme_error *error) {
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
            !mneme_chroma_read_vector(&floats, asked->dimensions, json_array_get(embeddings, i))) {
            status = mneme_chroma_not_understood(store, what, error);
        } else if (floats.failed) {
            status = mneme_chroma_out_of_memory(error);
        } else {
            hit->similarity = mneme_metric_similarity(asked->metric, (const float *)(const void *)floats.data,
                                                      asked->vector, asked->dimensions);
        }
    }
    mneme_buffer_clean_up(&floats);
    return status;
}

/* Fetches the whole scope, page by page. `answers` is an array that keeps the pages. */
static int compare_all(struct hits *hits, struct mneme_chroma *store, const struct mneme_chroma_place *place,
                       const struct asked *asked, json_t *answers, struct mneme_error *error) {
    size_t seen = PAGE;
    int status = MNEME_OK;
    hits->count = 0;
    for (size_t offset = 0; status == MNEME_OK && seen == PAGE; offset += PAGE) {
        struct mneme_json_writer json = {.out = &store->request};
        json_t *answer = NULL;
        mneme_buffer_clear(&store->request);
        mneme_json_begin_object(&json);
        put_condition(&json, store, asked->condition);
        mneme_json_key(&json, MNEME_STR_LIT("limit"));
        mneme_json_long(&json, PAGE);
        mneme_json_key(&json, MNEME_STR_LIT("offset"));
        mneme_json_long(&json, (int64_t)offset);
        mneme_chroma_put_include(&json, "metadatas", "embeddings");
        mneme_json_end_object(&json);
        status = mneme_chroma_post(&answer, store, place, "get", what, error);
        if (status == MNEME_OK && json_array_append_new(answers, answer) != 0) {
            status = mneme_chroma_out_of_memory(error);
        }
        if (status == MNEME_OK) {
            status = compare_page(hits, &seen, store, answer, asked, error);
        }
    }
    if (status == MNEME_OK) {
        status = drop_stale(hits, store, error);
        keep_best(hits);
    }
    return status;
}

/* Gets this many points from the index, as documents; *given is how many points it returned. */
static int find_points(struct hits *hits, size_t *given, struct mneme_chroma *store,
                       const struct mneme_chroma_place *place, const struct asked *asked, size_t points,
                       json_t *answers, struct mneme_error *error) {
    struct mneme_json_writer json = {.out = &store->request};
    json_t *answer = NULL;
    mneme_buffer_clear(&store->request);
    put_query(&json, asked->vector, asked->dimensions, points);
    put_condition(&json, store, asked->condition);
    mneme_json_end_object(&json);
    int status = mneme_chroma_post(&answer, store, place, "query", what, error);
    if (status == MNEME_OK && json_array_append_new(answers, answer) != 0) {
        status = mneme_chroma_out_of_memory(error);
    }
    hits->count = 0;
    if (status == MNEME_OK) {
        status = take_hits(hits, store, answer, asked->metric, error);
        *given = hits->count;
    }
    if (status == MNEME_OK) {
        status = drop_stale(hits, store, error);
        keep_best(hits);
    }
    return status;
}

/* If several points belong to one document, more are requested, in proportion to the documents found. */
static int find_by_index(struct hits *hits, struct mneme_chroma *store,
                         const struct mneme_chroma_place *place, const struct asked *asked, json_t *answers,
                         struct mneme_error *error) {
    size_t points = asked->k;
    size_t given = 0;
    int status = find_points(hits, &given, store, place, asked, points, answers, error);
    while (status == MNEME_OK && hits->count < asked->k && hits->count < given && given == points &&
           points < MOST_POINTS) {
        points = 2 * points * asked->k / (hits->count + 1);
        points = points < MOST_POINTS ? points : MOST_POINTS;
        status = find_points(hits, &given, store, place, asked, points, answers, error);
    }
    return status;
}

/* The k nearest vectors of a collection. */
static int find(struct hits *hits, bool *is_exact, struct mneme_chroma *store,
                const struct mneme_chroma_place *place, const struct asked *asked, json_t *answers,
                struct mneme_error *error) {
    int status = MNEME_OK;
    *is_exact = !asked->is_indexed;
    if (asked->is_indexed) {
        status = find_by_index(hits, store, place, asked, answers, error);
        *is_exact = hits->count < asked->k;
    }
    if (status == MNEME_OK && *is_exact) {
        status = compare_all(hits, store, place, asked, answers, error);
    }
    if (status == MNEME_OK && hits->count > 1) {
        qsort(hits->items, hits->count, sizeof *hits->items, compare_hits);
    }
    hits->count = hits->count > asked->k ? asked->k : hits->count;
    return status;
}

static int give_documents(struct mneme_vector_matches *out, const struct hits *hits,
                          struct mneme_error *error) {
    out->items = mneme_arena_calloc(&out->arena, hits->count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL;
    for (size_t i = 0; i < hits->count && is_complete; i++) {
        const struct mneme_vector_document_key *key = &hits->items[i].change.document;
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
    const struct asked asked = {.condition = &condition,
                                .vector = question->vector,
                                .dimensions = question->dimensions,
                                .k = question->k,
                                .metric = question->metric,
                                .is_indexed = question->metric == store->generation.metric};
    struct mneme_chroma_place place;
    struct hits hits = {0};
    mneme_arena_reset(&store->arena, SIZE_MAX);
    int status = mneme_chroma_find(&place, store, question->scope.tenant, MNEME_STR_NULL,
                                   store->generation.metric, false, error);
    if (status != MNEME_OK || place.id[0] == '\0') {
        return status;
    }
    json_t *answers = json_array();
    status = answers == NULL ? mneme_chroma_out_of_memory(error)
                             : find(&hits, &out->is_exact, store, &place, &asked, answers, error);
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
    const struct asked asked = {.condition = &condition,
                                .vector = question->vector,
                                .dimensions = question->dimensions,
                                .k = question->k,
                                .metric = question->metric,
                                .is_indexed = true};
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
    status = answers == NULL ? mneme_chroma_out_of_memory(error)
                             : find(&hits, &is_exact, store, &place, &asked, answers, error);
    if (status == MNEME_OK) {
        status = give_raw(out, &hits, error);
    }
    json_decref(answers);
    return status;
}
