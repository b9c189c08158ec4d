/*
 * Converts rows to JSON objects and back: one member for each column, in order.
 */
#include "common/base/clock.h"
#include "common/base/position.h"
#include "common/base/uuid.h"
#include "common/json/read.h"
#include "common/postgres/row.h"

static void write_array(const struct mneme_str_array *array, struct mneme_json_writer *json) {
    if (!array->is_set) {
        mneme_json_null(json);
        return;
    }
    mneme_json_begin_array(json);
    for (size_t i = 0; i < array->count; i++) {
        mneme_json_string(json, array->items[i]);
    }
    mneme_json_end_array(json);
}

static void write_value(const void *value, enum mneme_row_kind kind, struct mneme_json_writer *json) {
    const struct mneme_opt_long *optional = value;
    const struct mneme_opt_uuid *id = value;
    const struct mneme_opt_double *number = value;
    const struct mneme_opt_bool *truth = value;
    switch (kind) {
    case MNEME_ROW_STR:
        mneme_json_string(json, *(const struct mneme_str *)value);
        break;
    case MNEME_ROW_JSON:
        mneme_json_raw(json, *(const struct mneme_str *)value);
        break;
    case MNEME_ROW_UUID:
        mneme_json_uuid(json, *(const struct mneme_uuid *)value);
        break;
    case MNEME_ROW_LONG:
        mneme_json_long(json, *(const int64_t *)value);
        break;
    case MNEME_ROW_DOUBLE:
        mneme_json_double(json, *(const double *)value);
        break;
    case MNEME_ROW_BOOL:
        mneme_json_bool(json, *(const bool *)value);
        break;
    case MNEME_ROW_OPT_UUID:
        id->is_set ? mneme_json_uuid(json, id->value) : mneme_json_null(json);
        break;
    case MNEME_ROW_OPT_DOUBLE:
        number->is_set ? mneme_json_double(json, number->value) : mneme_json_null(json);
        break;
    case MNEME_ROW_OPT_BOOL:
        truth->is_set ? mneme_json_bool(json, truth->value) : mneme_json_null(json);
        break;
    case MNEME_ROW_TIME:
        mneme_json_time(json, *(const int64_t *)value);
        break;
    case MNEME_ROW_OPT_LONG:
    case MNEME_ROW_OPT_TIME:
        if (!optional->is_set) {
            mneme_json_null(json);
        } else if (kind == MNEME_ROW_OPT_LONG) {
            mneme_json_long(json, optional->value);
        } else {
            mneme_json_time(json, optional->value);
        }
        break;
    case MNEME_ROW_STR_ARRAY:
        write_array(value, json);
        break;
    case MNEME_ROW_POSITION:
        mneme_json_position(json, *(const struct mneme_position *)value);
        break;
    }
}

void mneme_row_json(const void *row, const struct mneme_row_column *columns, size_t column_count,
                    struct mneme_json_writer *json) {
    for (size_t i = 0; i < column_count; i++) {
        mneme_json_key(json, mneme_str_from(columns[i].name));
        write_value((const char *)row + columns[i].offset, columns[i].kind, json);
    }
}

static bool parse_array(struct mneme_str_array *out, struct mneme_str value, struct mneme_arena *arena) {
    struct mneme_json_reader reader = mneme_json_enter(value);
    struct mneme_str key;
    struct mneme_str item;
    size_t capacity = 0;
    while (mneme_json_next(&reader, &key, &item)) {
        capacity++;
    }
    struct mneme_str *items = mneme_arena_calloc(arena, capacity + 1, sizeof *items);
    bool fits = items != NULL;
    size_t count = 0;
    reader = mneme_json_enter(value);
    while (fits && mneme_json_next(&reader, &key, &item)) {
        fits =
            mneme_json_kind_of(item) == MNEME_JSON_STRING && mneme_json_unquote(&items[count++], arena, item);
    }
    *out = (struct mneme_str_array){items, count, true};
    return fits;
}

