/*
 * Writes to Postgres, set-based: a batch becomes one array for each column.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/embedding.h"
#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"

/* Rows of one statement, to keep its parameters small; rows of a document stay together. */
#define MAX_ROWS 1000
_Static_assert(MAX_ROWS >= MNEME_EMBEDDING_MAX_PARTS, "a document's rows are in one statement");

/* A float as text that reads back the same, with its comma. */
#define MAX_FLOAT_BYTES 20

enum group { DOCUMENTS, RAW_VECTORS, GONE_DOCUMENTS, GONE_RAW_VECTORS, GROUPS };

/* The offset of a column's texts in a change. */
#define TEXT(member) offsetof(struct mneme_vector_change, member)
#define NO_COLUMN SIZE_MAX
#define VECTOR_COLUMN (SIZE_MAX - 1) /* the vector as text */
#define MAX_TEXTS 10

static const struct {
    const char *template, *table;
    bool has_parts;          /* and created_at: after source_sequence come created_at, part and parts … */
    size_t texts[MAX_TEXTS]; /* … and then these, in the statement's order */
} groups[GROUPS] = {
    [DOCUMENTS] = {mneme_sql_pgvector_write,
                   MNEME_PGVECTOR_DOCUMENTS,
                   true,
                   {TEXT(scope.tenant), TEXT(scope.user_id), TEXT(scope.agent_id), TEXT(scope.run_id),
                    TEXT(scope.conversation_id), VECTOR_COLUMN, TEXT(document.stream_id), TEXT(document.kind),
                    TEXT(document.ref), NO_COLUMN}},
    [RAW_VECTORS] = {mneme_sql_pgvector_write_raw,
                     MNEME_PGVECTOR_RAW,
                     false,
                     {TEXT(scope.tenant), TEXT(document.stream_id), TEXT(document.kind), TEXT(document.ref),
                      TEXT(collection), TEXT(vector_id), VECTOR_COLUMN, TEXT(metadata_json), NO_COLUMN}},
    [GONE_DOCUMENTS] = {mneme_sql_pgvector_remove,
                        MNEME_PGVECTOR_DOCUMENTS,
                        false,
                        {TEXT(scope.tenant), TEXT(document.stream_id), TEXT(document.kind),
                         TEXT(document.ref), NO_COLUMN}},
    [GONE_RAW_VECTORS] = {mneme_sql_pgvector_remove,
                          MNEME_PGVECTOR_RAW,
                          false,
                          {TEXT(scope.tenant), TEXT(document.stream_id), TEXT(document.kind),
                           TEXT(document.ref), NO_COLUMN}},
};

static enum group group_of(const struct mneme_vector_change *change) {
    if (mneme_vector_change_is_raw(change)) {
        return change->is_removal ? GONE_RAW_VECTORS : RAW_VECTORS;
    }
    return change->is_removal ? GONE_DOCUMENTS : DOCUMENTS;
}

/* A row to write. */
struct row {
    const struct mneme_vector_change *change;
    size_t part;
};

/* The vector in Postgres's text form: [1,2,3]. */
static struct mneme_str vector_text(struct mneme_arena *arena, struct mneme_str vector) {
    size_t dimensions = vector.len / sizeof(float);
    char *text = mneme_arena_alloc(arena, dimensions * MAX_FLOAT_BYTES + 3);
    if (text == NULL) {
        return MNEME_STR_NULL;
    }
    size_t len = 0;
    for (size_t i = 0; i < dimensions; i++) {
        uint32_t bits;
        float value;
        memcpy(&bits, vector.data + i * sizeof bits, sizeof bits);
        bits = le32toh(bits);
        memcpy(&value, &bits, sizeof value);
        len += (size_t)snprintf(text + len, MAX_FLOAT_BYTES, "%c%.9g", i == 0 ? '[' : ',', (double)value);
    }
    text[len++] = ']';
    return (struct mneme_str){text, len};
}

static struct mneme_str text_of(struct mneme_arena *arena, const struct row *row, size_t column) {
    struct mneme_str text;
    if (column == VECTOR_COLUMN) {
        return vector_text(arena, mneme_vector_change_part(row->change, row->part));
    }
    memcpy(&text, (const char *)row->change + column, sizeof text);
    return text;
}

