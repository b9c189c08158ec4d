/*
 * The table of collections.
 */
#include "stores/vectors/collection.h"

#include <stdlib.h>

#include "sql/embedded.h"

static int run(struct mneme_vector_collection *out, struct mneme_postgres *postgres, const char *sql,
               const struct mneme_pg_params *params, struct mneme_error *error) {
    PGresult *rows = NULL;
    *out = (struct mneme_vector_collection){0};
    int status = mneme_pg_query(&rows, postgres, sql, params, false, error);
    if (status == MNEME_OK && PQntuples(rows) > 0) {
        out->dimensions = (int32_t)strtol(PQgetvalue(rows, 0, 0), NULL, 10);
        status = mneme_metric_parse(&out->metric, mneme_str_from(PQgetvalue(rows, 0, 1)), error);
    }
    PQclear(rows);
    return status;
}

static void name_params(struct mneme_pg_params *params, const struct mneme_generation *generation,
                        struct mneme_str tenant, struct mneme_str name) {
    mneme_pg_param_long(params, generation->number);
    mneme_pg_param_str(params, tenant);
    mneme_pg_param_str(params, name);
}

int mneme_vector_collection_get(struct mneme_vector_collection *out, struct mneme_postgres *postgres,
                                const struct mneme_generation *generation, struct mneme_str tenant,
                                struct mneme_str name, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    name_params(&params, generation, tenant, name);
    int status = run(out, postgres, mneme_sql_vectors_collection, &params, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_vector_collection_ensure(struct mneme_vector_collection *out, struct mneme_postgres *postgres,
                                   const struct mneme_generation *generation, struct mneme_str tenant,
                                   struct mneme_str name, size_t dimensions, enum mneme_vector_metric metric,
                                   struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    name_params(&params, generation, tenant, name);
    mneme_pg_param_long(&params, (int64_t)dimensions);
    mneme_pg_param_str(
        &params,
        mneme_str_from(mneme_metric_names[metric == MNEME_METRIC_ANY ? MNEME_METRIC_COSINE : metric]));
    int status = run(out, postgres, mneme_sql_vectors_collection_add, &params, error);
    mneme_pg_params_clean_up(&params);
    /* No row: another transaction was first, and its row can be read now. */
    return status == MNEME_OK && out->dimensions == 0
               ? mneme_vector_collection_get(out, postgres, generation, tenant, name, error)
               : status;
}

int mneme_vector_collection_check(const struct mneme_vector_collection *collection, struct mneme_str name,
                                  size_t dimensions, enum mneme_vector_metric metric,
                                  struct mneme_error *error) {
    if (dimensions != (size_t)collection->dimensions) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "the vector does not fit the collection %.*s: it has %zu dimensions, and the collection has %d; "
            "give a vector of that many dimensions, or name another collection",
            MNEME_STR_ARG(name), dimensions, collection->dimensions);
    }
    if (metric != MNEME_METRIC_ANY && metric != collection->metric) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "the vector does not fit the collection %.*s: its metric is %s, and the "
                               "collection's is %s; leave the metric out, or name another collection",
                               MNEME_STR_ARG(name), mneme_metric_names[metric],
                               mneme_metric_names[collection->metric]);
    }
    return MNEME_OK;
}
