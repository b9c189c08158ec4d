/*
 * What all queries share: their connection, running one, and the limits of lists.
 */
#ifndef MNEME_QUERIES_QUESTION_H
#define MNEME_QUERIES_QUESTION_H

#include "common/base/cancel.h"
#include "common/postgres/pool.h"
#include "common/postgres/row.h"

#define MNEME_QUERY_DEFAULT_LIMIT 100
#define MNEME_QUERY_MAX_LIMIT 10000

/* One query: its statement and the form of its rows. */
struct mneme_question {
    const char *what; /* for errors, such as "memories were not listed" */
    const char *sql;
    const struct mneme_row_column
        *columns; /* NULL: the columns of the answer; the visitor gets a struct mneme_answer_row */
    size_t column_count;
    size_t row_bytes;
};

/* A row with the columns of the answer. */
struct mneme_answer_row {
    const struct mneme_row_column *columns;
    size_t count;
    const char *cells; /* each column's value is at its offset */
};

/* Where the column's value is; NULL when the answer has no column of that name. */
const void *mneme_answer_cell(const struct mneme_answer_row *row, const char *column);

/* A connection to the schemas of all projections. Like mneme_pg_connect; unlike the next one it may write. */
int mneme_query_dial(struct mneme_postgres **out, const struct mneme_config *config, const char *purpose,
                     struct mneme_error *error);

/* A read-only connection for queries. Like mneme_pg_connect. */
int mneme_query_connect(struct mneme_postgres **out, const struct mneme_config *config, const char *purpose,
                        struct mneme_error *error);

/* A connection from the pool, which the caller must return. Like mneme_pg_pool_borrow. */
int mneme_query_borrow(struct mneme_postgres **out, struct mneme_pg_pool *pool,
                       const struct mneme_pg_pool_wait *wait, struct mneme_error *error);

/* Runs the query and returns its rows in binary; the caller must PQclear *out. `what` begins the error
 * sentence. If the database has no tables, fails with MNEME_E_UNAVAILABLE and names `mneme migrate`. */
int mneme_query_rows(PGresult **out, struct mneme_postgres *postgres, const char *what, const char *sql,
                     const struct mneme_pg_params *params, struct mneme_error *error);

/* Runs the query and visits each row. *count (may be NULL) is the number of rows visited. Fails like
 * mneme_query_rows. */
int mneme_query_run(struct mneme_postgres *postgres, const struct mneme_question *question,
                    const struct mneme_pg_params *params, mneme_row_visitor *visit, void *context,
                    size_t *count, struct mneme_error *error);

/* Sets the type of the parameter that was added last; a statement need not use a typed parameter. */
void mneme_query_param_type(struct mneme_pg_params *params, enum mneme_pg_oid type);

/* Adds a number that may be absent. */
void mneme_query_param_opt_long(struct mneme_pg_params *params, struct mneme_opt_long value);
void mneme_query_param_opt_time(struct mneme_pg_params *params, struct mneme_opt_long micros);
void mneme_query_param_str_array(struct mneme_pg_params *params,
                                 struct mneme_str_array items); /* unset: NULL */

/* How a caller limits a wait. */
struct mneme_query_wait {
    int64_t timeout_ms;
    const struct mneme_cancel *cancel; /* may be NULL */
};

#endif
