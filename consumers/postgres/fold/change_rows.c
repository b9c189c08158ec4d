/*
 * Changes of rows in the table: one UPDATE from arrays of only the columns that change; ended versions are
 * copied into the history in the same way, as the table's row with those columns changed. Values are passed
 * as text, since an array can hold NULLs but no arrays; what a row does not change is NULL and masked.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "consumers/postgres/fold/fold.h"

/* An array of Postgres holds less than a gigabyte; parts of this size are far from it. */
#define PART_ROWS 50000
#define PART_BYTES ((size_t)64 * 1024 * 1024)

/* An update of a row in the table, or a version of it for the history. */
struct change {
    const struct mneme_fold_row *row; /* for its key */
    const union mneme_cell *cells;
    uint64_t mask, nulls; /* the columns that differ from the table's row, and the NULLs of them */
    const struct mneme_batch_item *end; /* of a version for the history, the event that ended it; else NULL */
};

/* Some of the changes of one table. */
struct part {
    const struct change *changes;
    size_t count;
    uint64_t some, all; /* columns that differ in some of them, in all */
};

/* How long a cell may be as text. */
static size_t cell_bytes(enum mneme_column_kind kind, const union mneme_cell *cell) {
    size_t bytes = 40;
    if (kind == MNEME_COLUMN_TEXT_ARRAY) {
        for (size_t i = 0; i < cell->strings->count; i++) {
            bytes += 3 + 2 * cell->strings->items[i].len;
        }
    } else if (kind == MNEME_COLUMN_TEXT || kind == MNEME_COLUMN_JSONB || kind == MNEME_COLUMN_BYTES) {
        bytes += 2 * cell->text.len;
    }
    return bytes;
}

static struct part take_part(const struct change *changes, size_t count) {
    struct part part = {.changes = changes, .all = UINT64_MAX};
    size_t bytes = 0;
    for (; part.count < count && part.count < PART_ROWS && bytes < PART_BYTES; part.count++) {
        const struct change *change = &changes[part.count];
        const struct mneme_column *columns = change->row->table->columns;
        part.some |= change->mask;
        part.all &= change->mask;
        for (uint64_t left = change->mask & ~change->nulls; left != 0; left &= left - 1) {
            int column = __builtin_ctzll(left);
            bytes += cell_bytes(columns[column].kind, &change->cells[column]);
        }
    }
    return part;
}

/* "{"a","b"}", as Postgres reads an array. */
static void write_array(struct mneme_buffer *out, const struct mneme_str_array *array) {
    mneme_buffer_append_byte(out, '{');
    for (size_t i = 0; i < array->count; i++) {
        struct mneme_str item = array->items[i];
        mneme_buffer_append_str(out, i == 0 ? MNEME_STR_LIT("\"") : MNEME_STR_LIT(",\""));
        for (size_t k = 0; k < item.len; k++) {
            if (item.data[k] == '"' || item.data[k] == '\\') {
                mneme_buffer_append_byte(out, '\\');
            }
            mneme_buffer_append(out, &item.data[k], 1);
        }
        mneme_buffer_append_byte(out, '"');
    }
    mneme_buffer_append_byte(out, '}');
}

static void write_hex(struct mneme_buffer *out, struct mneme_str bytes) {
    mneme_buffer_append_str(out, MNEME_STR_LIT("\\x"));
    for (size_t i = 0; i < bytes.len; i++) {
        mneme_buffer_printf(out, "%02x", (unsigned char)bytes.data[i]);
    }
}

/* A cell as text; of what is not a text already, a copy in the arena. data == NULL when memory is exhausted.
 */
