/*
 * Queries a collection of raw vectors. The index of a collection contains only its vectors, so only a filter
 * on the metadata runs after it. The index scan continues up to a limit to replace what the filter removes;
 * if it finds too few, all vectors of the collection are compared.
 */
#include "common/postgres/row.h"
#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"

/* A filter that needs more candidates than this is so selective that comparing all is faster. */
#define MAX_SCANNED 20000

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
    return status == MNEME_OK ? mneme_pgvector_ask(out, store, mneme_pgvector_exact_settings, error) : status;
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
    char settings[MNEME_PGVECTOR_SETTINGS_BYTES];
    mneme_pgvector_nearest_settings(settings, question->k, MAX_SCANNED);
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

static bool take_matches(struct mneme_raw_matches *out, const PGresult *rows, int count,
                         enum mneme_vector_metric metric) {
    out->items = mneme_arena_calloc(&out->arena, (size_t)count + 1, sizeof *out->items);
    bool is_complete = out->items != NULL;
    for (int row = 0; row < count && is_complete; row++) {
        out->items[row] = (struct mneme_raw_match){
            .id = mneme_pgvector_copy(&out->arena, rows, row, 0),
            .metadata_json =
                PQgetisnull(rows, row, 1) ? MNEME_STR_NULL : mneme_pgvector_copy(&out->arena, rows, row, 1),
            .similarity = mneme_metric_from_distance(metric, mneme_pg_get_double(rows, row, 2)),
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
