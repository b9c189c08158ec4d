/*
 * Binary COPY: the fields of a row, and the stream of rows. The Postgres manual defines the format in its
 * chapter on COPY: a header, rows of counted fields, a trailer.
 */
#include <stdlib.h>

#include "common/postgres/postgres.h"
#include "common/postgres/session.h"
#include "common/postgres/wire.h"

/* Postgres counts microseconds from 2000-01-01. */
#define POSTGRES_EPOCH_MICROS INT64_C(946684800000000)
#define JSONB_VERSION 1

static const char copy_header[] = "PGCOPY\n\377\r\n\0"
                                  "\0\0\0\0"  /* no flags */
                                  "\0\0\0\0"; /* no extension */

int mneme_pg_copy_begin(struct mneme_postgres *postgres, const char *copy_sql, struct mneme_buffer *rows,
                        struct mneme_error *error) {
    PGresult *result = mneme_pg_exec(postgres, copy_sql);
    int status = MNEME_OK;
    if (PQresultStatus(result) == PGRES_COPY_IN) {
        mneme_buffer_clear(rows);
        mneme_buffer_append(rows, copy_header, sizeof copy_header - 1);
    } else {
        status = mneme_pg_failed(postgres, result, error);
    }
    PQclear(result);
    return status;
}

/* Takes the connection out of COPY and returns the server's result. */
static int finish_copy(struct mneme_postgres *postgres, const char *cancel_reason, int64_t *row_count,
                       struct mneme_error *error) {
    int status = MNEME_OK;
    if (PQputCopyEnd(postgres->connection, cancel_reason) != 1) {
        status = mneme_pg_failed(postgres, NULL, error);
    }
    for (PGresult *result = PQgetResult(postgres->connection); result != NULL;
         result = PQgetResult(postgres->connection)) {
        ExecStatusType kind = PQresultStatus(result);
        if (kind == PGRES_COMMAND_OK && row_count != NULL) {
            *row_count = strtoll(PQcmdTuples(result), NULL, 10);
        } else if (kind != PGRES_COMMAND_OK && status == MNEME_OK) {
            status = mneme_pg_failed(postgres, result, error);
        }
        PQclear(result);
        if (kind == PGRES_COPY_IN) {
            break; /* the connection broke during the COPY, so it has no end */
        }
    }
    return status;
}

int mneme_pg_copy_flush(struct mneme_postgres *postgres, struct mneme_buffer *rows,
                        struct mneme_error *error) {
    if (rows->failed) {
        /* The error of the cancelled COPY is expected; the reason for the cancel is reported instead. */
        (void)finish_copy(postgres, "out of memory", NULL, NULL);
        postgres->sqlstate[0] = '\0';
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot build rows for COPY: out of memory; free some memory");
    }
    bool is_sent = true;
    size_t sent = 0;
    while (sent < rows->len && is_sent) {
        size_t left = rows->len - sent;
        int chunk = left > INT32_MAX / 2 ? INT32_MAX / 2 : (int)left;
        is_sent = PQputCopyData(postgres->connection, rows->data + sent, chunk) == 1;
        sent += (size_t)chunk;
    }
    mneme_buffer_clear(rows);
    if (!is_sent) {
        int status = finish_copy(postgres, "the connection broke", NULL, error);
        return status == MNEME_OK ? mneme_pg_failed(postgres, NULL, error) : status;
    }
    return MNEME_OK;
}

int mneme_pg_copy_end(struct mneme_postgres *postgres, struct mneme_buffer *rows, int64_t *row_count,
                      struct mneme_error *error) {
    mneme_pg_wire_16(rows, -1);
    int status = mneme_pg_copy_flush(postgres, rows, error);
    return status == MNEME_OK ? finish_copy(postgres, NULL, row_count, error) : status;
}

int mneme_pg_copy_out_begin(struct mneme_postgres *postgres, const char *copy_sql,
                            struct mneme_error *error) {
    PGresult *result = mneme_pg_exec(postgres, copy_sql);
    int status =
        PQresultStatus(result) == PGRES_COPY_OUT ? MNEME_OK : mneme_pg_failed(postgres, result, error);
    PQclear(result);
    return status;
}

