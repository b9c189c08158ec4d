/*
 * Runs a query with settings that are valid for it alone: plans are made for the actual values, and the
 * approximate index scans on until there are enough results.
 */
#include <stdio.h>

#include "stores/vectors/pgvector/pgvector.h"

/* Candidates that the index gathers at a time: enough to include the best. */
#define LEAST_CANDIDATES 400
#define MOST_CANDIDATES 1000 /* the maximum of pgvector */

#define CUSTOM_PLAN                                                                                          \
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)"

const char mneme_pgvector_exact_settings[] = CUSTOM_PLAN;

void mneme_pgvector_nearest_settings(char sql[MNEME_PGVECTOR_SETTINGS_BYTES], size_t rows,
                                     int32_t max_scanned) {
    size_t candidates = 2 * rows;
    candidates = candidates < LEAST_CANDIDATES ? LEAST_CANDIDATES : candidates;
    candidates = candidates > MOST_CANDIDATES ? MOST_CANDIDATES : candidates;
    snprintf(sql, MNEME_PGVECTOR_SETTINGS_BYTES,
             CUSTOM_PLAN
             ", set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true), "
             "set_config('hnsw.iterative_scan', 'relaxed_order', true), "
             "set_config('hnsw.max_scan_tuples', '%d', true), "
             "set_config('hnsw.scan_mem_multiplier', '100', true), "
             "set_config('hnsw.ef_search', '%zu', true)",
             (int)max_scanned, candidates);
}

/* Rolls back, so that settings are as before. */
static int roll_back(struct mneme_pgvector *store, bool is_nested, int status) {
    struct mneme_error ignored = {0};
    PGTransactionStatusType state = PQtransactionStatus(mneme_pg_raw(store->postgres));
    if (state == PQTRANS_INERROR || state == PQTRANS_INTRANS) {
        /* If this fails too, the connection is lost, and the first error has said so. */
        (void)mneme_pg_run(store->postgres, is_nested ? "ROLLBACK TO SAVEPOINT mneme_ask" : "ROLLBACK",
                           &ignored);
    }
    return status;
}

int mneme_pgvector_ask(PGresult **out, struct mneme_pgvector *store, const char *settings,
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
        return roll_back(store, is_nested, status);
    }
    *out = results[2];
    results[2] = NULL;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        PQclear(results[i]);
    }
    return MNEME_OK;
}

struct mneme_str mneme_pgvector_copy(struct mneme_arena *arena, const PGresult *rows, int row, int column) {
    return mneme_arena_copy(
        arena, (struct mneme_str){PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column)});
}
