/*
 * New rows: each is written once for the batch, as what it has become.
 */
#include "consumers/postgres/fold/fold.h"

static void copy_cell(struct mneme_buffer *rows, enum mneme_column_kind kind, const union mneme_cell *cell) {
    switch (kind) {
    case MNEME_COLUMN_TEXT:
        mneme_copy_str(rows, cell->text);
        break;
    case MNEME_COLUMN_JSONB:
        mneme_copy_jsonb(rows, cell->text);
        break;
    case MNEME_COLUMN_LONG:
        mneme_copy_long(rows, cell->number);
        break;
    case MNEME_COLUMN_INT:
        mneme_copy_int(rows, (int32_t)cell->number);
        break;
    case MNEME_COLUMN_DOUBLE:
        mneme_copy_double(rows, cell->real);
        break;
    case MNEME_COLUMN_BOOL:
        mneme_copy_bool(rows, cell->flag);
        break;
    case MNEME_COLUMN_UUID:
        mneme_copy_uuid(rows, cell->uuid);
        break;
    case MNEME_COLUMN_TIME:
        mneme_copy_time(rows, cell->number);
        break;
    case MNEME_COLUMN_TEXT_ARRAY:
        mneme_copy_str_array(rows, cell->strings->items, cell->strings->count);
        break;
    case MNEME_COLUMN_BYTES:
        mneme_copy_bytes(rows, cell->text);
        break;
    }
}

static void copy_id(struct mneme_buffer *rows, enum mneme_column_kind kind, const union mneme_fold_id *id) {
    if (kind == MNEME_COLUMN_UUID) {
        mneme_copy_uuid(rows, id->uuid);
    } else {
        mneme_copy_str(rows, id->text);
    }
}

void mneme_fold_copy_columns(struct mneme_buffer *rows, const struct mneme_fold_row *row,
                             const union mneme_cell *cells, uint64_t nulls) {
    const struct mneme_fold_table_plan *table = row->table;
    for (int i = 0; i < (int)table->column_count; i++) {
        if (i == table->id) {
            copy_id(rows, table->id_kind, &row->id);
        } else if (i == table->tenant) {
            mneme_copy_str(rows, row->stream->tenant);
        } else if (i == table->stream_id) {
            mneme_copy_str(rows, row->stream->stream_id);
        } else if (i == table->second) {
            copy_id(rows, table->second_kind, &row->second);
        } else if (i == table->index) {
            mneme_copy_long(rows, row->index);
        } else if (nulls & UINT64_C(1) << i) {
            mneme_copy_null(rows);
        } else {
            copy_cell(rows, table->columns[i].kind, &cells[i]);
        }
    }
}

static bool is_new(const struct mneme_fold_row *row) {
    return row->is_there && !row->is_in_store &&
           (row->parent == NULL || row->generation == row->parent->generation);
}

/* One COPY of the table's new rows; none when there is no such row. */
static int copy_rows(struct mneme_fold *fold, struct mneme_fold_writer *writer, int table,
                     struct mneme_error *error) {
    const struct mneme_fold_table_plan *plan = &fold->tables[table];
    int status = MNEME_OK;
    bool is_begun = false;
    for (const struct mneme_fold_row *row = fold->first_row[table]; row != NULL && status == MNEME_OK;
         row = row->next) {
        if (!is_new(row)) {
            continue;
        }
        if (!is_begun) {
            status = mneme_pg_copy_begin(writer->postgres, plan->copy_sql.data, &writer->rows, error);
            is_begun = status == MNEME_OK;
        }
        if (is_begun) {
            mneme_copy_row(&writer->rows, (int16_t)plan->column_count);
            mneme_fold_copy_columns(&writer->rows, row, row->cells, row->nulls);
            status = mneme_pg_copy_flush_full(writer->postgres, &writer->rows, error);
        }
    }
    return status == MNEME_OK && is_begun ? mneme_pg_copy_end(writer->postgres, &writer->rows, NULL, error)
                                          : status;
}

int mneme_fold_write_rows(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                          struct mneme_error *error) {
    int status = MNEME_OK;
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && status == MNEME_OK; i++) {
        status = copy_rows(fold, writer, i, error);
    }
    return status;
}
