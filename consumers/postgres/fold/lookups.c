/*
 * Look-ups: the keys are sent as arrays, one statement for each kind of thing, and answers are indexes into
 * those arrays with the values that verdicts need.
 */
#include <endian.h>

#include "common/postgres/row.h"
#include "consumers/postgres/fold/fold.h"
#include "sql/embedded.h"

static struct mneme_uuid get_uuid(const PGresult *answer, int row, int column) {
    struct mneme_uuid id = {{0}};
    if (!PQgetisnull(answer, row, column)) {
        memcpy(id.bytes, PQgetvalue(answer, row, column), sizeof id.bytes);
    }
    return id;
}

/* --- queries --- */

/* The keys that all look-ups begin with: arrays of tenants and stream ids. `stream_of` tells an entry's
 * stream. */
static bool add_streams(struct mneme_fold *fold, struct mneme_pg_params *params,
                        const struct mneme_fold_request *request,
                        const struct mneme_fold_stream *(*stream_of)(const void *)) {
    struct mneme_str *texts = mneme_arena_alloc(&fold->arena, request->count * sizeof *texts);
    if (texts == NULL) {
        return false;
    }
    for (size_t i = 0; i < request->count; i++) {
        texts[i] = stream_of(request->entries[i])->tenant;
    }
    mneme_pg_param_str_array(params, texts, request->count);
    for (size_t i = 0; i < request->count; i++) {
        texts[i] = stream_of(request->entries[i])->stream_id;
    }
    mneme_pg_param_str_array(params, texts, request->count);
    return true;
}

static const struct mneme_fold_stream *stream_itself(const void *entry) {
    return entry;
}

static const struct mneme_fold_stream *stream_of_suspect(const void *entry) {
    return ((const struct mneme_fold_suspect *)entry)->stream;
}

static const struct mneme_fold_stream *stream_of_row(const void *entry) {
    return ((const struct mneme_fold_row *)entry)->stream;
}

static bool add_event_ids(struct mneme_fold *fold, struct mneme_pg_params *params,
                          const struct mneme_fold_request *request) {
    struct mneme_uuid *ids = mneme_arena_alloc(&fold->arena, request->count * sizeof *ids);
    if (ids == NULL) {
        return false;
    }
    for (size_t i = 0; i < request->count; i++) {
        ids[i] = ((const struct mneme_fold_suspect *)request->entries[i])->event_id;
    }
    mneme_pg_param_uuid_array(params, ids, request->count);
    return true;
}

bool mneme_fold_id_param(struct mneme_fold *fold, struct mneme_pg_params *params, enum mneme_column_kind kind,
                         const union mneme_fold_id *ids, size_t count) {
    struct mneme_uuid *uuids = mneme_arena_alloc(&fold->arena, count * sizeof *uuids);
    struct mneme_str *texts = mneme_arena_alloc(&fold->arena, count * sizeof *texts);
    if (uuids == NULL || texts == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (kind == MNEME_COLUMN_UUID) {
            uuids[i] = ids[i].uuid;
        } else {
            texts[i] = ids[i].text;
        }
    }
    if (kind == MNEME_COLUMN_UUID) {
        mneme_pg_param_uuid_array(params, uuids, count);
    } else {
        mneme_pg_param_str_array(params, texts, count);
    }
    return true;
}

static bool add_row_ids(struct mneme_fold *fold, struct mneme_pg_params *params,
                        const struct mneme_fold_request *request, const struct mneme_fold_table_plan *table) {
    union mneme_fold_id *ids = mneme_arena_alloc(&fold->arena, request->count * sizeof *ids);
    union mneme_fold_id *seconds = mneme_arena_alloc(&fold->arena, request->count * sizeof *seconds);
    int64_t *indexes = mneme_arena_alloc(&fold->arena, request->count * sizeof *indexes);
    if (ids == NULL || seconds == NULL || indexes == NULL) {
        return false;
    }
    for (size_t i = 0; i < request->count; i++) {
        const struct mneme_fold_row *row = request->entries[i];
        ids[i] = row->id;
        seconds[i] = row->second;
        indexes[i] = row->index;
    }
    if (!mneme_fold_id_param(fold, params, table->id_kind, ids, request->count) ||
        (table->second >= 0 &&
         !mneme_fold_id_param(fold, params, table->second_kind, seconds, request->count))) {
        return false;
    }
    if (table->index >= 0) {
        mneme_pg_param_long_array(params, indexes, request->count);
    }
    return true;
}

bool mneme_fold_has_no_lookups(const struct mneme_fold *fold) {
    size_t count = fold->wanted_streams.count + fold->wanted_suspects.count;
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        count += fold->wanted_rows[i].count;
    }
    return count == 0;
}

int mneme_fold_ask(struct mneme_fold *fold, struct mneme_pg_call *calls, struct mneme_pg_params *params,
                   size_t *asked, struct mneme_error *error) {
    size_t count = 0;
    bool is_done = true;
    if (fold->wanted_streams.count > 0) {
        mneme_pg_params_clear(&params[count]);
        is_done = add_streams(fold, &params[count], &fold->wanted_streams, stream_itself);
        calls[count] = (struct mneme_pg_call){mneme_sql_fold_find_streams, &params[count]};
        count++;
    }
    if (is_done && fold->wanted_suspects.count > 0) {
        mneme_pg_params_clear(&params[count]);
        is_done = add_streams(fold, &params[count], &fold->wanted_suspects, stream_of_suspect) &&
                  add_event_ids(fold, &params[count], &fold->wanted_suspects);
        calls[count] = (struct mneme_pg_call){mneme_sql_fold_find_events, &params[count]};
        count++;
    }
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && is_done; i++) {
        const struct mneme_fold_request *request = &fold->wanted_rows[i];
        if (request->count > 0) {
            mneme_pg_params_clear(&params[count]);
            is_done = add_streams(fold, &params[count], request, stream_of_row) &&
                      add_row_ids(fold, &params[count], request, &fold->tables[i]);
            calls[count] = (struct mneme_pg_call){fold->tables[i].find_sql.data, &params[count]};
            count++;
        }
    }
    *asked = count;
    return is_done ? MNEME_OK : mneme_fold_no_memory(error);
}

