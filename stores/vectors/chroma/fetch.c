/*
 * Given documents in Chroma: their vectors, and their similarity to another vector, which is computed here,
 * since Chroma cannot. Postgres records how many parts a document has.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sql/embedded.h"
#include "stores/vectors/chroma/chroma.h"

#define MAX_IDS 1000 /* of one request */

static const char what[] = "cannot query the vectors";

/* A requested point: the part of a document, by the index of its key. */
struct wanted {
    char id[MNEME_CHROMA_ID_BYTES];
    size_t place;
};

/* Receives the vectors. */
typedef void take_vector(void *context, size_t place, const float *vector);

static int compare_wanted(const void *a, const void *b) {
    return strcmp(((const struct wanted *)a)->id, ((const struct wanted *)b)->id);
}

static int take_points(struct mneme_chroma *store, const json_t *answer, const struct wanted *wanted,
                       size_t count, take_vector *take, void *context, struct mneme_error *error) {
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
            take(context, one->place, (const float *)(const void *)floats.data);
        }
    }
    mneme_buffer_clean_up(&floats);
    return status;
}

/* Requests the points, and sorts them for that. */
static int get_points(struct mneme_chroma *store, const struct mneme_chroma_place *place,
                      struct wanted *wanted, size_t count, take_vector *take, void *context,
                      struct mneme_error *error) {
    json_t *answer = NULL;
    struct mneme_json_writer json = {.out = &store->request};
    qsort(wanted, count, sizeof *wanted, compare_wanted);
    mneme_buffer_clear(&store->request);
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("ids"));
    mneme_json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        mneme_json_string(&json, mneme_str_from(wanted[i].id));
    }
    mneme_json_end_array(&json);
    mneme_chroma_put_include(&json, "embeddings", NULL);
    mneme_json_end_object(&json);
    int status = mneme_chroma_post(&answer, store, place, "get", what, error);
    if (status == MNEME_OK) {
        status = take_points(store, answer, wanted, count, take, context, error);
    }
    json_decref(answer);
    return status;
}

/* The first part, or all parts, of the documents; `parts` (NULL: 1) by the index of the key. */
static int get_documents(struct mneme_chroma *store, struct mneme_str tenant,
                         const struct mneme_vector_document_key *keys, size_t count, const size_t *parts,
                         take_vector *take, void *context, struct mneme_error *error) {
    struct mneme_chroma_place place;
    size_t pending = 0;
    int status =
        mneme_chroma_find(&place, store, tenant, MNEME_STR_NULL, store->generation.metric, false, error);
    if (status != MNEME_OK || place.id[0] == '\0') {
        return status;
    }
    struct wanted *wanted = mneme_arena_calloc(&store->arena, MAX_IDS, sizeof *wanted);
    if (wanted == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        for (size_t part = 0; part < (parts == NULL ? 1 : parts[i]) && status == MNEME_OK; part++) {
            wanted[pending].place = i;
            status = mneme_chroma_id(wanted[pending++].id, &keys[i], part, error);
            if (status == MNEME_OK && pending == MAX_IDS) {
                status = get_points(store, &place, wanted, pending, take, context, error);
                pending = 0;
            }
        }
    }
    return status == MNEME_OK && pending > 0
               ? get_points(store, &place, wanted, pending, take, context, error)
               : status;
}

/* --- their vectors --- */

struct fetching {
    float *out;
    bool *found;
    size_t dimensions;
};

static void keep_vector(void *context, size_t place, const float *vector) {
    const struct fetching *fetching = context;
    memcpy(fetching->out + place * fetching->dimensions, vector, fetching->dimensions * sizeof *vector);
    fetching->found[place] = true;
}

int mneme_chroma_fetch(float *out, bool *found, void *context, struct mneme_str tenant,
                       const struct mneme_vector_document_key *keys, size_t count,
                       struct mneme_error *error) {
    struct mneme_chroma *store = context;
    struct fetching fetching = {.dimensions = (size_t)store->generation.dimensions};
    fetching.out = out;
    fetching.found = found;
    mneme_arena_reset(&store->arena, SIZE_MAX);
    return get_documents(store, tenant, keys, count, NULL, keep_vector, &fetching, error);
}

/* --- their similarities --- */

struct comparing {
    double *out;
    const float *vector;
    size_t dimensions;
    enum mneme_vector_metric metric;
};

/* `out` is NAN before the first part. */
static void compare_vector(void *context, size_t place, const float *vector) {
    const struct comparing *comparing = context;
    comparing->out[place] =
        fmax(comparing->out[place],
             mneme_metric_similarity(comparing->metric, vector, comparing->vector, comparing->dimensions));
}

/* The number of parts of each document; 0 for unknown documents. */
static int count_parts(size_t *parts, struct mneme_chroma *store, struct mneme_str tenant,
                       const struct mneme_vector_document_key *keys, size_t count,
                       struct mneme_error *error) {
    PGresult *rows = NULL;
    struct mneme_str *texts = mneme_arena_alloc(&store->arena, 4 * count * sizeof *texts);
    if (texts == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        texts[i] = tenant;
        texts[count + i] = keys[i].stream_id;
        texts[2 * count + i] = keys[i].kind;
        texts[3 * count + i] = keys[i].ref;
    }
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_long(&store->params, store->generation.number);
    for (size_t i = 0; i < 4; i++) {
        mneme_pg_param_str_array(&store->params, texts + i * count, count);
    }
    int status =
        mneme_pg_query(&rows, store->postgres, mneme_sql_chroma_stored, &store->params, false, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        bool is_deleted = PQgetvalue(rows, row, 2)[0] == 't';
        parts[strtoull(PQgetvalue(rows, row, 0), NULL, 10) - 1] =
            is_deleted ? 0 : strtoull(PQgetvalue(rows, row, 3), NULL, 10);
    }
    PQclear(rows);
    return status;
}

int mneme_chroma_similarities(double *out, void *context, struct mneme_str tenant,
                              const struct mneme_vector_document_key *keys, size_t count, const float *vector,
                              enum mneme_vector_metric metric, struct mneme_error *error) {
    struct mneme_chroma *store = context;
    struct comparing comparing = {
        .vector = vector, .dimensions = (size_t)store->generation.dimensions, .metric = metric};
    comparing.out = out;
    mneme_arena_reset(&store->arena, SIZE_MAX);
    size_t *parts = mneme_arena_calloc(&store->arena, count, sizeof *parts);
    int status = parts == NULL ? mneme_chroma_out_of_memory(error)
                               : count_parts(parts, store, tenant, keys, count, error);
    return status == MNEME_OK
               ? get_documents(store, tenant, keys, count, parts, compare_vector, &comparing, error)
               : status;
}
