/*
 * Queries a collection of raw vectors. The index of a collection contains only its vectors, so only a filter
 * on the metadata runs after it. The index scan continues up to a limit to replace what the filter removes;
 * if it finds too few, all vectors of the collection are compared.
 */
#include <math.h>
#include <stdio.h>

#include "common/postgres/row.h"
#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"

/* Candidates that the index gathers at a time: enough to include the best. */
#define LEAST_CANDIDATES 400
#define MOST_CANDIDATES 1000 /* the maximum of pgvector */

/* A filter that needs more candidates than this is so selective that comparing all is faster. */
#define MOST_SCANNED "20000"

static const char exact_settings[] =
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)";

/* Makes the planner use the index where there is one, instead of sorting. */
static void nearest_settings(char *sql, size_t size, size_t k) {
    size_t candidates = 2 * k;
    candidates = candidates < LEAST_CANDIDATES ? LEAST_CANDIDATES : candidates;
    candidates = candidates > MOST_CANDIDATES ? MOST_CANDIDATES : candidates;
    snprintf(sql, size,
             "%s, set_config('enable_sort', 'off', true), "
             "set_config('hnsw.iterative_scan', 'relaxed_order', true), "
             "set_config('hnsw.max_scan_tuples', '" MOST_SCANNED "', true), "
             "set_config('hnsw.scan_mem_multiplier', '100', true), "
             "set_config('hnsw.ef_search', '%zu', true)",
             exact_settings, candidates);
}

static void set_params(struct mneme_pg_params *params, const struct mneme_raw_question *question) {
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, question->tenant);
    mneme_pg_param_str(params, question->collection);
    mneme_pg_param_str(params, question->filter_json);
    mneme_pg_param_float_array(params, question->vector, question->dimensions);
    mneme_pg_param_long(params, (int64_t)question->k);
}

static int ask_exactly(PGresult **out, struct mneme_pgvector *store,
                       const struct mneme_raw_question *question, struct mneme_error *error) {
    set_params(&store->params, question);
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_raw, question->metric, MNEME_PGVECTOR_RAW, error);
    return status == MNEME_OK ? mneme_pgvector_ask(out, store, exact_settings, error) : status;
}

static bool is_indexed(const PGresult *rows) {
    return PQgetvalue(rows, 0, 3)[0] != 0;
}

/* A query without matches returns one row, which says only whether the index was used. */
static int count_found(const PGresult *rows) {
    int count = PQntuples(rows);
    return count == 1 && PQgetisnull(rows, 0, 0) ? 0 : count;
}

/* Uses the collection's index if it has one, in one round trip, unless k is so large a share of the
 * collection that comparing all is faster. */
static int ask_nearest(PGresult **out, int *count, struct mneme_pgvector *store,
                       const struct mneme_raw_question *question, struct mneme_error *error) {
    char settings[512];
    nearest_settings(settings, sizeof settings, question->k);
    set_params(&store->params, question);
    mneme_pg_param_double(&store->params, MNEME_PGVECTOR_CANDIDATE_COST * (double)question->k);
    store->raw_dimensions = (int32_t)question->dimensions;
    int status = mneme_pgvector_sql(store, mneme_sql_pgvector_raw_nearest, question->metric,
                                    MNEME_PGVECTOR_RAW, error);
    if (status == MNEME_OK) {
        status = mneme_pgvector_ask(out, store, settings, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    *count = count_found(*out);
    if (!is_indexed(*out) || (size_t)*count >= question->k) {
        return MNEME_OK;
    }
    PQclear(*out);
    *out = NULL;
    status = ask_exactly(out, store, question, error);
    *count = status == MNEME_OK ? PQntuples(*out) : 0;
    return status;
}

static struct mneme_str get_copy(struct mneme_arena *arena, const PGresult *rows, int row, int column) {
    return mneme_arena_copy(
        arena, (struct mneme_str){PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column)});
}

static double get_double(const PGresult *rows, int row, int column) {
    int64_t bits = mneme_pg_get_long(rows, row, column);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool take_matches(struct mneme_raw_matches *out, const PGresult *rows, int count,
                         enum mneme_vector_metric metric) {
    out->items = mneme_arena_calloc(&out->arena, (size_t)count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL;
    for (int row = 0; row < count && is_complete; row++) {
        out->items[row] = (struct mneme_raw_match){
            .id = get_copy(&out->arena, rows, row, 0),
            .metadata_json = PQgetisnull(rows, row, 1) ? MNEME_STR_NULL : get_copy(&out->arena, rows, row, 1),
            .similarity = mneme_metric_from_distance(metric, get_double(rows, row, 2)),
        };
        is_complete = out->items[row].id.data != NULL;
    }
    out->count = is_complete ? (size_t)count : 0;
    return is_complete;
}

int mneme_pgvector_query_raw(struct mneme_raw_matches *out, void *context,
                             const struct mneme_raw_question *question, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    PGresult *rows = NULL;
    int count = 0;
    int status;
    if (mneme_pgvector_collection_is_indexable((int32_t)question->dimensions, question->metric)) {
        status = ask_nearest(&rows, &count, store, question, error);
    } else {
        status = ask_exactly(&rows, store, question, error);
        count = status == MNEME_OK ? PQntuples(rows) : 0;
    }
    if (status == MNEME_OK && !take_matches(out, rows, count, question->metric)) {
        status = mneme_pgvector_out_of_memory(error);
    }
    PQclear(rows);
    return status;
}
