/*
 * Rows of a result as C structs. Each query has one table of columns, in the order of its select list, for
 * both reading a row and writing it as JSON.
 */
#ifndef MNEME_COMMON_POSTGRES_ROW_H
#define MNEME_COMMON_POSTGRES_ROW_H

#include <endian.h>
#include <libpq-fe.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/json/write.h"
#include "common/postgres/oids.h"

/* The type of a column in the row's struct. */
enum mneme_row_kind {
    MNEME_ROW_STR,        /* struct mneme_str, null for NULL; text and enums */
    MNEME_ROW_JSON,       /* struct mneme_str that holds JSON; null for NULL; json and jsonb */
    MNEME_ROW_UUID,       /* struct mneme_uuid */
    MNEME_ROW_OPT_UUID,   /* struct mneme_opt_uuid */
    MNEME_ROW_LONG,       /* int64_t; smallint to bigint */
    MNEME_ROW_OPT_LONG,   /* struct mneme_opt_long */
    MNEME_ROW_DOUBLE,     /* double */
    MNEME_ROW_OPT_DOUBLE, /* struct mneme_opt_double */
    MNEME_ROW_BOOL,       /* bool */
    MNEME_ROW_OPT_BOOL,   /* struct mneme_opt_bool */
    MNEME_ROW_TIME,       /* int64_t microseconds */
    MNEME_ROW_OPT_TIME,   /* struct mneme_opt_long of microseconds */
    MNEME_ROW_STR_ARRAY,  /* struct mneme_str_array */
    MNEME_ROW_POSITION,   /* struct mneme_position from bytes of the text "partition:offset" */
};

struct mneme_row_column {
    const char *name; /* in JSON */
    enum mneme_row_kind kind;
    size_t offset; /* within the row's struct */
};

/* Fills a row's struct from row `index` of a binary result. Strings point into the result, arrays are in the
 * arena. MNEME_E_INTERNAL when the result does not have these columns. */
int mneme_row_read(void *row, const struct mneme_row_column *columns, size_t column_count,
                   const PGresult *result, int index, struct mneme_arena *arena, struct mneme_error *error);

/* A bigint of a binary result that is not null. */
static inline int64_t mneme_pg_get_long(const PGresult *rows, int row, int column) {
    uint64_t wire;
    memcpy(&wire, PQgetvalue(rows, row, column), sizeof wire);
    return (int64_t)be64toh(wire);
}

/* A double precision of a binary result that is not null. */
static inline double mneme_pg_get_double(const PGresult *rows, int row, int column) {
    int64_t bits = mneme_pg_get_long(rows, row, column);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The result's own columns, in the arena: each can hold NULL, and takes MNEME_ROW_CELL_BYTES of the struct.
 * NULL when memory is exhausted. */
#define MNEME_ROW_CELL_BYTES 32
const struct mneme_row_column *mneme_row_columns_of(const PGresult *result, struct mneme_arena *arena);

/* The members of a JSON object, without its braces, so that a caller may add its own. */
void mneme_row_json(const void *row, const struct mneme_row_column *columns, size_t column_count,
                    struct mneme_json_writer *json);

/* Fills a row's struct from an object that mneme_row_json wrote for the same columns: the same members in the
 * same order. Strings point into `json` or are in the arena. False for anything else, or when memory is
 * exhausted. */
bool mneme_row_parse(void *row, const struct mneme_row_column *columns, size_t column_count,
                     struct mneme_str json, struct mneme_arena *arena);

/* Fills one value of the kind from JSON as mneme_row_json writes it, or null. Strings point into `value` or
 * are in the arena. False for anything else, or when memory is exhausted. */
bool mneme_row_parse_value(void *target, enum mneme_row_kind kind, struct mneme_str value,
                           struct mneme_arena *arena);

/* Sets a value of the kind to NULL; false for a kind that cannot be NULL. */
bool mneme_row_set_null(void *target, enum mneme_row_kind kind);

/* Called for each row; the row and all it points to are valid only during the call. False ends the visit. */
typedef bool mneme_row_visitor(const void *row, void *context);

#endif
