/*
 * Reads binary results into structs. The formats are those of each type's send function (PostgreSQL manual,
 * "COPY", "Binary Format", and the types' own).
 */
#include "common/postgres/row.h"

#include <endian.h>

/* 2000-01-01, the epoch of Postgres. */
#define POSTGRES_EPOCH_MICROS INT64_C(946684800000000)
#define ARRAY_HEADER_BYTES 20

static int64_t big_endian(const char *bytes, size_t len) {
    uint64_t value = 0;
    if (len == 0 || len > sizeof value) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | (uint8_t)bytes[i];
    }
    unsigned unused_bits = (unsigned)(8 - len) * 8;
    return (int64_t)(value << unused_bits) >> unused_bits; /* with its sign */
}

static double to_double(struct mneme_str value) {
    uint64_t bits = 0;
    double number;
    memcpy(&bits, value.data, sizeof bits);
    bits = be64toh(bits);
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* A text[] of one dimension without nulls: 5 words of header, then length and bytes of each item. */
static bool read_array(struct mneme_str_array *out, struct mneme_str value, struct mneme_arena *arena) {
    *out = (struct mneme_str_array){.is_set = true};
    if (value.len < ARRAY_HEADER_BYTES) {
        return value.len == 12 && big_endian(value.data, 4) == 0; /* no dimension: empty */
    }
    size_t count = (size_t)big_endian(value.data + 12, 4);
    struct mneme_str *items = mneme_arena_calloc(arena, count + 1, sizeof *items);
    size_t at = ARRAY_HEADER_BYTES;
    if (big_endian(value.data, 4) != 1 || count > value.len || items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (value.len - at < 4) {
            return false;
        }
        int64_t len = big_endian(value.data + at, 4);
        at += 4;
        if (len < 0 || (size_t)len > value.len - at) {
            return false;
        }
        items[i] = (struct mneme_str){value.data + at, (size_t)len};
        at += (size_t)len;
    }
    out->items = items;
    out->count = count;
    return true;
}

static bool read_position(struct mneme_position *out, struct mneme_str value) {
    const char *colon = memchr(value.data, ':', value.len);
    int64_t numbers[2] = {0, 0};
    if (colon == NULL) {
        return false;
    }
    for (const char *at = value.data; at < value.data + value.len; at++) {
        if (at != colon) {
            int64_t *number = &numbers[at > colon];
            *number = *number * 10 + (*at - '0');
        }
    }
    *out = (struct mneme_position){(int32_t)numbers[0], numbers[1]};
    return true;
}

/* False when the value does not have the length of its kind. */
static bool read_value(void *target, enum mneme_row_kind kind, struct mneme_str value, const PGresult *result,
                       int field, struct mneme_arena *arena) {
    switch (kind) {
    case MNEME_ROW_STR:
        *(struct mneme_str *)target = value;
        return true;
    case MNEME_ROW_JSON:
        if (value.len > 0 && PQftype(result, field) == MNEME_PG_OID_JSONB) {
            value.data++; /* the version of the format */
            value.len--;
        }
        *(struct mneme_str *)target = value;
        return true;
    case MNEME_ROW_UUID:
        if (value.len == sizeof(struct mneme_uuid)) {
            memcpy(target, value.data, value.len);
        }
        return value.len == sizeof(struct mneme_uuid);
    case MNEME_ROW_OPT_UUID:
        if (value.len == sizeof(struct mneme_uuid)) {
            struct mneme_opt_uuid *id = target;
            memcpy(&id->value, value.data, value.len);
            id->is_set = true;
        }
        return value.len == sizeof(struct mneme_uuid);
    case MNEME_ROW_LONG:
        *(int64_t *)target = big_endian(value.data, value.len);
        return value.len == 2 || value.len == 4 || value.len == 8;
    case MNEME_ROW_OPT_LONG:
        *(struct mneme_opt_long *)target = (struct mneme_opt_long){big_endian(value.data, value.len), true};
        return value.len == 2 || value.len == 4 || value.len == 8;
    case MNEME_ROW_DOUBLE:
        *(double *)target = value.len == 8 ? to_double(value) : 0;
        return value.len == 8;
    case MNEME_ROW_OPT_DOUBLE:
        *(struct mneme_opt_double *)target =
            (struct mneme_opt_double){value.len == 8 ? to_double(value) : 0, true};
        return value.len == 8;
    case MNEME_ROW_BOOL:
        *(bool *)target = value.len == 1 && value.data[0] != 0;
        return value.len == 1;
    case MNEME_ROW_OPT_BOOL:
        *(struct mneme_opt_bool *)target =
            (struct mneme_opt_bool){value.len == 1 && value.data[0] != 0, true};
        return value.len == 1;
    case MNEME_ROW_TIME:
        *(int64_t *)target = big_endian(value.data, value.len) + POSTGRES_EPOCH_MICROS;
        return value.len == 8;
    case MNEME_ROW_OPT_TIME:
        *(struct mneme_opt_long *)target =
            (struct mneme_opt_long){big_endian(value.data, value.len) + POSTGRES_EPOCH_MICROS, true};
        return value.len == 8;
    case MNEME_ROW_STR_ARRAY:
        return read_array(target, value, arena);
    case MNEME_ROW_POSITION:
        return read_position(target, value);
    }
    return false;
}

bool mneme_row_set_null(void *target, enum mneme_row_kind kind) {
    switch (kind) {
    case MNEME_ROW_STR:
    case MNEME_ROW_JSON:
        *(struct mneme_str *)target = MNEME_STR_NULL;
        return true;
    case MNEME_ROW_OPT_LONG:
    case MNEME_ROW_OPT_TIME:
        *(struct mneme_opt_long *)target = (struct mneme_opt_long){0};
        return true;
    case MNEME_ROW_STR_ARRAY:
        *(struct mneme_str_array *)target = (struct mneme_str_array){0};
        return true;
    case MNEME_ROW_OPT_UUID:
        *(struct mneme_opt_uuid *)target = (struct mneme_opt_uuid){0};
        return true;
    case MNEME_ROW_OPT_DOUBLE:
        *(struct mneme_opt_double *)target = (struct mneme_opt_double){0};
        return true;
    case MNEME_ROW_OPT_BOOL:
        *(struct mneme_opt_bool *)target = (struct mneme_opt_bool){0};
        return true;
    case MNEME_ROW_UUID:
    case MNEME_ROW_LONG:
    case MNEME_ROW_DOUBLE:
    case MNEME_ROW_BOOL:
    case MNEME_ROW_TIME:
    case MNEME_ROW_POSITION:
        return false;
    }
    return false;
}

int mneme_row_read(void *row, const struct mneme_row_column *columns, size_t column_count,
                   const PGresult *result, int index, struct mneme_arena *arena, struct mneme_error *error) {
    bool fits = PQnfields(result) == (int)column_count;
    size_t i = 0;
    for (; fits && i < column_count; i++) {
        void *target = (char *)row + columns[i].offset;
        int field = (int)i;
        struct mneme_str value = {NULL, (size_t)PQgetlength(result, index, field)};
        if (value.len == 0 && PQgetisnull(result, index, field)) {
            fits = mneme_row_set_null(target, columns[i].kind);
            continue;
        }
        value.data = PQgetvalue(result, index, field);
        fits = value.len <= INT32_MAX && read_value(target, columns[i].kind, value, result, field, arena);
    }
    if (!fits) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "cannot read the answer: column %s does not have the type that this program "
                               "expects; run `mneme migrate --check`",
                               i > 0 && i <= column_count ? columns[i - 1].name : "count");
    }
    return MNEME_OK;
}

