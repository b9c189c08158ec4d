/*
 * The store's collections: finding, creating and dropping them, and the operations table.
 */
#include "stores/vectors/chroma/chroma.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json/write.h"
#include "sql/embedded.h"

#define LIST_PAGE 500
#define DIGEST_BYTES 32
#define LONGEST_COLLECTION 40 /* characters of MNEME_CHROMA_COLLECTION */

/* Number of candidates gathered for an answer, so that the best are among them. */
#define SEARCH_CANDIDATES 200

static const char *const spaces[MNEME_METRIC_COUNT] = {
    [MNEME_METRIC_COSINE] = "cosine", [MNEME_METRIC_EUCLIDEAN] = "l2", [MNEME_METRIC_DOT] = "ip"};

static void close_store(void *context) {
    struct mneme_chroma *store = context;
    mneme_http_close(store->http);
    mneme_buffer_clean_up(&store->prefix);
    mneme_buffer_clean_up(&store->path);
    mneme_buffer_clean_up(&store->request);
    mneme_pg_params_clean_up(&store->params);
    mneme_arena_clean_up(&store->arena);
    free(store);
}

static void put_prefix(struct mneme_buffer *out, const struct mneme_config *config) {
    mneme_buffer_append_str(out, MNEME_STR_LIT("/api/v2/tenants/"));
    mneme_http_append_part(out, mneme_str_from(mneme_config_string(config, MNEME_SETTING_CHROMA_TENANT)));
    mneme_buffer_append_str(out, MNEME_STR_LIT("/databases/"));
    mneme_http_append_part(out, mneme_str_from(mneme_config_string(config, MNEME_SETTING_CHROMA_DATABASE)));
}

/* Valid as a name in Chroma, and short enough for the suffix. */
static int check_collection(const struct mneme_config *config, struct mneme_error *error) {
    const char *name = mneme_config_string(config, MNEME_SETTING_CHROMA_COLLECTION);
    size_t len = strlen(name);
    bool is_name = len > 0 && len <= LONGEST_COLLECTION && isalnum((unsigned char)name[0]) != 0;
    for (size_t i = 0; i < len; i++) {
        is_name = is_name && (unsigned char)name[i] < 128 &&
                  (isalnum((unsigned char)name[i]) != 0 || strchr("._-", name[i]) != NULL);
    }
    return is_name ? MNEME_OK
                   : mneme_error_set(
                         error, MNEME_E_USAGE,
                         "cannot open Chroma: MNEME_CHROMA_COLLECTION is '%.60s'; use 1 to %d letters, "
                         "digits, dots, dashes and underscores, beginning with a letter or digit",
                         name, LONGEST_COLLECTION);
}

static int open_store(void **out, const struct mneme_config *config, struct mneme_postgres *postgres,
                      const struct mneme_generation *generation, struct mneme_error *error) {
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    const struct mneme_http_options options = {
        .base_url = mneme_config_string(config, MNEME_SETTING_CHROMA_URL),
        .base_url_setting = "CHROMA_URL",
        .service = "Chroma",
        .headers = headers,
    };
    struct mneme_chroma *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return mneme_chroma_out_of_memory(error);
    }
    store->config = config;
    store->postgres = postgres;
    store->generation = *generation;
    store->timeout_ms = mneme_config_long(config, MNEME_SETTING_CHROMA_TIMEOUT_MS);
    put_prefix(&store->prefix, config);
    int status = store->prefix.failed ? mneme_chroma_out_of_memory(error) : check_collection(config, error);
    if (status == MNEME_OK) {
        status = mneme_http_open(&store->http, &options, error);
    }
    if (status != MNEME_OK) {
        close_store(store);
        return status;
    }
    *out = store;
    return MNEME_OK;
}

static void bound(void *context, int64_t timeout_ms) {
    struct mneme_chroma *store = context;
    store->timeout_ms = timeout_ms < store->timeout_ms ? timeout_ms : store->timeout_ms;
}

/* Requests the first collection, which also checks the tenant and database. */
static int check(void *context, struct mneme_error *error) {
    return mneme_chroma_call(NULL, context, "GET", "/collections?limit=1", false, "cannot use the vectors",
                             error);
}

