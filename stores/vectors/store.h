/*
 * The interface of a vector store: a constant table of operations. Readers use stores/vectors/vectors.h,
 * which checks its arguments; only the projection writes.
 *
 * To add a store: create a folder next to pgvector/ and chroma/ that defines a `const struct
 * mneme_vector_store_ops`; declare it below and add it to the list in stores.c; add its name to the choices
 * of MNEME_VECTOR_STORE in common/config/settings.h, with its own settings; and add its name to the stores of
 * tests/integration/vector_stores.c, whose tests it has to pass. Nothing else refers to a store by name.
 * Calls come in this order: `open`; `make`, when its generation is added and again when the dimensions are
 * known; `load` and `finish_load`, or `write`, while it is filled; then `write` for each batch, and `bound`,
 * `check`, `query`, `similarities`, `fetch`, `query_raw` and `scan` in any order; `drop`, when another
 * generation has replaced it; `close`.
 *
 * An open store belongs to one thread and one generation, and borrows the connection that it was opened with.
 * Operations may block up to their time-outs and never retry: MNEME_E_UNAVAILABLE and MNEME_E_TIMEOUT say
 * that trying again may help.
 */
#ifndef MNEME_STORES_VECTORS_STORE_H
#define MNEME_STORES_VECTORS_STORE_H

#include "stores/vectors/collection.h"
#include "stores/vectors/vectors.h"

/* The kind of raw vectors; all others are documents. */
#define MNEME_RAW_KIND "vector"

/* A record of the topic: a vector, or its removal. Slices are borrowed. */
struct mneme_vector_change {
    struct mneme_vector_document_key document; /* of a raw vector: its kind and the record's ref */
    struct mneme_vector_scope scope;
    int64_t source_sequence; /* the higher one wins, whatever the order of arrival */
    bool is_removal;         /* then the following members are not set */
    int64_t created_at;      /* microseconds */
    struct mneme_str vector; /* little-endian floats, all finite; of all parts, one after the other */
    size_t parts;            /* the number of parts of a document, if there are several; else 0 */
    size_t part;             /* in a scan, which returns parts separately: its index, from 0 */
    size_t former_parts;     /* the maximum of the changes that this one replaces; 0: it replaces none */
    struct mneme_str text;   /* of a document */
    /* Of a raw vector. */
    struct mneme_str collection, vector_id;
    struct mneme_str metadata_json;  /* an object, or null */
    enum mneme_vector_metric metric; /* for its collection; ANY: the collection's, or cosine for a new one */
};

static inline bool mneme_vector_change_is_raw(const struct mneme_vector_change *change) {
    return mneme_str_equal(change->document.kind, MNEME_STR_LIT(MNEME_RAW_KIND));
}

/* The number of vectors in the change. */
static inline size_t mneme_vector_change_parts(const struct mneme_vector_change *change) {
    return change->parts > 0 ? change->parts : 1;
}

/* The vector of one of its parts. */
static inline struct mneme_str mneme_vector_change_part(const struct mneme_vector_change *change,
                                                        size_t part) {
    size_t bytes = change->vector.len / mneme_vector_change_parts(change);
    return (struct mneme_str){change->vector.data + part * bytes, bytes};
}

/* Whether the changes fit the existing data: documents have the dimensions of the generation
 * (MNEME_E_UNSAFE), and a raw vector fits its collection (MNEME_E_INVALID), which is created for the first
 * one. */
int mneme_vector_changes_check(const struct mneme_vector_change *changes, size_t count,
                               struct mneme_postgres *postgres, const struct mneme_generation *generation,
                               struct mneme_error *error);

/* A vector in the store, for comparison; slices are valid during the call. */
typedef int mneme_vector_visit(void *context, const struct mneme_vector_change *change);

struct mneme_vector_store_ops {
    const char *name;    /* in MNEME_VECTOR_STORE and in generations.store */
    bool is_in_postgres; /* completely: a transaction sees rows and progress of the same moment */

