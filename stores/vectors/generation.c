/*
 * The table of generations, row by row.
 */
#include "stores/vectors/generation.h"

#include <stdio.h>
#include <stdlib.h>

#include "sql/embedded.h"
#include "stores/vectors/store.h"

const char *const mneme_generation_state_names[MNEME_GENERATION_STATES] = {
    [MNEME_GENERATION_FILLING] = "filling",
    [MNEME_GENERATION_ACTIVE] = "active",
    [MNEME_GENERATION_RETIRED] = "retired",
};

/* The common select list of all statements here. */
enum column {
    NUMBER,
    STATE,
    STORE,
    METRIC,
    DIMENSIONS,
    IS_LOADED,
    MODEL,
    QUERY_PREFIX,
    PASSAGE_PREFIX,
    TOPIC,
    TOKEN,
    EDITION
};

/* False when it is too long. */
static bool copy_text(char *text, size_t bytes, const PGresult *rows, int row, enum column column) {
    size_t len = (size_t)PQgetlength(rows, row, (int)column);
    if (len >= bytes) {
        return false;
    }
    memcpy(text, PQgetvalue(rows, row, (int)column), len + 1);
    return true;
}

static int read_row(struct mneme_generation *out, const PGresult *rows, int row, struct mneme_error *error) {
    *out =
        (struct mneme_generation){.number = (int32_t)strtol(PQgetvalue(rows, row, NUMBER), NULL, 10),
                                  .dimensions = (int32_t)strtol(PQgetvalue(rows, row, DIMENSIONS), NULL, 10),
                                  .is_loaded = PQgetvalue(rows, row, IS_LOADED)[0] == 't',
                                  .edition = (int32_t)strtol(PQgetvalue(rows, row, EDITION), NULL, 10)};
    for (int i = 0; i < MNEME_GENERATION_STATES; i++) {
        if (strcmp(PQgetvalue(rows, row, STATE), mneme_generation_state_names[i]) == 0) {
            out->state = (enum mneme_generation_state)i;
        }
    }
    out->store = mneme_vector_store_find(PQgetvalue(rows, row, STORE));
    if (out->store == NULL) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "cannot open the vectors: generation %d is stored in %s, which this program "
                               "does not support; use a newer mneme",
                               out->number, PQgetvalue(rows, row, STORE));
    }
    int status = mneme_metric_parse(&out->metric, mneme_str_from(PQgetvalue(rows, row, METRIC)), error);
    if (status != MNEME_OK) {
        return status;
    }
    if (!copy_text(out->model, sizeof out->model, rows, row, MODEL) ||
        !copy_text(out->query_prefix, sizeof out->query_prefix, rows, row, QUERY_PREFIX) ||
        !copy_text(out->passage_prefix, sizeof out->passage_prefix, rows, row, PASSAGE_PREFIX) ||
        !copy_text(out->topic, sizeof out->topic, rows, row, TOPIC) ||
        !copy_text(out->token, sizeof out->token, rows, row, TOKEN)) {
        return mneme_error_set(
            error, MNEME_E_TOO_LARGE,
            "cannot open the vectors: a name or prefix of generation %d is too long; shorten it",
            out->number);
    }
    return MNEME_OK;
}

static void param_number(struct mneme_pg_params *params, int32_t number) {
    if (number == 0) {
        mneme_pg_param_str(params, MNEME_STR_NULL);
    } else {
        mneme_pg_param_long(params, number);
    }
}

