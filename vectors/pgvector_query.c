/*
 * Asking Postgres. A filter that runs after an approximate index gives too few answers, without an error; so
 * a scope is compared one by one as long as that is the cheaper way, and a larger one goes through the index,
 * which scans on until there are enough. Plans are made for the very scope, never for an average one.
 */
#include <endian.h>
#include <math.h>
#include <stdio.h>

#include "schemas/embedding.h"
#include "sql/embedded.h"
#include "vectors/pgvector.h"

/* So many documents are compared one by one whatever else there is. */
#define ALWAYS_EXACT 20000

/* What looking at one candidate of the index costs, in documents compared one by one. A scope of n among N
 * documents needs k × N / n candidates, so that both ways cost the same where n² = k × N × this. */
#define CANDIDATE_COST 30.0

/* Candidates that the index gathers at a time: enough of them that the best are among them. */
#define LEAST_CANDIDATES 400
#define MOST_CANDIDATES 1000 /* that pgvector takes */

/* So many times the rows are asked for where those before were of too few documents. */
#define MORE_ROWS 4

static const char exact_settings[] =
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)";

/* Ends what was begun without effect, so that settings are as before. */
static int heal(struct mneme_pgvector *store, bool is_nested, int status) {
    struct mneme_error ignored = {0};
    PGTransactionStatusType state = PQtransactionStatus(mneme_pg_raw(store->postgres));
    if (state == PQTRANS_INERROR || state == PQTRANS_INTRANS) {
        /* If this fails too, the connection is gone, and the first error told it. */
        (void)mneme_pg_run(store->postgres, is_nested ? "ROLLBACK TO SAVEPOINT mneme_ask" : "ROLLBACK",
                           &ignored);
    }
    return status;
}

/* Runs the statement at hand with settings for it alone, within the caller's transaction if there is one. */
static int ask(PGresult **out, struct mneme_pgvector *store, const char *settings,
               struct mneme_error *error) {
    bool is_nested = PQtransactionStatus(mneme_pg_raw(store->postgres)) != PQTRANS_IDLE;
    const struct mneme_pg_call calls[] = {
        {is_nested ? "SAVEPOINT mneme_ask" : "BEGIN", NULL},
        {settings, NULL},
        {store->sql.data, &store->params},
        {is_nested ? "ROLLBACK TO SAVEPOINT mneme_ask" : "COMMIT", NULL},
    };
    PGresult *results[sizeof calls / sizeof *calls] = {NULL};
    int status = mneme_pg_pipeline(results, store->postgres, calls, sizeof calls / sizeof *calls, error);
    if (status != MNEME_OK) {
        return heal(store, is_nested, status);
    }
    *out = results[2];
    results[2] = NULL;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        PQclear(results[i]);
    }
    return MNEME_OK;
}

static void scope_params(struct mneme_pg_params *params, const struct mneme_vector_scope *scope) {
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, scope->tenant);
    mneme_pg_param_str(params, scope->user_id);
    mneme_pg_param_str(params, scope->agent_id);
    mneme_pg_param_str(params, scope->run_id);
    mneme_pg_param_str(params, scope->conversation_id);
}

static uint64_t get_bits(const PGresult *rows, int row, int column) {
    uint64_t wire;
    memcpy(&wire, PQgetvalue(rows, row, column), sizeof wire);
    return be64toh(wire);
}

static double get_double(const PGresult *rows, int row, int column) {
    uint64_t bits = get_bits(rows, row, column);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static struct mneme_str get_copy(struct mneme_arena *arena, const PGresult *rows, int row, int column) {
    return mneme_arena_copy(
        arena, (struct mneme_str){PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column)});
}

/* Whether comparing the whole scope is the cheaper way; and how many of its rows are further parts of
 * documents, counted up to k. */
static int is_small(bool *out, size_t *further, struct mneme_pgvector *store,
                    const struct mneme_vector_question *question, struct mneme_error *error) {
    PGresult *rows = NULL;
    scope_params(&store->params, &question->scope);
    mneme_pg_param_long(&store->params, ALWAYS_EXACT);
    mneme_pg_param_double(&store->params, CANDIDATE_COST * (double)question->k);
    mneme_pg_param_long(&store->params, (int64_t)question->k);
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_size, question->metric, MNEME_PGVECTOR_DOCUMENTS, error);
    if (status == MNEME_OK) {
        status = ask(&rows, store, exact_settings, error);
    }
    if (status == MNEME_OK) {
        *out = (int64_t)get_bits(rows, 0, 0) <= (int64_t)get_bits(rows, 0, 1);
        *further = get_bits(rows, 0, 2);
    }
    PQclear(rows);
    return status;
}

