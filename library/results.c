/*
 * Rows for programs: columns by name, and whole rows as JSON. Each is built when it is first asked for, and
 * kept until the next row.
 */
#include "library/handles.h"

void mneme_result_init(struct mneme_result *result) {
    *result = (struct mneme_result){.row = NULL};
    mneme_arena_init(&result->arena, 0);
}

void mneme_result_clean_up(struct mneme_result *result) {
    mneme_buffer_clean_up(&result->json);
    mneme_arena_clean_up(&result->arena);
}

void mneme_result_show(struct mneme_result *result, const struct mneme_op_row *row) {
    result->row = row;
    mneme_buffer_clear(&result->json);
    mneme_arena_reset(&result->arena, SIZE_MAX);
}

struct mneme_str mneme_result_json(struct mneme_result *row) {
    if (row->json.len == 0) {
        struct mneme_json_writer json = {.out = &row->json};
        mneme_json_begin_object(&json);
        mneme_op_row_json(row->row, &json);
        mneme_json_end_object(&json);
    }
    return row->json.failed ? MNEME_STR_NULL : mneme_buffer_str(&row->json);
}

/* A value as JSON has it, without the quotes of a string. */
static struct mneme_str value_text(struct mneme_result *row, const struct mneme_row_column *column) {
    struct mneme_buffer json = {0};
    struct mneme_json_writer writer = {.out = &json};
    mneme_json_begin_object(&writer);
    mneme_row_json(row->row->cells, column, 1, &writer);
    size_t before = strlen(column->name) + sizeof "{\"\":" - 1;
    struct mneme_str value = {json.data + before, json.len - before};
    if (json.failed || json.len <= before || value.data[0] == 'n') {
        value = MNEME_STR_NULL;
    } else if (value.data[0] == '"') {
        value = (struct mneme_str){value.data + 1, value.len - 2};
    }
    struct mneme_str copy = mneme_arena_copy(&row->arena, value);
    mneme_buffer_clean_up(&json);
    return copy;
}

struct mneme_str mneme_result_text(struct mneme_result *row, const char *column) {
    for (size_t i = 0; i < row->row->column_count; i++) {
        const struct mneme_row_column *at = &row->row->columns[i];
        if (strcmp(at->name, column) == 0) {
            const void *value = (const char *)row->row->cells + at->offset;
            bool is_text = at->kind == MNEME_ROW_STR || at->kind == MNEME_ROW_JSON;
            return is_text ? *(const struct mneme_str *)value : value_text(row, at);
        }
    }
    return strcmp(column, "cursor") == 0 ? row->row->cursor : MNEME_STR_NULL;
}

int64_t mneme_result_long(const struct mneme_result *row, const char *column, int64_t fallback) {
    enum mneme_row_kind kind;
    const void *value;
    if (!mneme_op_row_cell(row->row, column, &kind, &value)) {
        return fallback;
    }
    if (kind == MNEME_ROW_LONG || kind == MNEME_ROW_TIME) {
        return *(const int64_t *)value;
    }
    const struct mneme_opt_long *number = value;
    return (kind == MNEME_ROW_OPT_LONG || kind == MNEME_ROW_OPT_TIME) && number->is_set ? number->value
                                                                                        : fallback;
}

double mneme_result_double(const struct mneme_result *row, const char *column, double fallback) {
    enum mneme_row_kind kind;
    const void *value;
    if (!mneme_op_row_cell(row->row, column, &kind, &value)) {
        return fallback;
    }
    if (kind == MNEME_ROW_DOUBLE) {
        return *(const double *)value;
    }
    if (kind == MNEME_ROW_OPT_DOUBLE) {
        const struct mneme_opt_double *number = value;
        return number->is_set ? number->value : fallback;
    }
    return (double)mneme_result_long(row, column, (int64_t)fallback);
}
