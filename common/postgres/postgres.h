/*
 * A wrapper over libpq: connecting, statements with binary or text parameters, binary COPY, and what an
 * SQLSTATE means for a retry. A connection belongs to one thread at a time.
 */
#ifndef MNEME_COMMON_POSTGRES_POSTGRES_H
#define MNEME_COMMON_POSTGRES_POSTGRES_H

#include <libpq-fe.h>

#include "common/base/buffer.h"
#include "common/base/cancel.h"
#include "common/base/error.h"
#include "common/base/types.h"
#include "common/config/config.h"

struct mneme_postgres; /* remembers its settings, can reconnect */

/* What to do after a failed statement. */
enum mneme_pg_verdict {
    MNEME_PG_RETRY,    /* connection lost, server starting or stopping, deadlock, serialization, resources */
    MNEME_PG_BAD_DATA, /* this input can never be stored (classes 21, 22, 23 and 54) */
    MNEME_PG_FATAL,    /* schema or rights are wrong: a person must act */
};

/* The table of SQLSTATEs; NULL or "" (no answer from the server) is RETRY. */
enum mneme_pg_verdict mneme_pg_classify(const char *sqlstate);

/* Creates the object and connects, with application_name `purpose`, search_path = the schema of the settings,
 * UTC, UTF8. MNEME_E_UNAVAILABLE when the server cannot be reached, MNEME_E_DENIED for wrong credentials. */
int mneme_pg_connect(struct mneme_postgres **out, const struct mneme_config *config, const char *purpose,
                     struct mneme_error *error);
void mneme_pg_close(struct mneme_postgres *postgres);

/* Rolls back an open transaction and releases the session's advisory locks. To be called right before the
 * close: the server notices the end of a session only later, and would refuse the locks to others until then.
 * NULL and a lost connection are allowed. */
void mneme_pg_unlock(struct mneme_postgres *postgres);

/* The schema whose tables come first; owned by the connection. */
const char *mneme_pg_own_schema(const struct mneme_postgres *postgres);

/* Reconnects after a loss (session state is lost); cheap when the connection is healthy. */
int mneme_pg_ensure(struct mneme_postgres *postgres, struct mneme_error *error);

/* The libpq connection, for pipelines and notifications; borrowed. */
PGconn *mneme_pg_raw(struct mneme_postgres *postgres);

/* SQLSTATE of the last failure, "" when the server did not answer. */
const char *mneme_pg_sqlstate(const struct mneme_postgres *postgres);

/* A parameter list under construction; zero-initialise before use. Text format unless noted. Slices are
 * copied into `bytes`. */
#define MNEME_PG_MAX_PARAMS 128
struct mneme_pg_params {
    struct mneme_buffer bytes;
    size_t offset[MNEME_PG_MAX_PARAMS]; /* SIZE_MAX: null */
    int length[MNEME_PG_MAX_PARAMS];
    int format[MNEME_PG_MAX_PARAMS];
    Oid type[MNEME_PG_MAX_PARAMS]; /* 0: let the server infer it */
    int count;
    bool has_nul;        /* a text contains a NUL: the statement will be refused */
    bool wants_own_plan; /* set by the caller: the statement is planned for these values, never prepared */
};
void mneme_pg_params_clear(struct mneme_pg_params *params);
void mneme_pg_params_clean_up(struct mneme_pg_params *params);
void mneme_pg_param_str(struct mneme_pg_params *params, struct mneme_str text); /* null slice: NULL */
void mneme_pg_param_long(struct mneme_pg_params *params, int64_t value);
void mneme_pg_param_double(struct mneme_pg_params *params, double value);
void mneme_pg_param_bool(struct mneme_pg_params *params, bool value);
void mneme_pg_param_uuid(struct mneme_pg_params *params, struct mneme_uuid value);
void mneme_pg_param_time(struct mneme_pg_params *params, int64_t micros);
/* Binary arrays, for `= ANY($1)` and unnest($1, $2 …): one parameter each. */
void mneme_pg_param_str_array(struct mneme_pg_params *params, const struct mneme_str *items, size_t count);
void mneme_pg_param_bytes_array(struct mneme_pg_params *params, const struct mneme_str *items, size_t count);
void mneme_pg_param_uuid_array(struct mneme_pg_params *params, const struct mneme_uuid *items, size_t count);
void mneme_pg_param_long_array(struct mneme_pg_params *params, const int64_t *items, size_t count);
void mneme_pg_param_float_array(struct mneme_pg_params *params, const float *items, size_t count);

/* Runs one statement and returns its result (text format unless `binary`), which the caller frees with
 * PQclear. `params` may be NULL; `out` may be NULL when rows are of no interest. Statements with parameters
 * are prepared once per connection and text. Errors follow the table of SQLSTATEs; an open transaction stays
 * open.
 */
int mneme_pg_query(PGresult **out, struct mneme_postgres *postgres, const char *sql,
                   const struct mneme_pg_params *params, bool binary, struct mneme_error *error);

/* Sends a statement and does not wait: the caller polls mneme_pg_raw for its result, in text format.
 * MNEME_E_UNAVAILABLE when it could not be sent. */
int mneme_pg_send(struct mneme_postgres *postgres, const char *sql, const struct mneme_pg_params *params,
                  struct mneme_error *error);

