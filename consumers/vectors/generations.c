/*
 * Choosing the generation to fill; adding and dropping generations.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/log/log.h"
#include "consumers/vectors/vectors_projection.h"
#include "sql/embedded.h"

int mneme_vectors_choose(struct mneme_generation *out, const struct mneme_config *config,
                         struct mneme_postgres *postgres, struct mneme_error *error) {
    int32_t number = (int32_t)mneme_config_long(config, MNEME_SETTING_VECTOR_GENERATION);
    return number > 0 ? mneme_generation_get(out, postgres, number, error)
                      : mneme_generation_active(out, postgres, error);
}

/* Ends a transaction that failed; the first error is what counts. */
static int roll_back(struct mneme_postgres *postgres, int status) {
    if (status != MNEME_OK) {
        struct mneme_error ignored = {0};
        (void)mneme_pg_run(postgres, "ROLLBACK", &ignored);
    }
    return status;
}

int mneme_vectors_add(struct mneme_generation *generation, const struct mneme_config *config,
                      struct mneme_postgres *postgres, struct mneme_error *error) {
    void *store = NULL;
    int status = mneme_pg_run(postgres, "BEGIN", error);
    if (status == MNEME_OK) {
        status = mneme_generation_add(generation, postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vector_store_open(&store, config, postgres, generation, error);
    }
    if (status == MNEME_OK) {
        status = generation->store->make(store, error);
        generation->store->close(store);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "COMMIT", error);
    }
    if (status == MNEME_OK) {
        mneme_log(MNEME_LOG_INFO, "generation of vectors made", MNEME_LOG_I("generation", generation->number),
                  MNEME_LOG_S("model", generation->model), MNEME_LOG_S("store", generation->store->name));
    }
    return roll_back(postgres, status);
}

int mneme_vectors_drop(const struct mneme_generation *generation, const struct mneme_config *config,
                       struct mneme_postgres *postgres, struct mneme_error *error) {
    void *store = NULL;
    int status = mneme_vector_store_open(&store, config, postgres, generation, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_pg_run(postgres, "BEGIN", error);
    if (status == MNEME_OK) {
        status = generation->store->drop(store, error);
    }
    if (status == MNEME_OK) {
        status = mneme_generation_remove(generation, postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "COMMIT", error);
    }
    generation->store->close(store);
    if (status == MNEME_OK) {
        mneme_log(MNEME_LOG_INFO, "generation of vectors dropped",
                  MNEME_LOG_I("generation", generation->number), MNEME_LOG_S("model", generation->model));
    }
    return roll_back(postgres, status);
}

int mneme_vectors_drop_retired(size_t *dropped, bool all, const struct mneme_config *config,
                               struct mneme_postgres *postgres, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    *dropped = 0;
    mneme_pg_param_long(&params, all ? 0 : mneme_config_long(config, MNEME_SETTING_VECTOR_RETIRED_S));
    int status =
        mneme_pg_query(&rows, postgres, mneme_sql_vectors_generations_retired, &params, false, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        struct mneme_generation generation;
        status = mneme_generation_get(&generation, postgres,
                                      (int32_t)strtol(PQgetvalue(rows, row, 0), NULL, 10), error);
        if (status == MNEME_OK) {
            status = mneme_vectors_drop(&generation, config, postgres, error);
        }
        *dropped += status == MNEME_OK ? 1 : 0;
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}