static struct mneme_str cell_text(struct mneme_fold *fold, struct mneme_buffer *scratch,
                                  enum mneme_column_kind kind, const union mneme_cell *cell) {
    char time[MNEME_RFC3339_BYTES];
    char id[MNEME_UUID_TEXT_BYTES];
    struct mneme_json_writer number = {.out = scratch};
    mneme_buffer_clear(scratch);
    switch (kind) {
    case MNEME_COLUMN_TEXT:
    case MNEME_COLUMN_JSONB:
        return cell->text;
    case MNEME_COLUMN_LONG:
    case MNEME_COLUMN_INT:
        mneme_buffer_printf(scratch, "%" PRId64, cell->number);
        break;
    case MNEME_COLUMN_DOUBLE:
        mneme_json_double(&number, cell->real);
        break;
    case MNEME_COLUMN_BOOL:
        return cell->flag ? MNEME_STR_LIT("t") : MNEME_STR_LIT("f");
    case MNEME_COLUMN_UUID:
        mneme_uuid_format(cell->uuid, id);
        mneme_buffer_append(scratch, id, sizeof id);
        break;
    case MNEME_COLUMN_TIME:
        mneme_clock_format_rfc3339(cell->number, time);
        mneme_buffer_append(scratch, time, strlen(time));
        break;
    case MNEME_COLUMN_TEXT_ARRAY:
        write_array(scratch, cell->strings);
        break;
    case MNEME_COLUMN_BYTES:
        write_hex(scratch, cell->text);
        break;
    }
    return scratch->failed ? MNEME_STR_NULL : mneme_arena_copy(&fold->arena, mneme_buffer_str(scratch));
}

static const struct mneme_fold_table_plan *table_of(const struct part *part) {
    return part->changes[0].row->table;
}

/* The keys and masks of the part's rows. `texts` has room for one of each. */
static bool add_keys(struct mneme_fold *fold, struct mneme_pg_params *params, const struct part *part,
                     struct mneme_str *texts) {
    union mneme_fold_id *ids = mneme_arena_alloc(&fold->arena, part->count * sizeof *ids);
    union mneme_fold_id *seconds = mneme_arena_alloc(&fold->arena, part->count * sizeof *seconds);
    int64_t *numbers = mneme_arena_alloc(&fold->arena, part->count * sizeof *numbers);
    if (ids == NULL || seconds == NULL || numbers == NULL) {
        return false;
    }
    const struct change *changes = part->changes;
    const struct mneme_fold_table_plan *table = table_of(part);
    for (size_t i = 0; i < part->count; i++) {
        texts[i] = changes[i].row->stream->tenant;
    }
    mneme_pg_param_str_array(params, texts, part->count);
    for (size_t i = 0; i < part->count; i++) {
        texts[i] = changes[i].row->stream->stream_id;
    }
    mneme_pg_param_str_array(params, texts, part->count);
    for (size_t i = 0; i < part->count; i++) {
        ids[i] = changes[i].row->id;
        seconds[i] = changes[i].row->second;
        numbers[i] = changes[i].row->index;
    }
    if (!mneme_fold_id_param(fold, params, table->id_kind, ids, part->count) ||
        (table->second >= 0 &&
         !mneme_fold_id_param(fold, params, table->second_kind, seconds, part->count))) {
        return false;
    }
    if (table->index >= 0) {
        mneme_pg_param_long_array(params, numbers, part->count);
    }
    for (size_t i = 0; i < part->count; i++) {
        numbers[i] = (int64_t)changes[i].mask;
    }
    mneme_pg_param_long_array(params, numbers, part->count);
    return true;
}

/* The values of one column. */
static bool add_column(struct mneme_fold *fold, struct mneme_buffer *scratch, struct mneme_pg_params *params,
                       const struct part *part, int column, struct mneme_str *texts) {
    enum mneme_column_kind kind = table_of(part)->columns[column].kind;
    uint64_t bit = UINT64_C(1) << column;
    for (size_t i = 0; i < part->count; i++) {
        const struct change *change = &part->changes[i];
        texts[i] = MNEME_STR_NULL;
        if (change->mask & ~change->nulls & bit) {
            texts[i] = cell_text(fold, scratch, kind, &change->cells[column]);
            if (texts[i].data == NULL) {
                return false;
            }
        }
    }
    mneme_pg_param_str_array(params, texts, part->count);
    return true;
}

/* Which events ended the versions, and when. */
static bool add_ends(struct mneme_fold *fold, struct mneme_pg_params *params, const struct part *part,
                     struct mneme_str *texts) {
    int64_t *sequences = mneme_arena_alloc(&fold->arena, part->count * sizeof *sequences);
    char(*times)[MNEME_RFC3339_BYTES] = mneme_arena_alloc(&fold->arena, part->count * sizeof *times);
    if (sequences == NULL || times == NULL) {
        return false;
    }
    for (size_t i = 0; i < part->count; i++) {
        mneme_clock_format_rfc3339(part->changes[i].end->recorded_at, times[i]);
        texts[i] = mneme_str_from(times[i]);
        sequences[i] = mneme_sequence_id(part->changes[i].end->position);
    }
    mneme_pg_param_long_array(params, sequences, part->count);
    mneme_pg_param_str_array(params, texts, part->count);
    return true;
}