static int take_matches(struct mneme_vector_matches *out, const PGresult *rows,
                        enum mneme_vector_metric metric, struct mneme_error *error) {
    size_t count = (size_t)PQntuples(rows);
    out->items = mneme_arena_calloc(&out->arena, count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL;
    for (size_t i = 0; i < count && is_complete; i++) {
        int row = (int)i;
        out->items[i] = (struct mneme_vector_match){
            .key = {get_copy(&out->arena, rows, row, 0), get_copy(&out->arena, rows, row, 1),
                    get_copy(&out->arena, rows, row, 2)},
            .similarity = mneme_metric_from_distance(metric, get_double(rows, row, 3)),
        };
        is_complete = out->items[i].key.ref.data != NULL;
    }
    out->count = is_complete ? count : 0;
    return is_complete ? MNEME_OK : mneme_pgvector_out_of_memory(error);
}

/* *rows_seen (may be NULL) is how many rows of the table the answer was made of. */
static int find(struct mneme_vector_matches *out, int64_t *rows_seen, struct mneme_pgvector *store,
                const char *template, const char *settings, const struct mneme_vector_question *question,
                size_t limit, struct mneme_error *error) {
    PGresult *rows = NULL;
    scope_params(&store->params, &question->scope);
    mneme_pg_param_float_array(&store->params, question->vector, question->dimensions);
    mneme_pg_param_long(&store->params, (int64_t)limit);
    int status = mneme_pgvector_sql(store, template, question->metric, MNEME_PGVECTOR_DOCUMENTS, error);
    if (status == MNEME_OK) {
        status = ask(&rows, store, settings, error);
    }
    if (status == MNEME_OK) {
        status = take_matches(out, rows, question->metric, error);
    }
    for (int row = 0; status == MNEME_OK && rows_seen != NULL && row < PQntuples(rows); row++) {
        *rows_seen += (int64_t)get_bits(rows, row, 4);
    }
    PQclear(rows);
    return status;
}

/* Through the approximate index, without a bound to what it scans; a sort would be the other plan. */
static int find_rows(struct mneme_vector_matches *out, int64_t *rows_seen, struct mneme_pgvector *store,
                     const struct mneme_vector_question *question, size_t limit, struct mneme_error *error) {
    char settings[512];
    size_t candidates = 2 * limit;
    candidates = candidates < LEAST_CANDIDATES ? LEAST_CANDIDATES : candidates;
    candidates = candidates > MOST_CANDIDATES ? MOST_CANDIDATES : candidates;
    snprintf(
        settings, sizeof settings,
        "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true), "
        "set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true), "
        "set_config('hnsw.iterative_scan', 'relaxed_order', true), "
        "set_config('hnsw.max_scan_tuples', '2147483647', true), "
        "set_config('hnsw.scan_mem_multiplier', '100', true), "
        "set_config('hnsw.ef_search', '%zu', true)",
        candidates);
    *rows_seen = 0;
    return find(out, rows_seen, store, mneme_sql_pgvector_nearest, settings, question, limit, error);
}

/* Several rows may be of one document: more of them are asked for until there are enough documents, or no
 * more rows. The first time it is k of them, and as many more as there are further parts, up to twice k. */
static int find_nearest(struct mneme_vector_matches *out, struct mneme_pgvector *store,
                        const struct mneme_vector_question *question, size_t further,
                        struct mneme_error *error) {
    size_t most = question->k * MNEME_EMBEDDING_MAX_PARTS;
    size_t limit = question->k + further;
    int64_t rows_seen;
    int status = find_rows(out, &rows_seen, store, question, limit, error);
    while (status == MNEME_OK && out->count < question->k && rows_seen == (int64_t)limit && limit < most) {
        limit = limit * MORE_ROWS < most ? limit * MORE_ROWS : most;
        status = find_rows(out, &rows_seen, store, question, limit, error);
    }
    return status;
}

int mneme_pgvector_query(struct mneme_vector_matches *out, void *context,
                         const struct mneme_vector_question *question, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    bool is_exact = true;
    size_t further = 0;
    int status = MNEME_OK;
    if (question->metric == store->generation.metric && mneme_pgvector_has_nearest(store)) {
        status = is_small(&is_exact, &further, store, question, error);
    }
    if (status == MNEME_OK && !is_exact) {
        status = find_nearest(out, store, question, further, error);
        /* The scan may end early for want of memory. */
        is_exact = status == MNEME_OK && out->count < question->k;
    }
    if (status == MNEME_OK && is_exact) {
        status =
            find(out, NULL, store, mneme_sql_pgvector_exact, exact_settings, question, question->k, error);
    }
    out->is_exact = is_exact;
    return status;
}

static int key_params(struct mneme_pgvector *store, struct mneme_str tenant,
                      const struct mneme_document_key *keys, size_t count, struct mneme_error *error) {
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
                                const struct mneme_document_key *keys, size_t count, const float *vector,
                                enum mneme_vector_metric metric, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    PGresult *rows = NULL;
    int status = key_params(store, tenant, keys, count, error);
    if (status == MNEME_OK) {
        mneme_pg_param_float_array(&store->params, vector, (size_t)store->generation.dimensions);
        status = mneme_pgvector_sql(store, mneme_sql_pgvector_similarities, metric, MNEME_PGVECTOR_DOCUMENTS,
                                    error);
    }
    if (status == MNEME_OK) {
        status = ask(&rows, store, key_settings, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        double *best = &out[get_bits(rows, row, 0) - 1]; /* of the parts so far; NAN before the first */
        *best = fmax(*best, mneme_metric_from_distance(metric, get_double(rows, row, 1)));
    }
    PQclear(rows);
    return status;
}

int mneme_pgvector_fetch(float *out, bool *found, void *context, struct mneme_str tenant,
                         const struct mneme_document_key *keys, size_t count, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    PGresult *rows = NULL;
    size_t dimensions = (size_t)store->generation.dimensions;
    int status = key_params(store, tenant, keys, count, error);
    if (status == MNEME_OK) {
        status = mneme_pgvector_sql(store, mneme_sql_pgvector_fetch, store->generation.metric,
                                    MNEME_PGVECTOR_DOCUMENTS, error);
    }
    if (status == MNEME_OK) {
        status = ask(&rows, store, key_settings, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        size_t place = (size_t)get_bits(rows, row, 0) - 1;
        struct mneme_str wire = {PQgetvalue(rows, row, 1), (size_t)PQgetlength(rows, row, 1)};
        found[place] = mneme_pgvector_read(out + place * dimensions, dimensions, wire);
    }
    PQclear(rows);
    return status;
}

int mneme_pgvector_query_raw(struct mneme_raw_matches *out, void *context,
                             const struct mneme_raw_question *question, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    PGresult *rows = NULL;
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_str(&store->params, question->tenant);
    mneme_pg_param_str(&store->params, question->collection);
    mneme_pg_param_str(&store->params, question->filter_json);
    mneme_pg_param_float_array(&store->params, question->vector, question->dimensions);
    mneme_pg_param_long(&store->params, (int64_t)question->k);
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_raw, question->metric, MNEME_PGVECTOR_RAW, error);
    if (status == MNEME_OK) {
        status = ask(&rows, store, exact_settings, error);
    }
    size_t count = status == MNEME_OK ? (size_t)PQntuples(rows) : 0;
    out->items = mneme_arena_calloc(&out->arena, count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL;
    for (size_t i = 0; i < count && is_complete; i++) {
        int row = (int)i;
        out->items[i] = (struct mneme_raw_match){
            .id = get_copy(&out->arena, rows, row, 0),
            .metadata_json = PQgetisnull(rows, row, 1) ? MNEME_STR_NULL : get_copy(&out->arena, rows, row, 1),
            .similarity = mneme_metric_from_distance(question->metric, get_double(rows, row, 2)),
        };
        is_complete = out->items[i].id.data != NULL;
    }
    out->count = is_complete ? count : 0;
    PQclear(rows);
    return status == MNEME_OK && !is_complete ? mneme_pgvector_out_of_memory(error) : status;
}
