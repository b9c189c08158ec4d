/*
 * Writes to Chroma. Postgres determines which changes are new, then Chroma is written, and the caller's
 * commit completes both: a repeat after a failure finds the same new changes and writes them again.
 *
 * Chroma merges the metadata of an upsert into what is there. Documents always have the same members, and
 * null, which removes a member, for missing ones; for raw vectors, the existing metadata is read first.
 */
#include <endian.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "common/json/read.h"
#include "common/json/write.h"
#include "sql/embedded.h"
#include "stores/vectors/chroma/chroma.h"
#include "stores/vectors/chroma/metadata.h"

#define MAX_ROWS 1000 /* of one request; Chroma accepts some thousands */

/* A changed point, with its id; sorted by collection. */
struct news {
    const struct mneme_vector_change *change;
    size_t part;
    bool is_gone;
    char id[MNEME_CHROMA_ID_BYTES];
};

static int compare_str(struct mneme_str a, struct mneme_str b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Null for documents; a removed raw vector also has it, to say where it was. */
static struct mneme_str collection_of(const struct mneme_vector_change *change) {
    return mneme_vector_change_is_raw(change) ? change->collection : MNEME_STR_NULL;
}

static int compare_news(const void *a, const void *b) {
    const struct mneme_vector_change *one = ((const struct news *)a)->change;
    const struct mneme_vector_change *other = ((const struct news *)b)->change;
    int order = compare_str(one->scope.tenant, other->scope.tenant);
    if (order == 0) {
        order = (int)mneme_vector_change_is_raw(one) - (int)mneme_vector_change_is_raw(other);
    }
    if (order == 0) {
        order = compare_str(collection_of(one), collection_of(other));
    }
    return order != 0 ? order
                      : (int)((const struct news *)a)->is_gone - (int)((const struct news *)b)->is_gone;
}

static bool is_same_request(const struct news *a, const struct news *b) {
    return mneme_str_equal(a->change->scope.tenant, b->change->scope.tenant) &&
           mneme_str_equal(collection_of(a->change), collection_of(b->change)) && a->is_gone == b->is_gone;
}

static void begin_member(struct mneme_json_writer *json, const char *key) {
    mneme_json_key(json, mneme_str_from(key));
    mneme_json_begin_array(json);
}

static void put_ids(struct mneme_json_writer *json, const struct news *news, size_t count) {
    begin_member(json, "ids");
    for (size_t i = 0; i < count; i++) {
        mneme_json_string(json, mneme_str_from(news[i].id));
    }
    mneme_json_end_array(json);
}

/* Base64 of the floats, a third of the length of their text form. */
static void put_vector(struct mneme_json_writer *json, struct mneme_buffer *scratch,
                       struct mneme_str vector) {
    mneme_buffer_clear(scratch);
    if (!mneme_buffer_reserve(scratch, vector.len / 3 * 4 + 8)) {
        json->out->failed = true;
        return;
    }
    int len =
        EVP_EncodeBlock((unsigned char *)scratch->data, (const unsigned char *)vector.data, (int)vector.len);
    mneme_json_string(json, (struct mneme_str){scratch->data, (size_t)len});
}

/* `stored` is Chroma's current metadata of raw vectors, an object by id, or NULL. */
static int put_upsert(struct mneme_chroma *store, const struct news *news, size_t count, const json_t *stored,
                      struct mneme_error *error) {
    struct mneme_json_writer json = {.out = &store->request};
    struct mneme_buffer scratch = {0};
    mneme_buffer_clear(&store->request);
    mneme_json_begin_object(&json);
    put_ids(&json, news, count);
    begin_member(&json, "embeddings");
    for (size_t i = 0; i < count; i++) {
        put_vector(&json, &scratch, mneme_vector_change_part(news[i].change, news[i].part));
    }
    mneme_json_end_array(&json);
    begin_member(&json, "metadatas");
    for (size_t i = 0; i < count; i++) {
        mneme_chroma_put_metadata(&json, news[i].change, news[i].part, json_object_get(stored, news[i].id),
                                  &store->arena);
    }
    mneme_json_end_array(&json);
    begin_member(&json, "documents");
    for (size_t i = 0; i < count; i++) {
        mneme_json_string(&json, news[i].part == 0 ? news[i].change->text : MNEME_STR_NULL);
    }
    mneme_json_end_array(&json);
    mneme_json_end_object(&json);
    mneme_buffer_clean_up(&scratch);
    return store->request.failed ? mneme_chroma_out_of_memory(error) : MNEME_OK;
}

/* The existing metadata of these ids. */
static int get_stored(json_t **out, struct mneme_chroma *store, const struct mneme_chroma_place *place,
                      const struct news *news, size_t count, struct mneme_error *error) {
    static const char what[] = "cannot write the vectors";
    struct mneme_json_writer json = {.out = &store->request};
    char path[96];
    json_t *answer = NULL;
    mneme_buffer_clear(&store->request);
    mneme_json_begin_object(&json);
    put_ids(&json, news, count);
    begin_member(&json, "include");
    mneme_json_string(&json, MNEME_STR_LIT("metadatas"));
    mneme_json_end_array(&json);
    mneme_json_end_object(&json);
    snprintf(path, sizeof path, "/collections/%s/get", place->id);
    int status = mneme_chroma_call(&answer, store, "POST", path, true, what, error);
    if (status != MNEME_OK) {
        return status;
    }
    const json_t *ids = json_object_get(answer, "ids");
    const json_t *metadatas = json_object_get(answer, "metadatas");
    *out = json_object();
    for (size_t i = 0; i < json_array_size(ids) && *out != NULL; i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        json_t *metadata = json_array_get(metadatas, i);
        if (id != NULL && json_is_object(metadata) && json_object_set(*out, id, metadata) != 0) {
            json_decref(*out);
            *out = NULL;
        }
    }
    json_decref(answer);
    return *out == NULL ? mneme_chroma_out_of_memory(error) : MNEME_OK;
}

/* The error for a collection that existed when it was looked up, or for earlier points. */
static int explain_missing(struct mneme_chroma *store, const struct mneme_chroma_place *place, int status,
                           struct mneme_error *error) {
    if (status != MNEME_E_NOT_FOUND) {
        return status;
    }
    store->place_count = 0;
    return mneme_error_set(
        error, MNEME_E_UNSAFE,
        "cannot write the vectors: Chroma at %s has lost the collection %s; run `mneme rebuild vectors`",
        mneme_http_shown_url(store->http), place->name);
}

static int write_request(struct mneme_chroma *store, const struct news *news, size_t count,
                         struct mneme_error *error) {
    const struct mneme_vector_change *first = news[0].change;
    bool is_raw = mneme_vector_change_is_raw(first);
    enum mneme_vector_metric metric = store->generation.metric;
    struct mneme_chroma_place place;
    json_t *stored = NULL;
    char path[96];
    int status = MNEME_OK;
    if (is_raw) {
        struct mneme_vector_collection collection;
        status = mneme_vector_collection_get(&collection, store->postgres, &store->generation,
                                             first->scope.tenant, first->collection, error);
        metric = collection.metric;
    }
    if (status == MNEME_OK) {
        status = mneme_chroma_find(&place, store, first->scope.tenant, collection_of(first), metric,
                                   !news->is_gone, error);
    }
    if (status != MNEME_OK || place.id[0] == '\0') {
        return status; /* without a collection, there is nothing to remove */
    }
    if (is_raw && !news->is_gone) {
        status = get_stored(&stored, store, &place, news, count, error);
    }
    if (status == MNEME_OK && news->is_gone) {
        struct mneme_json_writer json = {.out = &store->request};
        mneme_buffer_clear(&store->request);
        mneme_json_begin_object(&json);
        put_ids(&json, news, count);
        mneme_json_end_object(&json);
    } else if (status == MNEME_OK) {
        status = put_upsert(store, news, count, stored, error);
    }
    if (status == MNEME_OK) {
        /* Chroma has no conditional writes, so a writer that was stopped for long must check before each
         * request whether its transaction, and with it the right to write, still exists. */
        status = mneme_pg_run(store->postgres, "SELECT", error);
    }
    if (status == MNEME_OK) {
        snprintf(path, sizeof path, "/collections/%s/%s", place.id, news->is_gone ? "delete" : "upsert");
        status = mneme_chroma_call(NULL, store, "POST", path, true, "cannot write the vectors", error);
    }
    json_decref(stored);
    return explain_missing(store, &place, status, error);
}

/* A change to write, and how many points of its former versions may exist. */
struct chosen {
    const struct mneme_vector_change *change;
    size_t points;
};

/* Texts of the changes by column, after the generation's number. */
static int key_params(struct mneme_chroma *store, const struct chosen *chosen, size_t count,
                      bool has_collection, struct mneme_error *error) {
    struct mneme_str *texts = mneme_arena_alloc(&store->arena, 5 * count * sizeof *texts);
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_long(&store->params, store->generation.number);
    if (texts == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_vector_change *change = chosen[i].change;
        texts[i] = change->scope.tenant;
        texts[count + i] = change->document.stream_id;
        texts[2 * count + i] = change->document.kind;
        texts[3 * count + i] = change->document.ref;
        texts[4 * count + i] = mneme_vector_change_is_raw(change) ? change->collection : MNEME_STR_LIT("");
    }
    for (size_t i = 0; i < (has_collection ? 5 : 4); i++) {
        mneme_pg_param_str_array(&store->params, texts + i * count, count);
    }
    return MNEME_OK;
}

/* Keeps only changes that are newer than the stored versions. */
static int choose(struct chosen *chosen, size_t *count, struct mneme_chroma *store,
                  const struct mneme_vector_change *changes, struct mneme_error *error) {
    PGresult *rows = NULL;
    for (size_t i = 0; i < *count; i++) {
        /* A failed batch may have written any of them. */
        chosen[i] = (struct chosen){&changes[i], changes[i].former_parts};
    }
    int status = key_params(store, chosen, *count, false, error);
    if (status == MNEME_OK) {
        status =
            mneme_pg_query(&rows, store->postgres, mneme_sql_chroma_stored, &store->params, false, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        struct chosen *one = &chosen[strtoull(PQgetvalue(rows, row, 0), NULL, 10) - 1];
        size_t parts = strtoull(PQgetvalue(rows, row, 3), NULL, 10);
        one->points = one->points > parts ? one->points : parts;
        if (strtoll(PQgetvalue(rows, row, 1), NULL, 10) >= one->change->source_sequence) {
            one->change = NULL;
        }
    }
    PQclear(rows);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (chosen[i].change != NULL) {
            chosen[kept++] = chosen[i];
        }
    }
    *count = kept;
    return status;
}

/* Records in Postgres what is stored now. */
static int remember(struct mneme_chroma *store, const struct chosen *chosen, size_t count,
                    struct mneme_error *error) {
    int64_t *numbers = mneme_arena_alloc(&store->arena, 3 * count * sizeof *numbers);
    if (numbers == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    int status = key_params(store, chosen, count, true, error);
    if (status != MNEME_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = chosen[i].change->source_sequence;
        numbers[count + i] = chosen[i].change->is_removal ? 1 : 0;
        numbers[2 * count + i] = (int64_t)mneme_vector_change_parts(chosen[i].change);
    }
    for (size_t i = 0; i < 3; i++) {
        mneme_pg_param_long_array(&store->params, numbers + i * count, count);
    }
    return mneme_pg_query(NULL, store->postgres, mneme_sql_chroma_store, &store->params, false, error);
}

/* The points of a change: new ones, and those to remove. */
static int add_news(struct news *news, size_t *count, const struct chosen *chosen,
                    struct mneme_error *error) {
    size_t parts = chosen->change->is_removal ? 0 : mneme_vector_change_parts(chosen->change);
    size_t points = chosen->points > 1 ? chosen->points : 1; /* an unknown one is removed as well */
    points = points > parts ? points : parts;
    int status = MNEME_OK;
    for (size_t part = 0; part < points && status == MNEME_OK; part++) {
        struct news *one = &news[(*count)++];
        *one = (struct news){.change = chosen->change, .part = part, .is_gone = part >= parts};
        status = mneme_chroma_id(one->id, &chosen->change->document, part, error);
    }
    return status;
}

static int write_news(struct mneme_chroma *store, const struct chosen *chosen, size_t count,
                      struct mneme_error *error) {
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t parts = mneme_vector_change_parts(chosen[i].change);
        most += chosen[i].points > parts ? chosen[i].points : parts;
    }
    struct news *news = mneme_arena_calloc(&store->arena, most, sizeof *news);
    size_t news_count = 0;
    int status = MNEME_OK;
    if (news == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        status = add_news(news, &news_count, &chosen[i], error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    qsort(news, news_count, sizeof *news, compare_news);
    for (size_t from = 0, to = 0; from < news_count && status == MNEME_OK; from = to) {
        for (to = from; to < news_count && to - from < MAX_ROWS && is_same_request(&news[from], &news[to]);
             to++) {
        }
        status = write_request(store, news + from, to - from, error);
    }
    return status;
}

static int write_rows(struct mneme_chroma *store, const struct mneme_vector_change *changes, size_t count,
                      struct mneme_error *error) {
    struct chosen chosen[MAX_ROWS] = {{NULL, 0}};
    mneme_arena_reset(&store->arena, SIZE_MAX);
    int status = choose(chosen, &count, store, changes, error);
    if (status == MNEME_OK && count > 0) {
        status = write_news(store, chosen, count, error);
    }
    return status == MNEME_OK && count > 0 ? remember(store, chosen, count, error) : status;
}

int mneme_chroma_write(void *context, const struct mneme_vector_change *changes, size_t count,
                       struct mneme_error *error) {
    struct mneme_chroma *store = context;
    int status = mneme_vector_changes_check(changes, count, store->postgres, &store->generation, error);
    for (size_t i = 0; i < count && status == MNEME_OK; i += MAX_ROWS) {
        status = write_rows(store, changes + i, count - i < MAX_ROWS ? count - i : MAX_ROWS, error);
    }
    return status;
}