/* A kind that is written as a string. */
static bool parse_text(void *target, enum mneme_row_kind kind, struct mneme_str text) {
    struct mneme_opt_uuid *id = target;
    struct mneme_opt_long *optional = target;
    switch (kind) {
    case MNEME_ROW_STR:
        *(struct mneme_str *)target = text;
        return true;
    case MNEME_ROW_UUID:
        return mneme_uuid_parse(target, text);
    case MNEME_ROW_OPT_UUID:
        id->is_set = true;
        return mneme_uuid_parse(&id->value, text);
    case MNEME_ROW_TIME:
        return mneme_clock_parse_rfc3339(target, text);
    case MNEME_ROW_OPT_TIME:
        optional->is_set = true;
        return mneme_clock_parse_rfc3339(&optional->value, text);
    case MNEME_ROW_POSITION:
        return mneme_position_parse(target, text);
    case MNEME_ROW_JSON:
    case MNEME_ROW_LONG:
    case MNEME_ROW_OPT_LONG:
    case MNEME_ROW_DOUBLE:
    case MNEME_ROW_OPT_DOUBLE:
    case MNEME_ROW_BOOL:
    case MNEME_ROW_OPT_BOOL:
    case MNEME_ROW_STR_ARRAY:
        break;
    }
    return false;
}

static bool parse_number(void *target, enum mneme_row_kind kind, struct mneme_str number) {
    struct mneme_opt_long *optional = target;
    struct mneme_opt_double *optional_double = target;
    if (kind == MNEME_ROW_OPT_LONG) {
        optional->is_set = true;
        return mneme_json_to_long(&optional->value, number);
    }
    if (kind == MNEME_ROW_OPT_DOUBLE) {
        optional_double->is_set = true;
        return mneme_json_to_double(&optional_double->value, number);
    }
    if (kind == MNEME_ROW_LONG) {
        return mneme_json_to_long(target, number);
    }
    return kind == MNEME_ROW_DOUBLE && mneme_json_to_double(target, number);
}

bool mneme_row_parse_value(void *target, enum mneme_row_kind kind, struct mneme_str value,
                           struct mneme_arena *arena) {
    struct mneme_str text;
    if (mneme_json_kind_of(value) == MNEME_JSON_NULL) {
        return mneme_row_set_null(target, kind);
    }
    if (kind == MNEME_ROW_JSON) {
        *(struct mneme_str *)target = value;
        return true;
    }
    switch (mneme_json_kind_of(value)) {
    case MNEME_JSON_STRING:
        return mneme_json_unquote(&text, arena, value) && parse_text(target, kind, text);
    case MNEME_JSON_NUMBER:
        return parse_number(target, kind, value);
    case MNEME_JSON_ARRAY:
        return kind == MNEME_ROW_STR_ARRAY && parse_array(target, value, arena);
    case MNEME_JSON_BOOL:
        if (kind == MNEME_ROW_OPT_BOOL) {
            *(struct mneme_opt_bool *)target = (struct mneme_opt_bool){value.data[0] == 't', true};
        } else if (kind == MNEME_ROW_BOOL) {
            *(bool *)target = value.data[0] == 't';
        }
        return kind == MNEME_ROW_BOOL || kind == MNEME_ROW_OPT_BOOL;
    case MNEME_JSON_NULL:
    case MNEME_JSON_OBJECT:
        break;
    }
    return false;
}

bool mneme_row_parse(void *row, const struct mneme_row_column *columns, size_t column_count,
                     struct mneme_str json, struct mneme_arena *arena) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(json, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return false;
    }
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(json));
    struct mneme_str key;
    struct mneme_str value;
    bool fits = true;
    size_t i = 0;
    for (; fits && mneme_json_next(&reader, &key, &value); i++) {
        fits = i < column_count && mneme_json_unquotes_to(key, mneme_str_from(columns[i].name));
        fits = fits && mneme_row_parse_value((char *)row + columns[i].offset, columns[i].kind, value, arena);
    }
    return fits && i == column_count;
}
