/*
 * What a vector store is: one constant table of operations for each. Reading goes through
 * stores/vectors/vectors.h, which checks what it hands on; writing is the projection's alone.
 *
 * To add a store: a folder beside pgvector/ and chroma/ that ends in one `const struct
 * mneme_vector_store_ops`; its declaration below and a place in the list of stores.c; its name among the
 * choices of MNEME_VECTOR_STORE in common/config/settings.h, and its own settings there; and its name among
 * the stores of tests/integration/vector_stores.c, whose tests it has to pass. Nothing else knows a store by
 * name. It answers calls in this order: `open`; `make`, when its generation is added and again when the
 * dimensions are known; `load` and `finish_load`, or `write`, while it is filled; then `write` for each
 * batch, and `bound`, `check`, `query`, `similarities`, `fetch`, `query_raw` and `scan` as they come; `drop`,
 * when another generation has taken its place; `close`.
 *
 * A store that is open belongs to one thread and one generation, and uses the connection that it was opened
 * with, which it borrows. Operations may block up to their time-outs and never retry by themselves:
 * MNEME_E_UNAVAILABLE and MNEME_E_TIMEOUT say that trying again may help.
 */
#ifndef MNEME_STORES_VECTORS_STORE_H
#define MNEME_STORES_VECTORS_STORE_H

#include "stores/vectors/collection.h"
#include "stores/vectors/vectors.h"

/* The kind of raw vectors; all others are documents. */
#define MNEME_RAW_KIND "vector"

/* A record of the topic: a vector that is there, or one that is gone. Slices are borrowed. */
struct mneme_vector_change {
    struct mneme_vector_document_key document; /* of a raw vector: its kind and the record's ref */
    struct mneme_vector_scope scope;
    int64_t source_sequence; /* the higher one counts, whatever comes first */
    bool is_removal;         /* then what follows is not set */
    int64_t created_at;      /* microseconds */
    struct mneme_str
        vector;            /* little-endian floats, all of them finite; of all parts, one behind the other */
    size_t parts;          /* how many of them a document has, if there are several; else 0 */
    size_t part;           /* of a scan, which gives each by itself: the how manieth it is, from 0 on */
    size_t former_parts;   /* the most of those changes in whose place this one stands; 0: it stands alone */
    struct mneme_str text; /* of a document */
    /* Of a raw vector. */
    struct mneme_str collection, vector_id;
    struct mneme_str metadata_json;  /* an object, or null */
    enum mneme_vector_metric metric; /* that its collection is to have; ANY: cosine, unless it has one */
};

static inline bool mneme_vector_change_is_raw(const struct mneme_vector_change *change) {
    return mneme_str_equal(change->document.kind, MNEME_STR_LIT(MNEME_RAW_KIND));
}

/* How many vectors the change has. */
static inline size_t mneme_vector_change_parts(const struct mneme_vector_change *change) {
    return change->parts > 0 ? change->parts : 1;
}

/* The vector of one of its parts. */
static inline struct mneme_str mneme_vector_change_part(const struct mneme_vector_change *change,
                                                        size_t part) {
    size_t bytes = change->vector.len / mneme_vector_change_parts(change);
    return (struct mneme_str){change->vector.data + part * bytes, bytes};
}

/* Whether the changes fit what there is: documents have the dimensions of the generation (MNEME_E_UNSAFE),
 * and a raw vector fits its collection (MNEME_E_INVALID), which is made for the first one. */
int mneme_vector_changes_check(const struct mneme_vector_change *changes, size_t count,
                               struct mneme_postgres *postgres, const struct mneme_generation *generation,
                               struct mneme_error *error);

/* A vector as the store has it, for comparing; slices are valid during the call. */
typedef int mneme_vector_visit(void *context, const struct mneme_vector_change *change);

struct mneme_vector_store_ops {
    const char *name;    /* in MNEME_VECTOR_STORE and in generations.store */
    bool is_in_postgres; /* all of it: a transaction sees rows and progress of one moment */

    /* Contacts nothing but Postgres. */
    int (*open)(void **store, const struct mneme_config *config, struct mneme_postgres *postgres,
                const struct mneme_generation *generation, struct mneme_error *error);
    void (*close)(void *store);

    /* From now on no request to a service outside of Postgres takes longer than this; a setting that is
     * shorter still counts. NULL: there is no such service. */
    void (*bound)(void *store, int64_t timeout_ms);

    /* Whether what the store lies in answers: MNEME_OK, or why it cannot be used and what to do. */
    int (*check)(void *store, struct mneme_error *error);

    /* Asking; contracts in stores/vectors/vectors.h. The metric is never ANY, dimensions are those of the
     * generation, k is within bounds, `out` is empty. A document comes once, with its best part; there may be
     * more than k of them, in any order. */
    int (*query)(struct mneme_vector_matches *out, void *store, const struct mneme_vector_question *question,
                 struct mneme_error *error);
    int (*fetch)(float *out, bool *found, void *store, struct mneme_str tenant,
                 const struct mneme_vector_document_key *keys, size_t count, struct mneme_error *error);
    int (*similarities)(double *out, void *store, struct mneme_str tenant,
                        const struct mneme_vector_document_key *keys, size_t count, const float *vector,
                        enum mneme_vector_metric metric, struct mneme_error *error);
    int (*query_raw)(struct mneme_raw_matches *out, void *store, const struct mneme_raw_question *question,
                     struct mneme_error *error);

    /* Makes what the generation keeps in Postgres, in the caller's transaction; once when the generation is
     * added (without dimensions) and once when they are known. Again is harmless. */
    int (*make)(void *store, struct mneme_error *error);

    /* Drops all that the generation holds, there or not. In the caller's transaction as far as it is in
     * Postgres. */
    int (*drop)(void *store, struct mneme_error *error);

    /* Applies the changes, at most one for each document, in the caller's transaction. A change does nothing
     * where the store knows a higher or the same source_sequence of its document; else all parts that were
     * there give way to its own. What lies outside of
     * Postgres is written before this returns and written again, to the same effect, when the caller's
     * transaction fails and is repeated. All dimensions are checked. */
    int (*write)(void *store, const struct mneme_vector_change *changes, size_t count,
                 struct mneme_error *error);

    /* The bulk of a generation that nobody asks yet, in any number of calls, each document in any number of
     * changes; then finish_load, once, outside of a transaction, which may take long and may be repeated.
     * NULL, both: write does it. */
    int (*load)(void *store, const struct mneme_vector_change *changes, size_t count,
                struct mneme_error *error);
    int (*finish_load)(void *store, unsigned jobs, struct mneme_error *error);

    /* Every vector of the generation, those of parts one by one, in no order; stops at another status than
     * MNEME_OK of `visit`. */
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
