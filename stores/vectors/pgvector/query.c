/*
 * Queries Postgres. A filter after an approximate index returns too few results, without an error; so a scope
 * is compared document by document while that is cheaper, and a larger one uses the index, which scans until
 * there are enough results. Plans are made for the actual scope, not for an average one.
 */
#include <math.h>

#include "common/base/hash.h"
#include "common/postgres/row.h"
#include "schemas/embedding.h"
#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"

/* Up to this many documents are always compared one by one. */
#define ALWAYS_EXACT 20000

/* A scope of n among N documents needs k × N / n candidates, so both ways cost the same at n² = k × N × this.
 */
#define CANDIDATE_COST MNEME_PGVECTOR_CANDIDATE_COST

static void scope_params(struct mneme_pg_params *params, const struct mneme_vector_scope *scope) {
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, scope->tenant);
    mneme_pg_param_str(params, scope->user_id);
    mneme_pg_param_str(params, scope->agent_id);
    mneme_pg_param_str(params, scope->run_id);
    mneme_pg_param_str(params, scope->conversation_id);
}

/* Whether comparing the whole scope is cheaper. */
static int is_small(bool *out, struct mneme_pgvector *store, const struct mneme_vector_question *question,
                    struct mneme_error *error) {
    PGresult *rows = NULL;
    scope_params(&store->params, &question->scope);
    mneme_pg_param_long(&store->params, ALWAYS_EXACT);
    mneme_pg_param_double(&store->params, CANDIDATE_COST * (double)question->k);
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_size, question->metric, MNEME_PGVECTOR_DOCUMENTS, error);
    if (status == MNEME_OK) {
        status = mneme_pgvector_ask(&rows, store, mneme_pgvector_exact_settings, error);
    }
    if (status == MNEME_OK) {
        *out = mneme_pg_get_long(rows, 0, 0) <= mneme_pg_get_long(rows, 0, 1);
    }
    PQclear(rows);
    return status;
}

static struct mneme_str get(const PGresult *rows, int row, int column) {
    return (struct mneme_str){PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column)};
}

static uint64_t hash_key(const PGresult *rows, int row) {
    uint64_t hash = 0;
    for (int column = 0; column < 3; column++) {
        struct mneme_str text = get(rows, row, column);
        hash = mneme_hash_bytes(hash, text.data, text.len);
    }
    return hash;
}

/* The match of the row's document, if an earlier row had it. */
static struct mneme_vector_match *find_match(const struct mneme_hash *matches, uint64_t hash,
                                             const PGresult *rows, int row) {
    uint64_t cursor = hash;
    struct mneme_vector_match *match;
    while ((match = mneme_hash_next(matches, hash, &cursor)) != NULL) {
        if (mneme_str_equal(match->key.ref, get(rows, row, 2)) &&
            mneme_str_equal(match->key.kind, get(rows, row, 1)) &&
            mneme_str_equal(match->key.stream_id, get(rows, row, 0))) {
            break;
        }
    }
    return match;
}

