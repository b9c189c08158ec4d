/*
 * Both sides are binary COPYs. Keys compare as their columns' bytes in network order do: ids and texts (in
 * the collation "C") unsigned, numbers and times with their sign, so that the order is the server's.
 */
#include "consumers/store/rebuild/compare_tables.h"

#include <endian.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "sql/embedded.h"

#define MAX_KEY_COLUMNS 8
#define SIGNATURE_BYTES 11 /* what a binary COPY begins with, before the flags and the extension */
#define HASH_BYTES 16
#define PG_EPOCH_MICROS INT64_C(946684800000000) /* 2000-01-01 */

struct field {
    const char *data;
    int32_t len; /* -1: NULL */
};

/* One of the two streams of rows. */
struct side {
    struct mneme_postgres *postgres;
    char *message; /* of libpq; the fields point into it */
    bool is_copying, has_begun, is_at_end;
    struct field fields[MAX_KEY_COLUMNS + 1]; /* the key's and the hash */
    int64_t rows;
};

static int malformed(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_INTERNAL,
                           "the tables were not compared: Postgres sent rows in an unexpected form");
}

static uint16_t read_short(const char *at) {
    uint16_t wire;
    memcpy(&wire, at, sizeof wire);
    return be16toh(wire);
}

static uint32_t read_word(const char *at) {
    uint32_t wire;
    memcpy(&wire, at, sizeof wire);
    return be32toh(wire);
}

/* Divides a row into its fields; a row that ends the COPY sets is_at_end. */
static int take_row(struct side *side, const char *at, size_t left, size_t columns,
                    struct mneme_error *error) {
    if (left < 2) {
        return malformed(error);
    }
    uint16_t count = read_short(at);
    at += 2;
    left -= 2;
    if (count == UINT16_MAX) {
        side->is_at_end = true;
        return MNEME_OK;
    }
    if (count != columns) {
        return malformed(error);
    }
    for (size_t i = 0; i < columns; i++) {
        if (left < 4) {
            return malformed(error);
        }
        int32_t len = (int32_t)read_word(at);
        at += 4;
        left -= 4;
        size_t bytes = len < 0 ? 0 : (size_t)len;
        if (left < bytes) {
            return malformed(error);
        }
        side->fields[i] = (struct field){at, len};
        at += bytes;
        left -= bytes;
    }
    side->rows++;
    return MNEME_OK;
}

/* The side's next row. */
static int next(struct side *side, size_t columns, struct mneme_error *error) {
    PQfreemem(side->message);
    side->message = NULL;
    size_t left = 0;
    int status = mneme_pg_copy_out_next(&side->message, &left, side->postgres, error);
    if (status != MNEME_OK || side->message == NULL) {
        side->is_at_end = true;
        return status;
    }
    const char *at = side->message;
    if (!side->has_begun) {
        size_t header = SIGNATURE_BYTES + 8;
        if (left < header || left - header < read_word(at + SIGNATURE_BYTES + 4)) {
            return malformed(error);
        }
        header += read_word(at + SIGNATURE_BYTES + 4);
        at += header;
        left -= header;
        side->has_begun = true;
    }
    return take_row(side, at, left, columns, error);
}

static int end_side(struct side *side, struct mneme_error *error) {
    PQfreemem(side->message);
    side->message = NULL;
    return side->is_copying ? mneme_pg_copy_out_end(side->postgres, error) : MNEME_OK;
}

