/*
 * Rows on their way to the sink, and as JSON.
 */
#include "common/json/read.h"
#include "operations/call.h"
#include "queries/question.h"

void mneme_op_row_json(const struct mneme_op_row *row, struct mneme_json_writer *json) {
    mneme_row_json(row->cells, row->columns, row->column_count, json);
    if (row->cursor.data != NULL) {
        mneme_json_key(json, MNEME_STR_LIT("cursor"));
        mneme_json_string(json, row->cursor);
    }
}

bool mneme_op_row_cell(const struct mneme_op_row *row, const char *column, enum mneme_row_kind *kind,
                       const void **value) {
    for (size_t i = 0; i < row->column_count; i++) {
        if (strcmp(row->columns[i].name, column) == 0) {
            *kind = row->columns[i].kind;
            *value = (const char *)row->cells + row->columns[i].offset;
            return true;
        }
    }
    return false;
}

bool mneme_op_rows_visit(const void *row, void *context) {
    struct mneme_op_rows *rows = context;
    if (rows->limit > 0 && rows->count == rows->limit) {
        rows->call->outcome->has_more = true;
        return false;
    }
    const struct mneme_answer_row *answer = row;
    struct mneme_op_row shown = {.columns = rows->columns,
                                 .column_count = rows->column_count,
                                 .cells = row,
                                 .shown = rows->shown,
                                 .below = rows->below,
                                 .is_live = rows->is_live};
    if (rows->columns == NULL) {
        shown.columns = answer->columns;
        shown.column_count = answer->count;
        shown.cells = answer->cells;
    }
    if (rows->write_cursor != NULL) {
        mneme_buffer_clear(&rows->cursor);
        rows->write_cursor(&rows->cursor, row);
        shown.cursor = mneme_buffer_str(&rows->cursor);
    }
    if (rows->write_sentence != NULL) {
        mneme_buffer_clear(&rows->sentence);
        rows->write_sentence(&rows->sentence, row);
        shown.sentence = mneme_buffer_str(&rows->sentence);
    }
    rows->count++;
    rows->call->outcome->rows++;
    bool is_wanted = rows->call->sink->on_row(&shown, rows->call->sink->context);
    return is_wanted && (!rows->is_live || rows->count != rows->limit);
}

/* --- JSON objects as rows --- */

static size_t count_members(struct mneme_str object) {
    struct mneme_json_reader reader = mneme_json_enter(object);
    struct mneme_str key, value;
    size_t count = 0;
    while (mneme_json_next(&reader, &key, &value)) {
        count++;
    }
    return count;
}

static enum mneme_row_kind kind_of(const struct mneme_op_column *columns, const char *name) {
    for (const struct mneme_op_column *column = columns; column != NULL && column->name != NULL; column++) {
        if (strcmp(column->name, name) == 0) {
            return column->kind;
        }
    }
    return MNEME_ROW_JSON;
}

/* Reads one member into the cell at the column's offset; a value of another kind stays JSON. */
static bool read_member(struct mneme_row_column *column, char *cells, struct mneme_str key,
                        struct mneme_str value, const struct mneme_op_rows *rows) {
    struct mneme_arena *arena = rows->call->arena;
    struct mneme_str name;
    if (!mneme_json_unquote(&name, arena, key)) {
        return false;
    }
    name = mneme_arena_copy(arena, name);
    if (name.data == NULL) {
        return false;
    }
    column->name = name.data;
    column->kind =
        kind_of(rows->shown != NULL ? rows->shown : rows->call->request->operation->columns, column->name);
    if (!mneme_row_parse_value(cells + column->offset, column->kind, value, arena)) {
        column->kind = MNEME_ROW_JSON;
        *(struct mneme_str *)(void *)(cells + column->offset) = value;
    }
    return true;
}

int mneme_op_rows_put_object(bool *goes_on, struct mneme_op_rows *rows, struct mneme_str object,
                             struct mneme_error *error) {
    struct mneme_arena *arena = rows->call->arena;
    size_t capacity = count_members(object);
    struct mneme_row_column *columns = mneme_arena_calloc(arena, capacity + 1, sizeof *columns);
    char *cells = mneme_arena_calloc(arena, capacity + 1, MNEME_ROW_CELL_BYTES);
    struct mneme_json_reader reader = mneme_json_enter(object);
    struct mneme_str key, value;
    bool fits = columns != NULL && cells != NULL;
    size_t count = 0;
    for (; fits && mneme_json_next(&reader, &key, &value); count++) {
        columns[count].offset = count * MNEME_ROW_CELL_BYTES;
        fits = read_member(&columns[count], cells, key, value, rows);
    }
    if (!fits) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "%s was not answered: memory is exhausted; free some",
                               rows->call->request->operation->name);
    }
    const struct mneme_answer_row answer = {.columns = columns, .count = count, .cells = cells};
    *goes_on = mneme_op_rows_visit(&answer, rows);
    return MNEME_OK;
}

void mneme_op_rows_clean_up(struct mneme_op_rows *rows) {
    mneme_buffer_clean_up(&rows->cursor);
    mneme_buffer_clean_up(&rows->sentence);
}

void mneme_op_note(const struct mneme_op_call *call, enum mneme_op_note_kind kind, struct mneme_str text) {
    if (call->sink->on_note != NULL) {
        call->sink->on_note(&(struct mneme_op_note){.kind = kind, .text = text}, call->sink->context);
    }
}