/* Turns rows into documents: each once, by its best part. */
static int take_matches(struct mneme_vector_matches *out, const PGresult *rows,
                        enum mneme_vector_metric metric, struct mneme_error *error) {
    size_t count = (size_t)PQntuples(rows);
    struct mneme_hash matches;
    mneme_arena_reset(&out->arena, SIZE_MAX);
    out->count = 0;
    out->items = mneme_arena_calloc(&out->arena, count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL && mneme_hash_init(&matches, &out->arena, count + 1);
    for (int row = 0; (size_t)row < count && is_complete; row++) {
        double similarity = mneme_metric_from_distance(metric, mneme_pg_get_double(rows, row, 3));
        uint64_t hash = hash_key(rows, row);
        struct mneme_vector_match *match = find_match(&matches, hash, rows, row);
        if (match != NULL) {
            match->similarity = fmax(match->similarity, similarity);
            continue;
        }
        match = &out->items[out->count++];
        *match = (struct mneme_vector_match){
            .key = {mneme_pgvector_copy(&out->arena, rows, row, 0),
                    mneme_pgvector_copy(&out->arena, rows, row, 1),
                    mneme_pgvector_copy(&out->arena, rows, row, 2)},
            .similarity = similarity,
        };
        is_complete = match->key.stream_id.data != NULL && match->key.kind.data != NULL &&
                      match->key.ref.data != NULL && mneme_hash_add(&matches, hash, match);
    }
    out->count = is_complete ? out->count : 0;
    return is_complete ? MNEME_OK : mneme_pgvector_out_of_memory(error);
}

/* Gets the nearest rows, as documents; *seen is the number of rows. */
static int find_rows(struct mneme_vector_matches *out, size_t *seen, struct mneme_pgvector *store,
                     const struct mneme_vector_question *question, size_t limit, bool is_exact,
                     struct mneme_error *error) {
    char nearest_settings[MNEME_PGVECTOR_SETTINGS_BYTES];
    PGresult *rows = NULL;
    mneme_pgvector_nearest_settings(nearest_settings, limit, INT32_MAX);
    scope_params(&store->params, &question->scope);
    mneme_pg_param_float_array(&store->params, question->vector, question->dimensions);
    mneme_pg_param_long(&store->params, (int64_t)limit);
    int status = mneme_pgvector_sql(store, is_exact ? mneme_sql_pgvector_exact : mneme_sql_pgvector_nearest,
                                    question->metric, MNEME_PGVECTOR_DOCUMENTS, error);
    if (status == MNEME_OK) {
        status = mneme_pgvector_ask(&rows, store, is_exact ? mneme_pgvector_exact_settings : nearest_settings,
                                    error);
    }
    if (status == MNEME_OK) {
        status = take_matches(out, rows, question->metric, error);
        *seen = (size_t)PQntuples(rows);
    }
    PQclear(rows);
    return status;
}

/* Requests as many rows as documents are wanted; if several rows belong to one document, requests more, in
 * proportion to the documents found, until there are enough or no more rows. */
static int find(struct mneme_vector_matches *out, struct mneme_pgvector *store,
                const struct mneme_vector_question *question, bool is_exact, struct mneme_error *error) {
    size_t k = question->k;
    size_t most = is_exact ? k * MNEME_EMBEDDING_MAX_PARTS : k + ALWAYS_EXACT;
    size_t limit = k;
    size_t seen = 0;
    int status = find_rows(out, &seen, store, question, limit, is_exact, error);
    while (status == MNEME_OK && out->count < k && seen == limit && limit < most) {
        limit = 2 * limit * k / (out->count + 1);
        limit = limit < most ? limit : most;
        status = find_rows(out, &seen, store, question, limit, is_exact, error);
    }
    return status;
}

int mneme_pgvector_query(struct mneme_vector_matches *out, void *context,
                         const struct mneme_vector_question *question, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    bool is_exact = true;
    int status = MNEME_OK;
    if (question->metric == store->generation.metric && mneme_pgvector_has_nearest(store)) {
        status = is_small(&is_exact, store, question, error);
    }
    if (status == MNEME_OK && !is_exact) {
        status = find(out, store, question, false, error);
        /* The scan may end early for lack of memory. */
        is_exact = status == MNEME_OK && out->count < question->k;
    }
    if (status == MNEME_OK && is_exact) {
        status = find(out, store, question, true, error);
    }
    out->is_exact = is_exact;
    return status;
}

static int key_params(struct mneme_pgvector *store, struct mneme_str tenant,
                      const struct mneme_vector_document_key *keys, size_t count, struct mneme_error *error) {
    mneme_arena_reset(&store->arena, SIZE_MAX);
    struct mneme_str *texts = mneme_arena_calloc(&store->arena, 3 * count, sizeof *texts);
    if (texts == NULL) {
        return mneme_pgvector_out_of_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        texts[i] = keys[i].stream_id;
        texts[count + i] = keys[i].kind;
        texts[2 * count + i] = keys[i].ref;
    }
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_str(&store->params, tenant);
    for (size_t i = 0; i < 3; i++) {
        mneme_pg_param_str_array(&store->params, texts + i * count, count);
    }
    return MNEME_OK;
}

/* By the key's index, one document after the other. */
static const char key_settings[] =
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true), "
    "set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), "
    "set_config('enable_mergejoin', 'off', true)";

int mneme_pgvector_similarities(double *out, void *context, struct mneme_str tenant,
                                const struct mneme_vector_document_key *keys, size_t count,
                                const float *vector, enum mneme_vector_metric metric,
                                struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    PGresult *rows = NULL;
    int status = key_params(store, tenant, keys, count, error);
    if (status == MNEME_OK) {
        mneme_pg_param_float_array(&store->params, vector, (size_t)store->generation.dimensions);
        status = mneme_pgvector_sql(store, mneme_sql_pgvector_similarities, metric, MNEME_PGVECTOR_DOCUMENTS,
                                    error);
    }
    if (status == MNEME_OK) {
        status = mneme_pgvector_ask(&rows, store, key_settings, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        double *best =
            &out[mneme_pg_get_long(rows, row, 0) - 1]; /* of the parts so far; NAN before the first */
        *best = fmax(*best, mneme_metric_from_distance(metric, mneme_pg_get_double(rows, row, 1)));
    }
    PQclear(rows);
    return status;
}

int mneme_pgvector_fetch(float *out, bool *found, void *context, struct mneme_str tenant,
                         const struct mneme_vector_document_key *keys, size_t count,
                         struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    PGresult *rows = NULL;
    size_t dimensions = (size_t)store->generation.dimensions;
    int status = key_params(store, tenant, keys, count, error);
    if (status == MNEME_OK) {
        status = mneme_pgvector_sql(store, mneme_sql_pgvector_fetch, store->generation.metric,
                                    MNEME_PGVECTOR_DOCUMENTS, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pgvector_ask(&rows, store, key_settings, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        size_t place = (size_t)mneme_pg_get_long(rows, row, 0) - 1;
        struct mneme_str wire = {PQgetvalue(rows, row, 1), (size_t)PQgetlength(rows, row, 1)};
        found[place] = mneme_pgvector_read(out + place * dimensions, dimensions, wire);
    }
    PQclear(rows);
    return status;
}