static const struct {
    Oid type;
    enum mneme_row_kind kind;
} kinds[] = {
    {MNEME_PG_OID_BOOL, MNEME_ROW_OPT_BOOL},     {MNEME_PG_OID_INT8, MNEME_ROW_OPT_LONG},
    {MNEME_PG_OID_INT2, MNEME_ROW_OPT_LONG},     {MNEME_PG_OID_INT4, MNEME_ROW_OPT_LONG},
    {MNEME_PG_OID_FLOAT8, MNEME_ROW_OPT_DOUBLE}, {MNEME_PG_OID_TIMESTAMPTZ, MNEME_ROW_OPT_TIME},
    {MNEME_PG_OID_UUID, MNEME_ROW_OPT_UUID},     {MNEME_PG_OID_JSON, MNEME_ROW_JSON},
    {MNEME_PG_OID_JSONB, MNEME_ROW_JSON},        {MNEME_PG_OID_TEXT_ARRAY, MNEME_ROW_STR_ARRAY},
};

const struct mneme_row_column *mneme_row_columns_of(const PGresult *result, struct mneme_arena *arena) {
    size_t count = (size_t)PQnfields(result);
    struct mneme_row_column *columns = mneme_arena_calloc(arena, count + 1, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < count; i++) {
        columns[i] =
            (struct mneme_row_column){PQfname(result, (int)i), MNEME_ROW_STR, i * MNEME_ROW_CELL_BYTES};
        for (size_t j = 0; j < sizeof kinds / sizeof *kinds; j++) {
            if (kinds[j].type == PQftype(result, (int)i)) {
                columns[i].kind = kinds[j].kind;
            }
        }
    }
    return columns;
}