static bool make_statement(struct mneme_fold *fold, struct mneme_buffer *scratch, const char **sql,
                           struct mneme_pg_params *params, const struct part *part) {
    struct mneme_str *texts = mneme_arena_alloc(&fold->arena, part->count * sizeof *texts);
    bool is_past = part->changes[0].end != NULL;
    mneme_pg_params_clear(params);
    if (texts == NULL || !add_keys(fold, params, part, texts)) {
        return false;
    }
    for (uint64_t left = part->some; left != 0; left &= left - 1) {
        if (!add_column(fold, scratch, params, part, __builtin_ctzll(left), texts)) {
            return false;
        }
    }
    if (is_past && !add_ends(fold, params, part, texts)) {
        return false;
    }
    mneme_buffer_clear(scratch);
    if (is_past) {
        mneme_fold_table_supersede_sql(table_of(part), part->some, scratch);
    } else {
        mneme_fold_table_update_sql(table_of(part), part->some, part->all, scratch);
    }
    *sql = scratch->failed ? NULL : mneme_arena_copy(&fold->arena, mneme_buffer_str(scratch)).data;
    return *sql != NULL;
}

/* Runs all parts but the last, which is left in *sql and *params. */
static int make_statements(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                           const struct change *changes, size_t count, const char **sql,
                           struct mneme_pg_params *params, struct mneme_error *error) {
    *sql = NULL;
    for (size_t at = 0; at < count;) {
        struct part part = take_part(changes + at, count - at);
        int status =
            *sql == NULL ? MNEME_OK : mneme_pg_query(NULL, writer->postgres, *sql, params, true, error);
        if (status != MNEME_OK) {
            return status;
        }
        if (!make_statement(fold, &writer->json, sql, params, &part)) {
            return mneme_fold_no_memory(error);
        }
        at += part.count;
    }
    return MNEME_OK;
}

static bool is_for_table(const struct mneme_fold_past *past) {
    return !past->is_written && !mneme_fold_past_is_whole(past);
}

int mneme_fold_change_past(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                           enum mneme_fold_table_id table, const char **sql, struct mneme_pg_params *params,
                           struct mneme_error *error) {
    size_t count = 0;
    for (const struct mneme_fold_past *past = fold->first_past[table]; past != NULL; past = past->next) {
        count += is_for_table(past) ? 1 : 0;
    }
    struct change *changes = mneme_arena_alloc(&fold->arena, (count + 1) * sizeof *changes);
    if (changes == NULL) {
        return mneme_fold_no_memory(error);
    }
    size_t at = 0;
    for (const struct mneme_fold_past *past = fold->first_past[table]; past != NULL; past = past->next) {
        if (is_for_table(past)) {
            changes[at++] = (struct change){past->row, past->cells, past->changed & ~past->row->table->keys,
                                            past->nulls, past->end};
        }
    }
    return make_statements(fold, writer, changes, count, sql, params, error);
}

/* A child whose parent was created again is in the history. */
static uint64_t changes_of(const struct mneme_fold_row *row) {
    bool is_gone = row->parent != NULL && row->generation != row->parent->generation;
    return row->is_in_store && !is_gone ? row->changed & ~row->table->keys : 0;
}

int mneme_fold_change_rows(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                           enum mneme_fold_table_id table, const char **sql, struct mneme_pg_params *params,
                           struct mneme_error *error) {
    size_t count = 0;
    for (const struct mneme_fold_row *row = fold->first_row[table]; row != NULL; row = row->next) {
        count += changes_of(row) != 0 ? 1 : 0;
    }
    struct change *changes = mneme_arena_alloc(&fold->arena, (count + 1) * sizeof *changes);
    if (changes == NULL) {
        return mneme_fold_no_memory(error);
    }
    size_t at = 0;
    for (const struct mneme_fold_row *row = fold->first_row[table]; row != NULL; row = row->next) {
        if (changes_of(row) != 0) {
            changes[at++] = (struct change){row, row->cells, changes_of(row), row->nulls, NULL};
        }
    }
    return make_statements(fold, writer, changes, count, sql, params, error);
}