    /* Contacts only Postgres. */
    int (*open)(void **store, const struct mneme_config *config, struct mneme_postgres *postgres,
                const struct mneme_generation *generation, struct mneme_error *error);
    void (*close)(void *store);

    /* From now on, limits each request to a service outside Postgres to this time; a shorter setting still
     * applies. NULL: there is no such service. */
    void (*bound)(void *store, int64_t timeout_ms);

    /* Whether the store's service answers: MNEME_OK, or why it cannot be used and what to do. */
    int (*check)(void *store, struct mneme_error *error);

    /* Queries; contracts in stores/vectors/vectors.h. The metric is never ANY, dimensions are those of the
     * generation, k is within bounds, `out` is empty. Each document is returned once, with its best part;
     * there may be more than k, in any order. */
    int (*query)(struct mneme_vector_matches *out, void *store, const struct mneme_vector_question *question,
                 struct mneme_error *error);
    int (*fetch)(float *out, bool *found, void *store, struct mneme_str tenant,
                 const struct mneme_vector_document_key *keys, size_t count, struct mneme_error *error);
    int (*similarities)(double *out, void *store, struct mneme_str tenant,
                        const struct mneme_vector_document_key *keys, size_t count, const float *vector,
                        enum mneme_vector_metric metric, struct mneme_error *error);
    int (*query_raw)(struct mneme_raw_matches *out, void *store, const struct mneme_raw_question *question,
                     struct mneme_error *error);

    /* Creates what the generation keeps in Postgres, in the caller's transaction; once when the generation is
     * added (without dimensions) and once when they are known. Idempotent. */
    int (*make)(void *store, struct mneme_error *error);

    /* Drops all data of the generation, whether it exists or not; data in Postgres in the caller's
     * transaction. */
    int (*drop)(void *store, struct mneme_error *error);

    /* Applies the changes, at most one for each document, in the caller's transaction. A change has no effect
     * if the store has the same or a higher source_sequence of its document; otherwise it replaces all
     * existing parts. Data outside Postgres is written before this returns, and written again, with the same
     * effect, when the caller's transaction fails and is repeated. All dimensions are checked. */
    int (*write)(void *store, const struct mneme_vector_change *changes, size_t count,
                 struct mneme_error *error);

    /* Loads the bulk of a generation that nobody queries yet, in any number of calls, each document in any
     * number of changes; then finish_load, once, outside a transaction, which may take long and may be
     * repeated. Both may be NULL: then write is used. */
    int (*load)(void *store, const struct mneme_vector_change *changes, size_t count,
                struct mneme_error *error);
    int (*finish_load)(void *store, unsigned jobs, struct mneme_error *error);

    /* Builds indexes next to a worker's writing, for vectors that are there. `maintain` works over a
     * connection of its own in steps that never block, so it is called again and again, about every second,
     * also while there is nothing to write; `has_written`: raw vectors were written since the last call.
     * Failures are logged and tried again later. Several workers may do this at the same time. All three are
     * NULL when the store has nothing to build. */
    int (*maintain_open)(void **maintenance, const struct mneme_config *config,
                         const struct mneme_generation *generation, struct mneme_error *error);
    void (*maintain)(void *maintenance, bool has_written);
    void (*maintain_close)(void *maintenance);

    /* Visits every vector of the generation, parts separately, unordered; stops when `visit` returns a status
     * other than MNEME_OK. */
    int (*scan)(void *store, mneme_vector_visit *visit, void *context, struct mneme_error *error);
};

extern const struct mneme_vector_store_ops mneme_pgvector_store;
extern const struct mneme_vector_store_ops mneme_chroma_store;

/* By name; NULL when there is none. */
const struct mneme_vector_store_ops *mneme_vector_store_find(const char *name);

/* Opens the generation's own store. */
int mneme_vector_store_open(void **store, const struct mneme_config *config, struct mneme_postgres *postgres,
                            const struct mneme_generation *generation, struct mneme_error *error);

#endif
