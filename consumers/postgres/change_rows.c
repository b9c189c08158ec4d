/*
 * Changes of rows that the table has: one UPDATE from arrays of the columns that change, and of nothing else.
 * Values go as text, for an array can hold NULLs but no arrays; what a row does not change is NULL and
 * masked.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"
#include "consumers/postgres/fold.h"

/* An array of Postgres holds less than a gigabyte; parts of this size are far from it. */
#define PART_ROWS 50000
#define PART_BYTES ((size_t)64 * 1024 * 1024)

/* Rows from `first` up to, not with, `end`. */
struct part {
    const struct mneme_fold_row *first, *end;
    size_t count;
    uint64_t some, all; /* columns that change in some of them, in all */
};

static uint64_t changes_of(const struct mneme_fold_row *row) {
    return row->is_in_store ? row->changed & ~row->table->keys : 0;
}

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

static struct part take_part(const struct mneme_fold_row *row) {
    struct part part = {.all = UINT64_MAX};
    size_t bytes = 0;
    for (; row != NULL && part.count < PART_ROWS && bytes < PART_BYTES; row = row->next) {
        uint64_t changes = changes_of(row);
        if (changes == 0) {
            continue;
        }
        part.first = part.count == 0 ? row : part.first;
        part.count++;
        part.some |= changes;
        part.all &= changes;
        for (uint64_t left = changes & ~row->nulls; left != 0; left &= left - 1) {
            int column = __builtin_ctzll(left);
            bytes += cell_bytes(row->table->table->columns[column].kind, &row->cells[column]);
        }
    }
    part.end = row;
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

/* A cell as text; of what is no text already, a copy in the arena. data == NULL when memory is exhausted. */
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

/* The keys and masks of the part's rows. */
static bool add_keys(struct mneme_fold *fold, struct mneme_pg_params *params, const struct part *part,
                     struct mneme_str *texts) {
    struct mneme_uuid *uuids = mneme_arena_alloc(&fold->arena, part->count * sizeof *uuids);
    struct mneme_str *ids = mneme_arena_alloc(&fold->arena, 2 * part->count * sizeof *ids);
    int64_t *masks = mneme_arena_alloc(&fold->arena, part->count * sizeof *masks);
    if (uuids == NULL || ids == NULL || masks == NULL) {
        return false;
    }
    struct mneme_str *streams = ids + part->count;
    bool is_uuid = part->first->table->id_kind == MNEME_COLUMN_UUID;
    size_t at = 0;
    for (const struct mneme_fold_row *row = part->first; row != part->end; row = row->next) {
        if (changes_of(row) != 0) {
            texts[at] = row->stream->tenant;
            streams[at] = row->stream->stream_id;
            if (is_uuid) {
                uuids[at] = row->id.uuid;
            } else {
                ids[at] = row->id.text;
            }
            masks[at++] = (int64_t)changes_of(row);
        }
    }
    mneme_pg_param_str_array(params, texts, at);
    mneme_pg_param_str_array(params, streams, at);
    if (is_uuid) {
        mneme_pg_param_uuid_array(params, uuids, at);
    } else {
        mneme_pg_param_str_array(params, ids, at);
    }
    mneme_pg_param_long_array(params, masks, at);
    return true;
}

/* The values of one column. */
static bool add_column(struct mneme_fold *fold, struct mneme_buffer *scratch, struct mneme_pg_params *params,
                       const struct part *part, int column, struct mneme_str *texts) {
    enum mneme_column_kind kind = part->first->table->table->columns[column].kind;
    uint64_t bit = UINT64_C(1) << column;
    size_t at = 0;
    for (const struct mneme_fold_row *row = part->first; row != part->end; row = row->next) {
        if (changes_of(row) == 0) {
            continue;
        }
        texts[at] = MNEME_STR_NULL;
        if (changes_of(row) & ~row->nulls & bit) {
            texts[at] = cell_text(fold, scratch, kind, &row->cells[column]);
            if (texts[at].data == NULL) {
                return false;
            }
        }
        at++;
    }
    mneme_pg_param_str_array(params, texts, at);
    return true;
}

static bool make_statement(struct mneme_fold *fold, struct mneme_buffer *scratch, const char **sql,
                           struct mneme_pg_params *params, const struct part *part) {
    struct mneme_str *texts = mneme_arena_alloc(&fold->arena, part->count * sizeof *texts);
    mneme_pg_params_clear(params);
    if (texts == NULL || !add_keys(fold, params, part, texts)) {
        return false;
    }
    for (uint64_t left = part->some; left != 0; left &= left - 1) {
        if (!add_column(fold, scratch, params, part, __builtin_ctzll(left), texts)) {
            return false;
        }
    }
    mneme_buffer_clear(scratch);
    mneme_table_update_sql(part->first->table, part->some, part->all, scratch);
    *sql = scratch->failed ? NULL : mneme_arena_copy(&fold->arena, mneme_buffer_str(scratch)).data;
    return *sql != NULL;
}

int mneme_fold_change_rows(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                           enum mneme_table_id table, const char **sql, struct mneme_pg_params *params,
                           struct mneme_error *error) {
    *sql = NULL;
    for (const struct mneme_fold_row *row = fold->first_row[table]; row != NULL;) {
        struct part part = take_part(row);
        int status =
            *sql == NULL ? MNEME_OK : mneme_pg_query(NULL, writer->postgres, *sql, params, true, error);
        if (status != MNEME_OK) {
            return status;
        }
        *sql = NULL;
        if (part.count > 0 && !make_statement(fold, &writer->json, sql, params, &part)) {
            return mneme_fold_no_memory(error);
        }
        row = part.end;
    }
    return MNEME_OK;
}