/* From now on, the cancel ends statements of mneme_pg_query, with MNEME_E_TIMEOUT; NULL: nothing does. It
 * must live as long as it is set. Behind a pooler that shares sessions, statements cannot be cancelled. */
void mneme_pg_set_cancel(struct mneme_postgres *postgres, const struct mneme_cancel *cancel);

/* Settings of the session: "SET name = value; SET …". Behind a pooler that shares sessions, each transaction
 * gets them. They are lost when mneme_pg_ensure reconnects. */
int mneme_pg_set(struct mneme_postgres *postgres, const char *settings_sql, struct mneme_error *error);

/* Whether DATABASE_URL leads to a pooler that may give each transaction another session: then there is no
 * session state, no session lock, no LISTEN, and settings only by mneme_pg_set. */
bool mneme_pg_is_pooled(const struct mneme_postgres *postgres);

/* MNEME_E_USAGE behind such a pooler, with what to do; `what` says what failed. */
int mneme_pg_require_session(struct mneme_postgres *postgres, const char *what, struct mneme_error *error);

/* Several statements without parameters or results, in one round trip. */
int mneme_pg_run(struct mneme_postgres *postgres, const char *sql, struct mneme_error *error);

#define MNEME_PG_MAX_CALLS 128 /* of one pipeline; callers with a variable number assert that it fits */

/* One statement of a pipeline, as for mneme_pg_query; `params` may be NULL. */
struct mneme_pg_call {
    const char *sql;
    const struct mneme_pg_params *params;
};

/* Runs the statements in order in one round trip and returns their results in binary format; the caller frees
 * each with PQclear. `results` may be NULL. After the first failure, the rest are not run: its error is
 * returned, and no results are. An open transaction stays open. */
int mneme_pg_pipeline(PGresult **results, struct mneme_postgres *postgres, const struct mneme_pg_call *calls,
                      size_t count, struct mneme_error *error);

/* Binary COPY … FROM STDIN. The row bytes are built in a buffer by the writers below; `flush` whenever it
 * holds some hundred kilobytes. When flush or end fails, the COPY is over. mneme_pg_ensure ends an unfinished
 * COPY by reconnecting. */
int mneme_pg_copy_begin(struct mneme_postgres *postgres, const char *copy_sql, struct mneme_buffer *rows,
                        struct mneme_error *error);
int mneme_pg_copy_flush(struct mneme_postgres *postgres, struct mneme_buffer *rows,
                        struct mneme_error *error);
int mneme_pg_copy_end(struct mneme_postgres *postgres, struct mneme_buffer *rows, int64_t *row_count,
                      struct mneme_error *error);

/* Flushes when enough has accumulated for a system call; to be called after each row. */
#define MNEME_PG_COPY_FLUSH_BYTES ((size_t)128 * 1024)
static inline int mneme_pg_copy_flush_full(struct mneme_postgres *postgres, struct mneme_buffer *rows,
                                           struct mneme_error *error) {
    return rows->len < MNEME_PG_COPY_FLUSH_BYTES ? MNEME_OK : mneme_pg_copy_flush(postgres, rows, error);
}

/* COPY … TO STDOUT, message by message. `next` returns one message, NULL at the end; the caller frees it with
 * PQfreemem. `end` must follow a successful begin, also after a failure or when not everything was read. */
int mneme_pg_copy_out_begin(struct mneme_postgres *postgres, const char *copy_sql, struct mneme_error *error);
int mneme_pg_copy_out_next(char **message, size_t *len, struct mneme_postgres *postgres,
                           struct mneme_error *error);
int mneme_pg_copy_out_end(struct mneme_postgres *postgres, struct mneme_error *error);

/* Fields of the binary COPY format (PostgreSQL manual, COPY, "Binary Format"). */
void mneme_copy_row(struct mneme_buffer *rows, int16_t columns);
void mneme_copy_null(struct mneme_buffer *rows);
void mneme_copy_str(struct mneme_buffer *rows,
                    struct mneme_str text); /* text, varchar, enum; null slice: NULL */
void mneme_copy_jsonb(struct mneme_buffer *rows, struct mneme_str json);
/* A field whose length is not known yet: returns its position, to be passed at its end. */
size_t mneme_copy_begin_field(
    struct mneme_buffer *rows); /* bytes appended from here on belong to it, until its end */
size_t mneme_copy_begin_jsonb(struct mneme_buffer *rows);
void mneme_copy_end_field(struct mneme_buffer *rows, size_t start);
void mneme_copy_int(struct mneme_buffer *rows, int32_t value);
void mneme_copy_long(struct mneme_buffer *rows, int64_t value);
void mneme_copy_double(struct mneme_buffer *rows, double value);
void mneme_copy_bool(struct mneme_buffer *rows, bool value);
void mneme_copy_uuid(struct mneme_buffer *rows, struct mneme_uuid value);
void mneme_copy_time(struct mneme_buffer *rows, int64_t micros);          /* timestamptz */
void mneme_copy_bytes(struct mneme_buffer *rows, struct mneme_str bytes); /* bytea */
void mneme_copy_str_array(struct mneme_buffer *rows, const struct mneme_str *items,
                          size_t count); /* text[] */

#endif