/* The matching ones: number 0 and NULL do not restrict. */
static int find(PGresult **rows, struct mneme_postgres *postgres, int32_t number, const char *model,
                const char *state, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    param_number(&params, number);
    mneme_pg_param_str(&params, mneme_str_from(model));
    mneme_pg_param_str(&params, mneme_str_from(state));
    int status = mneme_pg_query(rows, postgres, mneme_sql_vectors_generations, &params, false, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_generation_active(struct mneme_generation *out, struct mneme_postgres *postgres,
                            struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = find(&rows, postgres, 0, NULL, mneme_generation_state_names[MNEME_GENERATION_ACTIVE], error);
    if (status == MNEME_OK && PQntuples(rows) == 0) {
        status = mneme_error_set(error, MNEME_E_NOT_FOUND,
                                 "cannot query the vectors: there are none yet; start `mneme work embed` and "
                                 "`mneme work vectors`");
    } else if (status == MNEME_OK) {
        status = read_row(out, rows, 0, error);
    }
    PQclear(rows);
    return status;
}

static int no_such_model(struct mneme_postgres *postgres, const char *model, struct mneme_error *error) {
    PGresult *rows = NULL;
    struct mneme_buffer names = {0};
    int status = find(&rows, postgres, 0, NULL, NULL, error);
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        mneme_buffer_printf(&names, "%s%s (%s)", i == 0 ? "" : ", ", PQgetvalue(rows, i, MODEL),
                            PQgetvalue(rows, i, STATE));
    }
    if (status == MNEME_OK) {
        status = mneme_error_set(error, MNEME_E_NOT_FOUND,
                                 "cannot query the vectors of model %s: there are none; available: %.*s; see "
                                 "`mneme reembed --help`",
                                 model, names.len == 0 ? 8 : (int)names.len,
                                 names.len == 0 ? "none yet" : names.data);
    }
    mneme_buffer_clean_up(&names);
    PQclear(rows);
    return status;
}

int mneme_generation_of_model(struct mneme_generation *out, struct mneme_postgres *postgres,
                              const char *model, struct mneme_error *error) {
    PGresult *rows = NULL;
    bool is_found = false;
    int status = find(&rows, postgres, 0, model, NULL, error);
    int count = status == MNEME_OK ? PQntuples(rows) : 0;
    for (int i = 0; i < count && status == MNEME_OK; i++) {
        struct mneme_generation one;
        status = read_row(&one, rows, i, error);
        if (status == MNEME_OK && (!is_found || out->state != MNEME_GENERATION_ACTIVE)) {
            *out = one;
            is_found = true;
        }
    }
    PQclear(rows);
    return status == MNEME_OK && !is_found ? no_such_model(postgres, model, error) : status;
}

int mneme_generation_get(struct mneme_generation *out, struct mneme_postgres *postgres, int32_t number,
                         struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = find(&rows, postgres, number, NULL, NULL, error);
    if (status == MNEME_OK && PQntuples(rows) == 0) {
        status =
            mneme_error_set(error, MNEME_E_NOT_FOUND,
                            "cannot open the vectors: generation %d no longer exists; try again", number);
    } else if (status == MNEME_OK) {
        status = read_row(out, rows, 0, error);
    }
    PQclear(rows);
    return status;
}

int mneme_generation_each(struct mneme_postgres *postgres,
                          int (*visit)(void *context, const struct mneme_generation *generation),
                          void *context, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = find(&rows, postgres, 0, NULL, NULL, error);
    int count = status == MNEME_OK ? PQntuples(rows) : 0;
    for (int i = 0; i < count && status == MNEME_OK; i++) {
        struct mneme_generation one;
        status = read_row(&one, rows, i, error);
        if (status == MNEME_OK) {
            status = visit(context, &one);
        }
    }
    PQclear(rows);
    return status;
}

/* Runs a statement that returns the changed row. */
static int run_and_read(struct mneme_generation *generation, struct mneme_postgres *postgres, const char *sql,
                        const struct mneme_pg_params *params, const char *when_none,
                        struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, postgres, sql, params, false, error);
    if (status == MNEME_OK && PQntuples(rows) == 0) {
        status = mneme_error_set(error, MNEME_E_CONFLICT, "%s", when_none);
    } else if (status == MNEME_OK) {
        status = read_row(generation, rows, 0, error);
    }
    PQclear(rows);
    return status;
}

int mneme_generation_add(struct mneme_generation *generation, struct mneme_postgres *postgres,
                         struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(mneme_generation_state_names[generation->state]));
    mneme_pg_param_str(&params, mneme_str_from(generation->store->name));
    mneme_pg_param_str(&params, mneme_str_from(generation->model));
    mneme_pg_param_str(&params, mneme_str_from(mneme_metric_names[generation->metric]));
    mneme_pg_param_long(&params, generation->dimensions);
    mneme_pg_param_str(&params, mneme_str_from(generation->query_prefix));
    mneme_pg_param_str(&params, mneme_str_from(generation->passage_prefix));
    mneme_pg_param_str(&params, mneme_str_from(generation->topic));
    mneme_pg_param_long(&params, generation->edition);
    int status = run_and_read(generation, postgres, mneme_sql_vectors_generation_add, &params,
                              "cannot add the generation: another process was first; try again", error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_generation_pin(struct mneme_generation *generation, struct mneme_postgres *postgres,
                         struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_long(&params, generation->number);
    mneme_pg_param_long(&params, generation->dimensions);
    mneme_pg_param_str(&params, mneme_str_from(generation->query_prefix));
    mneme_pg_param_str(&params, mneme_str_from(generation->passage_prefix));
    int status = run_and_read(
        generation, postgres, mneme_sql_vectors_generation_pin, &params,
        "cannot write the vectors: their generation was dropped; the worker has to rejoin", error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int run_for(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                   const char *sql, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_long(&params, generation->number);
    int status = mneme_pg_query(NULL, postgres, sql, &params, false, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_generation_set_loaded(struct mneme_generation *generation, struct mneme_postgres *postgres,
                                struct mneme_error *error) {
    int status = run_for(generation, postgres, mneme_sql_vectors_generation_loaded, error);
    generation->is_loaded = generation->is_loaded || status == MNEME_OK;
    return status;
}

int mneme_generation_activate(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                              struct mneme_error *error) {
    static const char *const steps[] = {
        mneme_sql_vectors_generation_retire,      mneme_sql_vectors_generation_activate,
        mneme_sql_vectors_generation_fence,       mneme_sql_vectors_generation_no_progress,
        mneme_sql_vectors_generation_progress,    mneme_sql_vectors_generation_parked,
        mneme_sql_vectors_generation_take_parked,
    };
    int status = MNEME_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == MNEME_OK; i++) {
        status = run_for(generation, postgres, steps[i], error);
    }
    return status;
}

void mneme_generation_progress(char text[MNEME_GENERATION_PROGRESS_BYTES],
                               const struct mneme_generation *generation) {
    const char *name = mneme_projections[MNEME_PROJECTION_VECTORS].name;
    if (generation->state == MNEME_GENERATION_ACTIVE) {
        snprintf(text, MNEME_GENERATION_PROGRESS_BYTES, "%s", name);
    } else {
        snprintf(text, MNEME_GENERATION_PROGRESS_BYTES, "%s.%d", name, generation->number);
    }
}

int mneme_generation_remove(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                            struct mneme_error *error) {
    return run_for(generation, postgres, mneme_sql_vectors_generation_remove, error);
}
