/*
 * The inside of the store in Chroma; used by vectors/chroma*.c alone. Documents of a tenant lie in a
 * collection of their own, and so does each collection of raw vectors, so that tenants are apart by
 * construction; each part of a document is a point of its own. Which version of a document is stored is known
 * in Postgres, in the same transaction as the progress, since Chroma knows no conditions.
 */
#ifndef MNEME_STORES_VECTORS_CHROMA_CHROMA_H
#define MNEME_STORES_VECTORS_CHROMA_CHROMA_H

#include <jansson.h>

#include "common/http/http.h"
#include "common/json/write.h"
#include "stores/vectors/store.h"

#define MNEME_CHROMA_NAME_BYTES 128 /* of a collection's name, with a NUL */
#define MNEME_CHROMA_ID_BYTES 65    /* of a point's id: hexadecimal SHA-256, and a NUL */

/* A collection that was looked up. */
struct mneme_chroma_place {
    char name[MNEME_CHROMA_NAME_BYTES];
    char id[40]; /* as Chroma gives it; "" when it does not exist */
};

#define MNEME_CHROMA_PLACES 64 /* remembered at a time */

struct mneme_chroma {
    const struct mneme_config *config;
    struct mneme_postgres *postgres;
    struct mneme_generation generation;
    int64_t timeout_ms; /* of one request */
    struct mneme_http *http;
    struct mneme_buffer prefix;  /* of all paths: up to and with /databases/NAME */
    struct mneme_buffer path;    /* of the request at hand, NUL-terminated */
    struct mneme_buffer request; /* its body */
    struct mneme_chroma_place places[MNEME_CHROMA_PLACES];
    size_t place_count;
    struct mneme_pg_params params;
    struct mneme_arena arena; /* of one call */
};

int mneme_chroma_out_of_memory(struct mneme_error *error);

/* What an HTTP status means; 0 is no answer. */
enum mneme_status mneme_chroma_classify(long http_status);

/* One request. `body` is store->request when `has_body`. *out (may be NULL) is the answer, for the caller to
 * json_decref. `what` begins the error's sentence. MNEME_E_UNAVAILABLE also for an answer that is not valid
 * JSON. */
int mneme_chroma_call(json_t **out, struct mneme_chroma *store, const char *method, const char *path,
                      bool has_body, const char *what, struct mneme_error *error);

/* The answer is JSON, but not what was asked for. */
int mneme_chroma_not_understood(const struct mneme_chroma *store, const char *what,
                                struct mneme_error *error);

/* The collection of the tenant's documents (`collection` null) or raw vectors; place->id is "" when it does
 * not exist and was not to be made. A collection that exists no more although it held something is
 * MNEME_E_UNSAFE. */
int mneme_chroma_find(struct mneme_chroma_place *out, struct mneme_chroma *store, struct mneme_str tenant,
                      struct mneme_str collection, enum mneme_vector_metric metric, bool is_made,
                      struct mneme_error *error);

/* What all names of the generation's collections begin with. */
void mneme_chroma_prefix(char text[MNEME_CHROMA_NAME_BYTES], const struct mneme_chroma *store);

/* The id of a part of a document, or of a raw vector (part 0), within its collection. */
int mneme_chroma_id(char text[MNEME_CHROMA_ID_BYTES], const struct mneme_vector_document_key *key,
                    size_t part, struct mneme_error *error);

/* Runs the request at hand against the collection. `what` begins the error's sentence. A collection that is
 * not there any more is MNEME_E_UNSAFE. */
int mneme_chroma_post(json_t **out, struct mneme_chroma *store, const struct mneme_chroma_place *place,
                      const char *verb, const char *what, struct mneme_error *error);

/* The member "include" with those names. */
void mneme_chroma_put_include(struct mneme_json_writer *json, const char *first, const char *second);

/* Appends a vector of an answer to `floats`; false when it has another number of them than `dimensions`. */
bool mneme_chroma_read_vector(struct mneme_buffer *floats, size_t dimensions, const json_t *embedding);

/* Operations; contracts in stores/vectors/store.h. */
int mneme_chroma_query(struct mneme_vector_matches *out, void *store,
                       const struct mneme_vector_question *question, struct mneme_error *error);
int mneme_chroma_fetch(float *out, bool *found, void *store, struct mneme_str tenant,
                       const struct mneme_vector_document_key *keys, size_t count, struct mneme_error *error);
int mneme_chroma_similarities(double *out, void *store, struct mneme_str tenant,
                              const struct mneme_vector_document_key *keys, size_t count, const float *vector,
                              enum mneme_vector_metric metric, struct mneme_error *error);
int mneme_chroma_query_raw(struct mneme_raw_matches *out, void *store,
                           const struct mneme_raw_question *question, struct mneme_error *error);
int mneme_chroma_write(void *store, const struct mneme_vector_change *changes, size_t count,
                       struct mneme_error *error);
int mneme_chroma_scan(void *opened, mneme_vector_visit *visit, void *context, struct mneme_error *error);

#endif
