/*
 * Rows on their way to the sink, and as JSON.
 */
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
    struct mneme_op_row shown = {rows->columns, rows->column_count, row, MNEME_STR_NULL, rows->shown};
    if (rows->columns == NULL) {
        shown =
            (struct mneme_op_row){answer->columns, answer->count, answer->cells, MNEME_STR_NULL, rows->shown};
    }
    if (rows->write_cursor != NULL) {
        mneme_buffer_clear(&rows->cursor);
        rows->write_cursor(&rows->cursor, row);
        shown.cursor = mneme_buffer_str(&rows->cursor);
    }
    rows->count++;
    rows->call->outcome->rows++;
    return rows->call->sink->on_row(&shown, rows->call->sink->context);
}

void mneme_op_rows_clean_up(struct mneme_op_rows *rows) {
    mneme_buffer_clean_up(&rows->cursor);
}

void mneme_op_note(const struct mneme_op_call *call, enum mneme_op_note_kind kind, struct mneme_str text) {
    if (call->sink->on_note != NULL) {
        call->sink->on_note(&(struct mneme_op_note){.kind = kind, .text = text}, call->sink->context);
    }
}