/* --- answers --- */

/* The entry that an answer's row is about. */
static void *entry_of(const struct mneme_fold_request *request, const PGresult *answer, int row) {
    return request->entries[mneme_pg_get_long(answer, row, 0) - 1];
}

static void read_streams(struct mneme_fold_request *request, const PGresult *answer) {
    for (size_t i = 0; i < request->count; i++) {
        ((struct mneme_fold_stream *)request->entries[i])->is_known = true;
    }
    for (int i = 0; i < PQntuples(answer); i++) {
        struct mneme_fold_stream *stream = entry_of(request, answer, i);
        stream->is_in_store = true;
        stream->state = (struct mneme_stream_state){mneme_pg_get_long(answer, i, 1), get_uuid(answer, i, 2),
                                                    get_uuid(answer, i, 3)};
    }
}

static void read_suspects(const struct mneme_fold_request *request, const PGresult *answer) {
    for (int i = 0; i < PQntuples(answer); i++) {
        ((struct mneme_fold_suspect *)entry_of(request, answer, i))->is_seen = true;
    }
}

static union mneme_cell get_cell(enum mneme_column_kind kind, const PGresult *answer, int row, int column) {
    union mneme_cell cell = {.number = 0};
    uint32_t narrow;
    int64_t wide;
    const char *wire = PQgetvalue(answer, row, column);
    switch (kind) {
    case MNEME_COLUMN_LONG:
        cell.number = mneme_pg_get_long(answer, row, column);
        break;
    case MNEME_COLUMN_TIME:
        cell.number = mneme_pg_get_long(answer, row, column) + MNEME_FOLD_PG_EPOCH_MICROS;
        break;
    case MNEME_COLUMN_INT:
        memcpy(&narrow, wire, sizeof narrow);
        cell.number = (int32_t)be32toh(narrow);
        break;
    case MNEME_COLUMN_DOUBLE:
        wide = mneme_pg_get_long(answer, row, column);
        memcpy(&cell.real, &wide, sizeof cell.real);
        break;
    case MNEME_COLUMN_BOOL:
        cell.flag = *wire != 0;
        break;
    case MNEME_COLUMN_UUID:
        cell.uuid = get_uuid(answer, row, column);
        break;
    case MNEME_COLUMN_BYTES:
        cell.text = (struct mneme_str){wire, (size_t)PQgetlength(answer, row, column)};
        break;
    case MNEME_COLUMN_TEXT:
    case MNEME_COLUMN_JSONB:
    case MNEME_COLUMN_TEXT_ARRAY:
        break; /* not among the columns that are read: refused when the table was planned */
    }
    return cell;
}

/* False when memory is exhausted. */
static bool read_cell(struct mneme_fold *fold, struct mneme_fold_row *row, int column, const PGresult *answer,
                      int at, int field) {
    enum mneme_column_kind kind = row->table->columns[column].kind;
    uint64_t bit = UINT64_C(1) << column;
    row->known |= bit;
    if (PQgetisnull(answer, at, field)) {
        row->nulls |= bit;
        return true;
    }
    union mneme_cell *cell = &row->cells[column];
    *cell = get_cell(kind, answer, at, field);
    if (kind == MNEME_COLUMN_BYTES) {
        cell->text = mneme_arena_copy(&fold->arena, cell->text); /* the answer goes */
    }
    return kind != MNEME_COLUMN_BYTES || cell->text.data != NULL;
}

static bool read_rows(struct mneme_fold *fold, const struct mneme_fold_request *request,
                      const struct mneme_fold_table_plan *table, const PGresult *answer) {
    for (int i = 0; i < PQntuples(answer); i++) {
        struct mneme_fold_row *row = entry_of(request, answer, i);
        row->is_in_store = row->is_there = true;
        if (table->read_count > 0 && !mneme_fold_row_reserve(fold, row)) {
            return false;
        }
        for (int k = 0; k < table->read_count; k++) {
            if (!read_cell(fold, row, table->read[k], answer, i, k + 1)) {
                return false;
            }
        }
        if (table->next_index >= 0) {
            row->next_bound = row->cells[table->next_index].number;
        }
    }
    return true;
}

int mneme_fold_read_answers(struct mneme_fold *fold, PGresult *const *answers, struct mneme_error *error) {
    size_t at = 0;
    bool is_done = true;
    if (fold->wanted_streams.count > 0) {
        read_streams(&fold->wanted_streams, answers[at++]);
        fold->wanted_streams.count = 0;
    }
    if (fold->wanted_suspects.count > 0) {
        read_suspects(&fold->wanted_suspects, answers[at++]);
        fold->wanted_suspects.count = 0;
    }
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && is_done; i++) {
        if (fold->wanted_rows[i].count > 0) {
            is_done = read_rows(fold, &fold->wanted_rows[i], &fold->tables[i], answers[at++]);
            fold->wanted_rows[i].count = 0;
        }
    }
    return is_done ? MNEME_OK : mneme_fold_no_memory(error);
}