/* Numbers of the rows, by column. */
enum number { SOURCE_SEQUENCE, CREATED_AT, PART, PARTS, NUMBERS };

/* The columns of those rows as parameters. */
static int set_params(struct mneme_pgvector *store, enum group group, const struct row *rows, size_t count,
                      struct mneme_error *error) {
    mneme_arena_reset(&store->arena, SIZE_MAX);
    mneme_pg_params_clear(&store->params);
    int64_t *numbers = mneme_arena_alloc(&store->arena, NUMBERS * count * sizeof *numbers);
    struct mneme_str *texts = mneme_arena_alloc(&store->arena, count * sizeof *texts);
    if (numbers == NULL || texts == NULL) {
        return mneme_pgvector_out_of_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        numbers[SOURCE_SEQUENCE * count + i] = rows[i].change->source_sequence;
        numbers[CREATED_AT * count + i] = rows[i].change->created_at;
        numbers[PART * count + i] = (int64_t)rows[i].part;
        numbers[PARTS * count + i] = (int64_t)mneme_vector_change_parts(rows[i].change);
    }
    for (size_t k = 0; k < (groups[group].has_parts ? NUMBERS : 1); k++) {
        mneme_pg_param_long_array(&store->params, numbers + k * count, count);
    }
    for (size_t k = 0; groups[group].texts[k] != NO_COLUMN; k++) {
        for (size_t i = 0; i < count; i++) {
            texts[i] = text_of(&store->arena, &rows[i], groups[group].texts[k]);
            if (groups[group].texts[k] == VECTOR_COLUMN && texts[i].data == NULL) {
                return mneme_pgvector_out_of_memory(error);
            }
        }
        mneme_pg_param_str_array(&store->params, texts, count);
    }
    return MNEME_OK;
}

static int run(struct mneme_pgvector *store, const char *template, enum group group,
               struct mneme_error *error) {
    int status = mneme_pgvector_sql(store, template, store->generation.metric, groups[group].table, error);
    return status == MNEME_OK
               ? mneme_pg_query(NULL, store->postgres, store->sql.data, &store->params, true, error)
               : status;
}

static int write_rows(struct mneme_pgvector *store, enum group group, const struct row *rows, size_t count,
                      struct mneme_error *error) {
    bool is_gone = group == GONE_DOCUMENTS || group == GONE_RAW_VECTORS;
    /* Without dimensions there is no table of documents, and nothing to remove. */
    bool has_table = group != GONE_DOCUMENTS || store->generation.dimensions > 0;
    int status = set_params(store, group, rows, count, error);
    if (status == MNEME_OK && has_table) {
        status = run(store, groups[group].template, group, error);
    }
    return status == MNEME_OK && is_gone ? run(store, mneme_sql_pgvector_remember, group, error) : status;
}

static int write_group(struct mneme_pgvector *store, enum group group,
                       const struct mneme_vector_change *changes, size_t count, struct mneme_error *error) {
    struct row rows[MAX_ROWS];
    size_t row_count = 0;
    int status = MNEME_OK;
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        if (group_of(&changes[i]) != group) {
            continue;
        }
        size_t parts = groups[group].has_parts ? mneme_vector_change_parts(&changes[i]) : 1;
        if (row_count + parts > MAX_ROWS) {
            status = write_rows(store, group, rows, row_count, error);
            row_count = 0;
        }
        for (size_t part = 0; part < parts; part++) {
            rows[row_count++] = (struct row){&changes[i], part};
        }
    }
    return status == MNEME_OK && row_count > 0 ? write_rows(store, group, rows, row_count, error) : status;
}

int mneme_pgvector_write(void *context, const struct mneme_vector_change *changes, size_t count,
                         struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    int status = mneme_vector_changes_check(changes, count, store->postgres, &store->generation, error);
    for (int group = 0; group < GROUPS && status == MNEME_OK; group++) {
        status = write_group(store, (enum group)group, changes, count, error);
    }
    return status;
}
