/*
 * Ended versions. A version that is known whole is written to the history by COPY; if only the table has the
 * whole row, a statement copies it there (change_rows.c). Children of a parent that was created again are
 * moved, too.
 */
#include "common/base/clock.h"
#include "consumers/postgres/fold/fold.h"

bool mneme_fold_supersede(struct mneme_fold *fold, const struct mneme_fold_row *row,
                          const struct mneme_batch_item *end) {
    size_t bytes = row->table->column_count * sizeof *row->cells;
    enum mneme_fold_table_id table = (enum mneme_fold_table_id)(row->table - fold->tables);
    struct mneme_fold_past *past = mneme_arena_alloc(&fold->arena, sizeof *past);
    union mneme_cell *cells = mneme_arena_alloc(&fold->arena, bytes);
    if (past == NULL || cells == NULL) {
        return false;
    }
    if (row->cells != NULL) {
        memcpy(cells, row->cells, bytes);
    }
    *past = (struct mneme_fold_past){.row = row,
                                     .cells = cells,
                                     .known = row->known,
                                     .nulls = row->nulls,
                                     .changed = row->changed,
                                     .end = end};
    *fold->last_past[table] = past;
    fold->last_past[table] = &past->next;
    return true;
}

bool mneme_fold_past_is_whole(const struct mneme_fold_past *past) {
    uint64_t rest = mneme_fold_all_columns(past->row->table) & ~past->row->table->keys;
    return (past->known & rest) == rest;
}

static int copy_past(struct mneme_fold *fold, struct mneme_fold_writer *writer, int table,
                     struct mneme_error *error) {
    const struct mneme_fold_table_plan *plan = &fold->tables[table];
    int status = MNEME_OK;
    bool is_begun = false;
    for (const struct mneme_fold_past *past = fold->first_past[table]; past != NULL && status == MNEME_OK;
         past = past->next) {
        if (!mneme_fold_past_is_whole(past)) {
            continue;
        }
        if (!is_begun) {
            status = mneme_pg_copy_begin(writer->postgres, plan->history_sql.data, &writer->rows, error);
            is_begun = status == MNEME_OK;
        }
        if (is_begun) {
            mneme_copy_row(&writer->rows, (int16_t)(plan->column_count + 2));
            mneme_fold_copy_columns(&writer->rows, past->row, past->cells, past->nulls);
            mneme_copy_long(&writer->rows, mneme_sequence_id(past->end->position));
            mneme_copy_time(&writer->rows, past->end->recorded_at);
            status = mneme_pg_copy_flush_full(writer->postgres, &writer->rows, error);
        }
    }
    return status == MNEME_OK && is_begun ? mneme_pg_copy_end(writer->postgres, &writer->rows, NULL, error)
                                          : status;
}

int mneme_fold_write_past(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                          struct mneme_error *error) {
    int status = MNEME_OK;
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && status == MNEME_OK; i++) {
        status = copy_past(fold, writer, i, error);
    }
    return status;
}

/* Versions of children that only the table has whole, and which it loses next. */
static int write_past_of_children(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                                  enum mneme_fold_table_id table, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    const char *sql;
    int status = mneme_fold_change_past(fold, writer, table, &sql, &params, error);
    if (status == MNEME_OK && sql != NULL) {
        status = mneme_pg_query(NULL, writer->postgres, sql, &params, true, error);
    }
    for (struct mneme_fold_past *past = fold->first_past[table]; past != NULL; past = past->next) {
        past->is_written = !mneme_fold_past_is_whole(past);
    }
    mneme_pg_params_clean_up(&params);
    return status;
}

/* Parents that were created again: their children in the table belong to the parent's former life. */
static int wipe_children_of(struct mneme_fold *fold, struct mneme_fold_writer *writer, int table,
                            struct mneme_error *error) {
    size_t count = 0;
    for (const struct mneme_fold_row *row = fold->first_row[table]; row != NULL; row = row->next) {
        count += row->wipes_children ? 1 : 0;
    }
    if (count == 0) {
        return MNEME_OK;
    }
    struct mneme_str *texts = mneme_arena_alloc(&fold->arena, 3 * count * sizeof *texts);
    union mneme_fold_id *ids = mneme_arena_alloc(&fold->arena, count * sizeof *ids);
    int64_t *sequences = mneme_arena_alloc(&fold->arena, count * sizeof *sequences);
    char(*times)[MNEME_RFC3339_BYTES] = mneme_arena_alloc(&fold->arena, count * sizeof *times);
    if (texts == NULL || ids == NULL || sequences == NULL || times == NULL) {
        return mneme_fold_no_memory(error);
    }
    size_t at = 0;
    for (const struct mneme_fold_row *row = fold->first_row[table]; row != NULL; row = row->next) {
        if (row->wipes_children) {
            mneme_clock_format_rfc3339(row->wiped_by->recorded_at, times[at]);
            texts[at] = row->stream->tenant;
            texts[count + at] = row->stream->stream_id;
            ids[at] = row->id;
            texts[2 * count + at] = mneme_str_from(times[at]);
            sequences[at++] = mneme_sequence_id(row->wiped_by->position);
        }
    }
    struct mneme_pg_params params = {0};
    const struct mneme_fold_table_plan *parents = &fold->tables[table];
    mneme_pg_param_str_array(&params, texts, count);
    mneme_pg_param_str_array(&params, texts + count, count);
    int status = mneme_fold_id_param(fold, &params, parents->id_kind, ids, count)
                     ? MNEME_OK
                     : mneme_fold_no_memory(error);
    mneme_pg_param_long_array(&params, sequences, count);
    mneme_pg_param_str_array(&params, texts + 2 * count, count);
    if (status == MNEME_OK) {
        status = write_past_of_children(fold, writer, parents->child, error);
    }
    if (status == MNEME_OK) {
        const char *sql = fold->tables[parents->child].wipe_sql.data;
        status = mneme_pg_query(NULL, writer->postgres, sql, &params, true, error);
    }
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_fold_wipe_children(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                             struct mneme_error *error) {
    int status = MNEME_OK;
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && status == MNEME_OK; i++) {
        if (fold->tables[i].next_index >= 0) {
            status = wipe_children_of(fold, writer, i, error);
        }
    }
    return status;
}
