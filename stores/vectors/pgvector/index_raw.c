/*
 * Creates indexes of collections of raw vectors after a bulk load. Each large collection has its own index:
 * collections of one table differ in dimensions and metric, and a filter on the collection after a common
 * index would leave too few answers.
 */
#include <stdlib.h>

#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"

void mneme_pgvector_lacking_params(struct mneme_pgvector *store, bool is_live) {
    struct mneme_pg_params *params = &store->params;
    mneme_pg_params_clear(params);
    mneme_pg_param_long(params, store->least_indexed);
    if (is_live) {
        mneme_pg_param_long(params, store->least_indexed);
    } else {
        mneme_pg_param_str(params, MNEME_STR_NULL);
    }
    mneme_pg_param_str(params, is_live ? MNEME_STR_LIT("CONCURRENTLY") : MNEME_STR_LIT(""));
}

static int run_current(struct mneme_pgvector *store, struct mneme_error *error) {
    return mneme_pg_run(store->postgres, store->sql.data, error);
}

static int index_collection(struct mneme_pgvector *store, const PGresult *rows, int row, unsigned jobs,
                            struct mneme_error *error) {
    char settings[160];
    const char *drop = PQgetvalue(rows, row, LACKING_DROP);
    const char *create = PQgetvalue(rows, row, LACKING_CREATE);
    mneme_pgvector_build_settings(settings, sizeof settings, store,
                                  strtoll(PQgetvalue(rows, row, LACKING_VECTORS), NULL, 10),
                                  strtoll(PQgetvalue(rows, row, LACKING_DIMENSIONS), NULL, 10), jobs);
    mneme_buffer_clear(&store->sql);
    if (drop[0] != '\0') {
        mneme_buffer_printf(&store->sql, "%s; ", drop);
    }
    mneme_buffer_append(&store->sql, create, strlen(create) + 1);
    return store->sql.failed ? mneme_pgvector_out_of_memory(error)
                             : mneme_pgvector_in_transaction(store, run_current, settings, error);
}

int mneme_pgvector_index_collections(struct mneme_pgvector *store, unsigned jobs, struct mneme_error *error) {
    PGresult *rows = NULL;
    mneme_pgvector_lacking_params(store, false);
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_raw_indexes, store->generation.metric, "", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, store->postgres, store->sql.data, &store->params, false, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        status = index_collection(store, rows, row, jobs, error);
    }
    PQclear(rows);
    return status;
}