int mneme_pg_copy_out_next(char **message, size_t *len, struct mneme_postgres *postgres,
                           struct mneme_error *error) {
    *message = NULL;
    int got = PQgetCopyData(postgres->connection, message, 0);
    *len = got > 0 ? (size_t)got : 0;
    return got >= -1 ? MNEME_OK : mneme_pg_failed(postgres, NULL, error);
}

int mneme_pg_copy_out_end(struct mneme_postgres *postgres, struct mneme_error *error) {
    char *message = NULL;
    while (PQgetCopyData(postgres->connection, &message, 0) > 0) {
        PQfreemem(message);
        message = NULL;
    }
    int status = MNEME_OK;
    for (PGresult *result = PQgetResult(postgres->connection); result != NULL;
         result = PQgetResult(postgres->connection)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && status == MNEME_OK) {
            status = mneme_pg_failed(postgres, result, error);
        }
        PQclear(result);
    }
    return status;
}

void mneme_copy_row(struct mneme_buffer *rows, int16_t columns) {
    mneme_pg_wire_16(rows, columns);
}

void mneme_copy_null(struct mneme_buffer *rows) {
    mneme_pg_wire_32(rows, -1);
}

void mneme_copy_str(struct mneme_buffer *rows, struct mneme_str text) {
    mneme_pg_wire_value(rows, text);
}

size_t mneme_copy_begin_field(struct mneme_buffer *rows) {
    mneme_pg_wire_32(rows, 0);
    return rows->len;
}

void mneme_copy_end_field(struct mneme_buffer *rows, size_t start) {
    if (!rows->failed) {
        uint32_t length = htobe32((uint32_t)(rows->len - start));
        memcpy(rows->data + start - sizeof length, &length, sizeof length);
    }
}

size_t mneme_copy_begin_jsonb(struct mneme_buffer *rows) {
    size_t start = mneme_copy_begin_field(rows);
    mneme_buffer_append_byte(rows, JSONB_VERSION);
    return start;
}

void mneme_copy_jsonb(struct mneme_buffer *rows, struct mneme_str json) {
    if (json.data == NULL) {
        mneme_copy_null(rows);
        return;
    }
    mneme_pg_wire_32(rows, (int32_t)json.len + 1);
    mneme_buffer_append_byte(rows, JSONB_VERSION);
    mneme_buffer_append_str(rows, json);
}

void mneme_copy_int(struct mneme_buffer *rows, int32_t value) {
    mneme_pg_wire_32(rows, sizeof value);
    mneme_pg_wire_32(rows, value);
}

void mneme_copy_long(struct mneme_buffer *rows, int64_t value) {
    mneme_pg_wire_32(rows, sizeof value);
    mneme_pg_wire_64(rows, value);
}

void mneme_copy_double(struct mneme_buffer *rows, double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    mneme_copy_long(rows, bits);
}

void mneme_copy_bool(struct mneme_buffer *rows, bool value) {
    mneme_pg_wire_32(rows, 1);
    mneme_buffer_append_byte(rows, value ? 1 : 0);
}

void mneme_copy_uuid(struct mneme_buffer *rows, struct mneme_uuid value) {
    mneme_pg_wire_value(rows, (struct mneme_str){(const char *)value.bytes, sizeof value.bytes});
}

void mneme_copy_time(struct mneme_buffer *rows, int64_t micros) {
    mneme_copy_long(rows, micros - POSTGRES_EPOCH_MICROS);
}

void mneme_copy_bytes(struct mneme_buffer *rows, struct mneme_str bytes) {
    mneme_pg_wire_value(rows, bytes);
}

void mneme_copy_str_array(struct mneme_buffer *rows, const struct mneme_str *items, size_t count) {
    size_t start = mneme_copy_begin_field(rows);
    mneme_pg_wire_array(rows, MNEME_PG_OID_TEXT, count);
    for (size_t i = 0; i < count; i++) {
        mneme_pg_wire_value(rows, items[i]);
    }
    mneme_copy_end_field(rows, start);
}