static int compare_bytes(struct field a, struct field b) {
    size_t common = (size_t)(a.len < b.len ? a.len : b.len);
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int64_t number_of(struct field field) {
    int64_t number = 0;
    uint64_t wire;
    switch (field.len) {
    case 2:
        return (int16_t)read_short(field.data);
    case 4:
        return (int32_t)read_word(field.data);
    case 8:
        memcpy(&wire, field.data, sizeof wire);
        number = (int64_t)be64toh(wire);
        break;
    default:
        break;
    }
    return number;
}

static int compare_keys(const struct side *a, const struct side *b, const char *kinds) {
    int order = 0;
    for (size_t i = 0; order == 0 && kinds[i] != '\0'; i++) {
        if (kinds[i] == 'n' || kinds[i] == 'm') {
            int64_t left = number_of(a->fields[i]);
            int64_t right = number_of(b->fields[i]);
            order = (left > right) - (left < right);
        } else {
            order = compare_bytes(a->fields[i], b->fields[i]);
        }
    }
    return order;
}

static void put_field(struct mneme_buffer *out, struct field field, char kind) {
    char text[64];
    struct mneme_uuid id;
    if (kind == 'u' && field.len == (int32_t)sizeof id.bytes) {
        memcpy(id.bytes, field.data, sizeof id.bytes);
        mneme_uuid_format(id, text);
        mneme_buffer_append(out, text, MNEME_UUID_TEXT_BYTES);
    } else if (kind == 'm') {
        mneme_clock_format_rfc3339(number_of(field) + PG_EPOCH_MICROS, text);
        mneme_buffer_printf(out, "%s", text);
    } else if (kind == 'n') {
        mneme_buffer_printf(out, "%lld", (long long)number_of(field));
    } else {
        mneme_buffer_append(out, field.data, (size_t)(field.len < 0 ? 0 : field.len));
    }
}

/* Counts a row that differs, and keeps the first keys. */
static void note(struct mneme_rebuild_table_difference *table, enum mneme_difference kind,
                 const struct side *side, const char *kinds) {
    if (table->counts[kind]++ >= MNEME_DIFFERENCE_KEYS) {
        return;
    }
    struct mneme_buffer *keys = &table->keys[kind];
    if (keys->len > 0) {
        mneme_buffer_append_byte(keys, '\n');
    }
    for (size_t i = 0; kinds[i] != '\0'; i++) {
        mneme_buffer_printf(keys, "%s", i > 0 ? "/" : "");
        put_field(keys, side->fields[i], kinds[i]);
    }
}

static int merge(struct mneme_rebuild_table_difference *table, struct side *live, struct side *scratch,
                 const char *kinds, struct mneme_error *error) {
    size_t columns = strlen(kinds) + 1;
    int status = next(live, columns, error);
    if (status == MNEME_OK) {
        status = next(scratch, columns, error);
    }
    while (status == MNEME_OK && !(live->is_at_end && scratch->is_at_end)) {
        int order = live->is_at_end ? 1 : scratch->is_at_end ? -1 : compare_keys(live, scratch, kinds);
        if (order < 0) {
            note(table, MNEME_REBUILD_ROW_EXTRA, live, kinds);
        } else if (order > 0) {
            note(table, MNEME_REBUILD_ROW_MISSING, scratch, kinds);
        } else if (compare_bytes(live->fields[columns - 1], scratch->fields[columns - 1]) != 0) {
            note(table, MNEME_REBUILD_ROW_DIFFERENT, live, kinds);
        }
        if (order <= 0) {
            status = next(live, columns, error);
        }
        if (status == MNEME_OK && order >= 0) {
            status = next(scratch, columns, error);
        }
    }
    return status;
}

static int compare_table(struct mneme_rebuild_table_difference *table, struct mneme_scratch *scratch,
                         struct mneme_postgres *live, const char *const *statements, const char *kinds,
                         struct mneme_error *error) {
    struct side left = {.postgres = live};
    struct side right = {.postgres = scratch->postgres};
    if (*kinds == '\0' || strlen(kinds) > MAX_KEY_COLUMNS) {
        return mneme_error_set(error, MNEME_E_INTERNAL, "table %s was not compared: its key has %zu columns",
                               table->table, strlen(kinds));
    }
    int status = mneme_pg_copy_out_begin(live, statements[0], error);
    left.is_copying = status == MNEME_OK;
    if (status == MNEME_OK) {
        status = mneme_pg_copy_out_begin(scratch->postgres, statements[1], error);
        right.is_copying = status == MNEME_OK;
    }
    if (status == MNEME_OK) {
        status = merge(table, &left, &right, kinds, error);
    }
    struct mneme_error later = {0};
    int ended = end_side(&left, &later);
    ended = ended == MNEME_OK ? end_side(&right, &later) : ended;
    table->rows = left.rows;
    table->log_rows = right.rows;
    return status != MNEME_OK || ended == MNEME_OK ? status
                                                   : mneme_error_set(error, later.code, "%s", later.message);
}

int mneme_store_compare_tables(int64_t *differences, struct mneme_scratch *scratch,
                               struct mneme_postgres *live,
                               void (*visit)(void *context,
                                             const struct mneme_rebuild_table_difference *table),
                               void *context, struct mneme_error *error) {
    PGresult *tables = NULL;
    *differences = 0;
    int status = mneme_pg_query(&tables, scratch->postgres, mneme_sql_compare_tables, NULL, false, error);
    for (int i = 0; status == MNEME_OK && i < PQntuples(tables); i++) {
        struct mneme_rebuild_table_difference table = {.table = PQgetvalue(tables, i, 0)};
        const char *statements[] = {PQgetvalue(tables, i, 2), PQgetvalue(tables, i, 3)};
        status = compare_table(&table, scratch, live, statements, PQgetvalue(tables, i, 1), error);
        if (status == MNEME_OK) {
            visit(context, &table);
        }
        for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
            *differences += table.counts[kind];
            mneme_buffer_clean_up(&table.keys[kind]);
        }
    }
    PQclear(tables);
    return status;
}