static int digest(char *hex, size_t digest_bytes, const struct mneme_str *parts, size_t count,
                  struct mneme_error *error) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; i < count && is_done; i++) {
        /* Parts contain no NUL, so a NUL separates them. */
        is_done = EVP_DigestUpdate(context, parts[i].data, parts[i].len) == 1 &&
                  EVP_DigestUpdate(context, "", 1) == 1;
    }
    is_done = is_done && EVP_DigestFinal_ex(context, bytes, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (!is_done) {
        return mneme_error_set(
            error, MNEME_E_INTERNAL,
            "cannot process vectors: OpenSSL does not provide SHA-256; check the policy of OpenSSL");
    }
    for (size_t i = 0; i < digest_bytes; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    return MNEME_OK;
}

int mneme_chroma_id(char text[MNEME_CHROMA_ID_BYTES], const struct mneme_vector_document_key *key,
                    size_t part, struct mneme_error *error) {
    char number[24];
    (void)snprintf(number, sizeof number, "%zu", part);
    const struct mneme_str parts[] = {key->stream_id, key->kind, key->ref, mneme_str_from(number)};
    return digest(text, DIGEST_BYTES, parts, part == 0 ? 3 : 4, error);
}

void mneme_chroma_prefix(char text[MNEME_CHROMA_NAME_BYTES], const struct mneme_chroma *store) {
    snprintf(text, MNEME_CHROMA_NAME_BYTES, "%.*s-%s-", LONGEST_COLLECTION,
             mneme_config_string(store->config, MNEME_SETTING_CHROMA_COLLECTION), store->generation.token);
}

static int make_name(char text[MNEME_CHROMA_NAME_BYTES], const struct mneme_chroma *store,
                     struct mneme_str tenant, struct mneme_str collection, struct mneme_error *error) {
    const struct mneme_str parts[] = {tenant, collection};
    bool is_raw = collection.data != NULL;
    char hex[DIGEST_BYTES + 1];
    char prefix[MNEME_CHROMA_NAME_BYTES];
    int status = digest(hex, DIGEST_BYTES / 2, parts, is_raw ? 2 : 1, error);
    mneme_chroma_prefix(prefix, store);
    (void)snprintf(text, MNEME_CHROMA_NAME_BYTES, "%.80s%c-%s", prefix, is_raw ? 'r' : 'd', hex);
    return status;
}

static bool take_id(struct mneme_chroma_place *place, const json_t *answer) {
    const char *id = json_string_value(json_object_get(answer, "id"));
    if (id == NULL || strlen(id) >= sizeof place->id || strspn(id, "0123456789abcdef-") != strlen(id)) {
        return false;
    }
    memcpy(place->id, id, strlen(id) + 1);
    return true;
}

static void put_member(struct mneme_json_writer *json, const char *key, struct mneme_str text) {
    mneme_json_key(json, mneme_str_from(key));
    mneme_json_string(json, text);
}

static void put_create(struct mneme_chroma *store, const char *name, struct mneme_str tenant,
                       struct mneme_str collection, enum mneme_vector_metric metric) {
    struct mneme_json_writer json = {.out = &store->request};
    mneme_buffer_clear(&store->request);
    mneme_json_begin_object(&json);
    put_member(&json, "name", mneme_str_from(name));
    mneme_json_key(&json, MNEME_STR_LIT("get_or_create"));
    mneme_json_bool(&json, true);
    mneme_json_key(&json, MNEME_STR_LIT("configuration"));
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("hnsw"));
    mneme_json_begin_object(&json);
    put_member(&json, "space", mneme_str_from(spaces[metric]));
    mneme_json_key(&json, MNEME_STR_LIT("ef_search"));
    mneme_json_long(&json, SEARCH_CANDIDATES);
    mneme_json_end_object(&json);
    mneme_json_end_object(&json);
    /* For people who inspect Chroma. */
    mneme_json_key(&json, MNEME_STR_LIT("metadata"));
    mneme_json_begin_object(&json);
    put_member(&json, "tenant", tenant);
    put_member(&json, "model", mneme_str_from(store->generation.model));
    if (collection.data != NULL) {
        put_member(&json, "collection", collection);
    }
    mneme_json_end_object(&json);
    mneme_json_end_object(&json);
}

/* Whether the collection has contents according to Postgres. */
static int held_something(bool *out, struct mneme_chroma *store, struct mneme_str tenant,
                          struct mneme_str collection, struct mneme_error *error) {
    PGresult *rows = NULL;
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_long(&store->params, store->generation.number);
    mneme_pg_param_str(&store->params, tenant);
    mneme_pg_param_str(&store->params, collection);
    int status = mneme_pg_query(&rows, store->postgres, mneme_sql_chroma_held, &store->params, false, error);
    *out = status == MNEME_OK && PQntuples(rows) > 0;
    PQclear(rows);
    return status;
}

static int look_up(struct mneme_chroma_place *place, struct mneme_chroma *store, struct mneme_error *error) {
    static const char what[] = "cannot find the collection";
    char path[MNEME_CHROMA_NAME_BYTES + 32];
    struct mneme_error why = {0};
    json_t *answer = NULL;
    snprintf(path, sizeof path, "/collections/%s", place->name);
    int status = mneme_chroma_call(&answer, store, "GET", path, false, what, &why);
    if (status == MNEME_OK && !take_id(place, answer)) {
        status = mneme_chroma_not_understood(store, what, &why);
    }
    json_decref(answer);
    if (status == MNEME_OK || status == MNEME_E_NOT_FOUND) {
        return MNEME_OK;
    }
    return mneme_error_set(error, (enum mneme_status)status, "%s", why.message);
}

/* A collection that had vectors and is missing is lost. Another process may have created and filled it
 * between the two questions, so Chroma is asked once more. */
