/*
 * Runs one query over one connection.
 */
#include "queries/question.h"

#include "common/postgres/schema.h"

/* Adds to an error how to start a Postgres. */
static int add_hint(int status, struct mneme_error *error) {
    if (status == MNEME_E_UNAVAILABLE && error != NULL) {
        mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s (ops/stack up starts one on this machine)",
                        error->message);
    }
    return status;
}

int mneme_query_dial(struct mneme_postgres **out, const struct mneme_config *config, const char *purpose,
                     struct mneme_error *error) {
    return add_hint(mneme_pg_connect_to_all(out, config, purpose, error), error);
}

int mneme_query_borrow(struct mneme_postgres **out, struct mneme_pg_pool *pool,
                       const struct mneme_pg_pool_wait *wait, struct mneme_error *error) {
    return add_hint(mneme_pg_pool_borrow(out, pool, wait, error), error);
}

int mneme_query_connect(struct mneme_postgres **out, const struct mneme_config *config, const char *purpose,
                        struct mneme_error *error) {
    int status = mneme_query_dial(out, config, purpose, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_pg_set(*out, "SET default_transaction_read_only = on", error);
    if (status != MNEME_OK) {
        mneme_pg_close(*out);
        *out = NULL;
    }
    return status;
}

/* The SQLSTATEs for a table, schema, type or column that does not exist. */
static bool is_not_migrated(const char *sqlstate) {
    static const char *const states[] = {"42P01", "3F000", "42704", "42703"};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strcmp(sqlstate, states[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int explain(struct mneme_postgres *postgres, const char *what, int status, struct mneme_error *error) {
    if (is_not_migrated(mneme_pg_sqlstate(postgres))) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "%s: the database does not have the tables of this version; run mneme migrate",
                               what);
    }
    if (error != NULL) {
        mneme_error_set(error, (enum mneme_status)status, "%s: %s", what, error->message);
    }
    return status;
}

/* Visits the rows of a result. */
static int visit_rows(const PGresult *result, const struct mneme_question *question, mneme_row_visitor *visit,
                      void *context, size_t *visited, struct mneme_error *error) {
    struct mneme_arena arena;
    struct mneme_arena column_arena;
    struct mneme_answer_row answer = {question->columns, question->column_count, NULL};
    size_t row_bytes = question->row_bytes;
    int status = MNEME_OK;
    mneme_arena_init(&arena, 0);
    mneme_arena_init(&column_arena, 0);
    if (question->columns == NULL) {
        answer.columns = mneme_row_columns_of(result, &column_arena);
        answer.count = (size_t)PQnfields(result);
        row_bytes = answer.count * MNEME_ROW_CELL_BYTES;
    }
    int rows = PQntuples(result);
    for (int i = 0; i < rows; i++) {
        mneme_arena_reset(&arena, SIZE_MAX);
        void *row = answer.columns == NULL ? NULL : mneme_arena_calloc(&arena, 1, row_bytes);
        if (row == NULL) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY, "%s: memory is exhausted; ask for fewer rows",
                                     question->what);
            break;
        }
        status = mneme_row_read(row, answer.columns, answer.count, result, i, &arena, error);
        if (status != MNEME_OK) {
            break;
        }
        ++*visited;
        answer.cells = row;
        if (!visit(question->columns == NULL ? (const void *)&answer : row, context)) {
            break;
        }
    }
    mneme_arena_clean_up(&arena);
    mneme_arena_clean_up(&column_arena);
    return status;
}

int mneme_query_rows(PGresult **out, struct mneme_postgres *postgres, const char *what, const char *sql,
                     const struct mneme_pg_params *params, struct mneme_error *error) {
    int status = mneme_pg_query(out, postgres, sql, params, true, error);
    return status == MNEME_OK ? status : explain(postgres, what, status, error);
}

int mneme_query_run(struct mneme_postgres *postgres, const struct mneme_question *question,
                    const struct mneme_pg_params *params, mneme_row_visitor *visit, void *context,
                    size_t *count, struct mneme_error *error) {
    PGresult *result = NULL;
    size_t visited = 0;
    int status = mneme_query_rows(&result, postgres, question->what, question->sql, params, error);
    if (status == MNEME_OK) {
        status = visit_rows(result, question, visit, context, &visited, error);
    }
    if (count != NULL) {
        *count = visited;
    }
    PQclear(result);
    return status;
}

const void *mneme_answer_cell(const struct mneme_answer_row *row, const char *column) {
    for (size_t i = 0; i < row->count; i++) {
        if (strcmp(row->columns[i].name, column) == 0) {
            return row->cells + row->columns[i].offset;
        }
    }
    return NULL;
}

void mneme_query_param_type(struct mneme_pg_params *params, enum mneme_pg_oid type) {
    params->type[params->count - 1] = type;
}

void mneme_query_param_opt_long(struct mneme_pg_params *params, struct mneme_opt_long value) {
    if (value.is_set) {
        mneme_pg_param_long(params, value.value);
    } else {
        mneme_pg_param_str(params, MNEME_STR_NULL);
    }
}

void mneme_query_param_opt_time(struct mneme_pg_params *params, struct mneme_opt_long micros) {
    if (micros.is_set) {
        mneme_pg_param_time(params, micros.value);
    } else {
        mneme_pg_param_str(params, MNEME_STR_NULL);
    }
}

void mneme_query_param_str_array(struct mneme_pg_params *params, struct mneme_str_array items) {
    if (items.is_set) {
        mneme_pg_param_str_array(params, items.items, items.count);
    } else {
        mneme_pg_param_str(params, MNEME_STR_NULL);
    }
}
