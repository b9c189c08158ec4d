/*
 * Writes what is besides ledger and tables: states of streams, exceptions to "accepted", parked events.
 */
#include "consumers/postgres/fold/fold.h"
#include "consumers/store/parked.h"
#include "sql/embedded.h"

static bool is_none(struct mneme_uuid id) {
    static const struct mneme_uuid none;
    return mneme_uuid_compare(id, none) == 0;
}

static void copy_high(struct mneme_buffer *rows, struct mneme_uuid id) {
    if (is_none(id)) {
        mneme_copy_null(rows);
    } else {
        mneme_copy_uuid(rows, id);
    }
}

static int end_copy(struct mneme_fold_writer *writer, bool is_begun, int status, struct mneme_error *error) {
    return status == MNEME_OK && is_begun ? mneme_pg_copy_end(writer->postgres, &writer->rows, NULL, error)
                                          : status;
}

static int begin_copy(struct mneme_fold_writer *writer, bool *is_begun, const char *sql,
                      struct mneme_error *error) {
    if (*is_begun) {
        return MNEME_OK;
    }
    int status = mneme_pg_copy_begin(writer->postgres, sql, &writer->rows, error);
    *is_begun = status == MNEME_OK;
    return status;
}

static int write_streams(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                         struct mneme_error *error) {
    struct mneme_buffer *rows = &writer->rows;
    bool is_begun = false;
    int status = MNEME_OK;
    for (size_t i = 0; i < fold->stream_count && status == MNEME_OK; i++) {
        const struct mneme_fold_stream *stream = fold->streams[i];
        if (stream->is_in_store || !stream->is_touched) {
            continue;
        }
        status = begin_copy(writer, &is_begun, mneme_sql_fold_copy_streams, error);
        if (status == MNEME_OK) {
            mneme_copy_row(rows, 7);
            mneme_copy_str(rows, stream->tenant);
            mneme_copy_str(rows, stream->stream_id);
            mneme_copy_long(rows, stream->state.version);
            copy_high(rows, stream->state.event_id_high);
            copy_high(rows, stream->state.memory_id_high);
            mneme_copy_int(rows, stream->partition);
            mneme_copy_time(rows, stream->last_recorded_at);
            status = mneme_pg_copy_flush_full(writer->postgres, &writer->rows, error);
        }
    }
    return end_copy(writer, is_begun, status, error);
}

static int write_exceptions(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                            struct mneme_error *error) {
    struct mneme_buffer *rows = &writer->rows;
    bool is_begun = false;
    int status = MNEME_OK;
    for (struct mneme_fold_exception *item = fold->first_exception; item != NULL && status == MNEME_OK;
         item = item->next) {
        status = begin_copy(writer, &is_begun, mneme_sql_fold_copy_verdict_exceptions, error);
        if (status == MNEME_OK) {
            mneme_copy_row(rows, 4);
            mneme_copy_int(rows, item->position.partition);
            mneme_copy_long(rows, item->position.offset);
            mneme_copy_str(rows, mneme_str_from(mneme_fold_verdict_names[item->verdict]));
            mneme_copy_long(rows, item->actual);
            status = mneme_pg_copy_flush_full(writer->postgres, &writer->rows, error);
        }
    }
    return end_copy(writer, is_begun, status, error);
}

int mneme_fold_write_rest(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                          struct mneme_error *error) {
    int status = write_streams(fold, writer, error);
    if (status == MNEME_OK) {
        status = write_exceptions(fold, writer, error);
    }
    if (status == MNEME_OK && (fold->parked_count > 0 || fold->batch->is_redrive)) {
        status = mneme_parked_write(writer->postgres, writer->projection, writer->topic, fold->batch,
                                    &writer->rows, error);
    }
    return status;
}

int mneme_fold_stream_params(struct mneme_fold *fold, struct mneme_pg_params *params, size_t *count,
                             struct mneme_error *error) {
    size_t room = fold->stream_count + 1;
    struct mneme_str *texts = mneme_arena_alloc(&fold->arena, 2 * room * sizeof *texts);
    int64_t *numbers = mneme_arena_alloc(&fold->arena, 2 * room * sizeof *numbers);
    struct mneme_uuid *ids = mneme_arena_alloc(&fold->arena, 2 * room * sizeof *ids);
    if (texts == NULL || numbers == NULL || ids == NULL) {
        return mneme_fold_no_memory(error);
    }
    size_t at = 0;
    for (size_t i = 0; i < fold->stream_count; i++) {
        const struct mneme_fold_stream *stream = fold->streams[i];
        if (stream->is_in_store && stream->is_touched) {
            texts[at] = stream->tenant;
            texts[room + at] = stream->stream_id;
            numbers[at] = stream->state.version;
            numbers[room + at] = stream->last_recorded_at;
            ids[at] = stream->state.event_id_high;
            ids[room + at] = stream->state.memory_id_high;
            at++;
        }
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str_array(params, texts, at);
    mneme_pg_param_str_array(params, texts + room, at);
    mneme_pg_param_long_array(params, numbers, at);
    mneme_pg_param_uuid_array(params, ids, at);
    mneme_pg_param_uuid_array(params, ids + room, at);
    mneme_pg_param_long_array(params, numbers + room, at);
    *count = at;
    return MNEME_OK;
}