static int check_not_lost(struct mneme_chroma_place *place, struct mneme_chroma *store,
                          struct mneme_str tenant, struct mneme_str collection, struct mneme_error *error) {
    bool has_held = false;
    int status = held_something(&has_held, store, tenant, collection, error);
    if (status == MNEME_OK && has_held) {
        status = look_up(place, store, error);
        if (status == MNEME_OK && place->id[0] == '\0') {
            status = mneme_error_set(error, MNEME_E_UNSAFE,
                                     "cannot use the vectors: Chroma at %s has lost the collection %s, which "
                                     "had vectors; run `mneme rebuild vectors`",
                                     mneme_http_shown_url(store->http), place->name);
        }
    }
    return status;
}

static int make_place(struct mneme_chroma_place *out, struct mneme_chroma *store, struct mneme_str tenant,
                      struct mneme_str collection, enum mneme_vector_metric metric,
                      struct mneme_error *error) {
    static const char what[] = "cannot create the collection";
    json_t *answer = NULL;
    put_create(store, out->name, tenant, collection, metric);
    int status = mneme_chroma_call(&answer, store, "POST", "/collections", true, what, error);
    if (status == MNEME_OK && !take_id(out, answer)) {
        status = mneme_chroma_not_understood(store, what, error);
    }
    json_decref(answer);
    return status;
}

int mneme_chroma_find(struct mneme_chroma_place *out, struct mneme_chroma *store, struct mneme_str tenant,
                      struct mneme_str collection, enum mneme_vector_metric metric, bool is_made,
                      struct mneme_error *error) {
    *out = (struct mneme_chroma_place){0};
    int status = make_name(out->name, store, tenant, collection, error);
    if (status != MNEME_OK) {
        return status;
    }
    for (size_t i = 0; i < store->place_count; i++) {
        if (strcmp(store->places[i].name, out->name) == 0) {
            *out = store->places[i];
            return MNEME_OK;
        }
    }
    status = look_up(out, store, error);
    if (status == MNEME_OK && out->id[0] == '\0') {
        status = check_not_lost(out, store, tenant, collection, error);
    }
    if (status == MNEME_OK && out->id[0] == '\0' && is_made) {
        status = make_place(out, store, tenant, collection, metric, error);
    }
    if (status == MNEME_OK && out->id[0] != '\0') {
        store->place_count %= MNEME_CHROMA_PLACES; /* when all are in use, all are forgotten */
        store->places[store->place_count++] = *out;
    }
    return status;
}

/* The migrations create everything in Postgres, and collections are created with their first vector. */
static int make(void *context, struct mneme_error *error) {
    (void)context;
    (void)error;
    return MNEME_OK;
}

/* Deletes the generation's collections of a page. */
static int drop_page(size_t *listed, size_t *dropped, struct mneme_chroma *store, size_t offset,
                     struct mneme_error *error) {
    static const char what[] = "cannot drop the collections";
    char prefix[MNEME_CHROMA_NAME_BYTES];
    char path[256];
    json_t *page = NULL;
    size_t index;
    json_t *item;
    mneme_chroma_prefix(prefix, store);
    snprintf(path, sizeof path, "/collections?limit=%d&offset=%zu", LIST_PAGE, offset);
    int status = mneme_chroma_call(&page, store, "GET", path, false, what, error);
    if (status == MNEME_OK && !json_is_array(page)) {
        status = mneme_chroma_not_understood(store, what, error);
    }
    *listed = status == MNEME_OK ? json_array_size(page) : 0;
    *dropped = 0;
    json_array_foreach(page, index, item) {
        const char *name = json_string_value(json_object_get(item, "name"));
        if (status == MNEME_OK && name != NULL && strncmp(name, prefix, strlen(prefix)) == 0 &&
            strlen(name) < MNEME_CHROMA_NAME_BYTES) {
            snprintf(path, sizeof path, "/collections/%s", name);
            status = mneme_chroma_call(NULL, store, "DELETE", path, false, what, error);
            (*dropped)++;
        }
    }
    json_decref(page);
    return status;
}

static int drop(void *context, struct mneme_error *error) {
    struct mneme_chroma *store = context;
    size_t offset = 0;
    size_t listed = LIST_PAGE;
    int status = MNEME_OK;
    while (status == MNEME_OK && listed == LIST_PAGE) {
        size_t dropped;
        status = drop_page(&listed, &dropped, store, offset, error);
        offset += listed - dropped;
    }
    store->place_count = 0;
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_long(&store->params, store->generation.number);
    return status == MNEME_OK
               ? mneme_pg_query(NULL, store->postgres, mneme_sql_chroma_forget, &store->params, false, error)
               : status;
}

const struct mneme_vector_store_ops mneme_chroma_store = {
    .name = "chroma",
    .open = open_store,
    .close = close_store,
    .bound = bound,
    .check = check,
    .query = mneme_chroma_query,
    .fetch = mneme_chroma_fetch,
    .similarities = mneme_chroma_similarities,
    .query_raw = mneme_chroma_query_raw,
    .make = make,
    .drop = drop,
    .write = mneme_chroma_write,
    .scan = mneme_chroma_scan,
};
