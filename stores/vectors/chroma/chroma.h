/*
 * The internals of the store in Chroma; used only in stores/vectors/chroma/. Each tenant's documents, and
 * each collection of raw vectors, have their own collection in Chroma, so that tenants are separated by
 * construction; each part of a document is a separate point. Postgres records which version of a document is
 * stored, in the same transaction as the progress, since Chroma has no conditional writes.
 */
#ifndef MNEME_STORES_VECTORS_CHROMA_CHROMA_H
#define MNEME_STORES_VECTORS_CHROMA_CHROMA_H

#include <jansson.h>

#include "common/http/http.h"
#include "common/json/write.h"
#include "stores/vectors/store.h"

#define MNEME_CHROMA_NAME_BYTES 128 /* of a collection's name, with a NUL */
#define MNEME_CHROMA_ID_BYTES 65    /* of a point's id: SHA-256 in hexadecimal, and a NUL */

/* A cached collection. */
struct mneme_chroma_place {
    char name[MNEME_CHROMA_NAME_BYTES];
    char id[40]; /* assigned by Chroma; "" when it does not exist */
};

#define MNEME_CHROMA_PLACES 64 /* cached at a time */

struct mneme_chroma {
    const struct mneme_config *config;
    struct mneme_postgres *postgres;
    struct mneme_generation generation;
    int64_t timeout_ms; /* of one request */
    struct mneme_http *http;
    struct mneme_buffer prefix;  /* of all paths: up to and including /databases/NAME */
    struct mneme_buffer path;    /* of the current request, NUL-terminated */
    struct mneme_buffer request; /* its body */
    struct mneme_chroma_place places[MNEME_CHROMA_PLACES];
    size_t place_count;
    struct mneme_pg_params params;
    struct mneme_arena arena; /* of one call */
};

int mneme_chroma_out_of_memory(struct mneme_error *error);

/* The meaning of an HTTP status; 0 is no answer. */
enum mneme_status mneme_chroma_classify(long http_status);

/* Sends one request, with store->request as body when `has_body`. *out (may be NULL) is the answer, which the
 * caller json_decrefs. `what` begins the error message. MNEME_E_UNAVAILABLE also for an answer that is not
 * valid JSON. */
int mneme_chroma_call(json_t **out, struct mneme_chroma *store, const char *method, const char *path,
                      bool has_body, const char *what, struct mneme_error *error);

/* The error for an answer that is JSON, but of an unexpected form. */
int mneme_chroma_not_understood(const struct mneme_chroma *store, const char *what,
                                struct mneme_error *error);

/* The collection of the tenant's documents (`collection` null) or raw vectors; place->id is "" when it does
 * not exist and should not be created. A collection that no longer exists although it had contents is
 * MNEME_E_UNSAFE. */
int mneme_chroma_find(struct mneme_chroma_place *out, struct mneme_chroma *store, struct mneme_str tenant,
                      struct mneme_str collection, enum mneme_vector_metric metric, bool is_made,
                      struct mneme_error *error);

/* The common prefix of the names of the generation's collections. */
void mneme_chroma_prefix(char text[MNEME_CHROMA_NAME_BYTES], const struct mneme_chroma *store);

/* The id of a part of a document, or of a raw vector (part 0), within its collection. */
int mneme_chroma_id(char text[MNEME_CHROMA_ID_BYTES], const struct mneme_vector_document_key *key,
                    size_t part, struct mneme_error *error);

/* Runs the current request against the collection. `what` begins the error message. A collection that no
 * longer exists is MNEME_E_UNSAFE. */
int mneme_chroma_post(json_t **out, struct mneme_chroma *store, const struct mneme_chroma_place *place,
                      const char *verb, const char *what, struct mneme_error *error);

/* Writes the member "include" with these names. */
void mneme_chroma_put_include(struct mneme_json_writer *json, const char *first, const char *second);

/* Appends a vector of an answer to `floats`; false when it does not have `dimensions` numbers. */
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
