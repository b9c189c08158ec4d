/*
 * The tables of lasting things (memories, conversations, knowledge …). The migrations define a table's
 * columns and keys: sql/tables.py makes its shape from them. A file of consumers/postgres/subjects declares
 * what the fold does with it. Both together make a plan, with the statements that look up, load and change
 * rows.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_TABLES_H
#define MNEME_CONSUMERS_POSTGRES_TABLES_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/types.h"
#include "sql/tables.h"

enum mneme_column_kind {
    MNEME_COLUMN_TEXT,
    MNEME_COLUMN_JSONB,
    MNEME_COLUMN_LONG,
    MNEME_COLUMN_INT,
    MNEME_COLUMN_DOUBLE,
    MNEME_COLUMN_BOOL,
    MNEME_COLUMN_UUID,
    MNEME_COLUMN_TIME,
    MNEME_COLUMN_TEXT_ARRAY,
    MNEME_COLUMN_BYTES,
};

/* A column's value in memory. */
union mneme_cell {
    struct mneme_str text; /* text, JSON, bytes */
    int64_t number;        /* whole numbers and times */
    double real;
    bool flag;
    struct mneme_uuid uuid;
    const struct mneme_str_array *strings;
};

struct mneme_column {
    const char *name;
    enum mneme_column_kind kind;
    bool is_nullable;
};

/* A table as the migrations leave it. */
struct mneme_fold_shape {
    const char *name;
    const struct mneme_column *columns;
    size_t column_count;
    const int *key; /* the columns of the primary key */
    size_t key_count;
    bool has_history; /* a second table, <name>_history, has the former versions */
};

extern const struct mneme_fold_shape mneme_fold_shapes[MNEME_FOLD_TABLE_COUNT];

struct mneme_action;

/* What the fold does with a table. It knows some columns by name: tenant and stream_id; source_sequence and
 * valid_from, which name the event that made the row's version; `version`, which counts the row's changes
 * (rows of a table without it never change, unless they are children that are corrected); `is_deleted`, the
 * mark of a soft delete; and `first_sequence`, which is null until a child is corrected, and is then the
 * source_sequence of the event that stored it first. The other columns of the primary key name the row: one
 * or two texts or UUIDs, and, if the rows belong to a parent, a bigint, the row's index. Such a table and its
 * parent have the same id. */
struct mneme_fold_table {
    const struct mneme_action *actions; /* of the events that are about rows of this table first of all */
    size_t action_count;
    bool has_id_high;       /* streams.memory_id_high is the highest version 7 id of this table */
    const char *beside_key; /* a column of the primary key that is only for readers, not part of a row's name;
                               else NULL */
    enum mneme_fold_table_id parent; /* of a table with an index, or with `forgotten` */
    const char *next_index;          /* the parent's column for the index of its next row here */
    const char *forgotten; /* the parent's column that tells up to which sequence_id rows of this table are
                              as good as deleted; else NULL */
};

extern const struct mneme_fold_table *const mneme_fold_tables[MNEME_FOLD_TABLE_COUNT];

#define MNEME_FOLD_MAX_COLUMNS 64 /* a change is a mask of 64 bits; a table has fewer columns */

/* A table with its parts found by name and its statements written; made once at open. */
struct mneme_fold_table_plan {
    const struct mneme_fold_table *table;
    const char *name;
    const struct mneme_column *columns;
    size_t column_count;
    bool has_history;
    bool has_parent;
    enum mneme_fold_table_id parent, child; /* child: of a table with next_index */
    enum mneme_column_kind id_kind, second_kind;
    int tenant, stream_id, id, sequence, valid_from; /* columns */
    int second, index, version, deleted, next_index; /* columns, or -1 */
    int first;                                       /* a column, or -1 */
    int forgotten;                                   /* a column of the parent, or -1 */
    int key_rest[3]; /* the key columns behind tenant and stream_id, in the order of the parameters */
    size_t key_rest_count;
    uint64_t keys;                    /* a bit for each key column */
    int read[MNEME_FOLD_MAX_COLUMNS]; /* the columns that the look-up fetches, in its order: verdicts and
                                    arithmetic need them */
    int read_count;
    /* NUL-terminated SQL, owned. The look-up takes arrays of tenants, streams, ids (seconds, indexes) and
     * gives the number of the key in them, from 1, and the read columns. history_sql loads the history, its
     * two own columns last. The wipe moves all children of the parents of such keys to the history; arrays of
     * superseded_sequence and valid_to (as text) follow those of the keys. */
    struct mneme_buffer find_sql, copy_sql, history_sql, wipe_sql;
};

/* The plans of all tables: mneme_fold_shapes and mneme_fold_tables outside tests, which the plans borrow.
 * MNEME_E_INTERNAL, with the table and the name that is wrong, when they do not fit together. Clean up the
 * plans in any case. */
int mneme_fold_table_plans_init(struct mneme_fold_table_plan plans[MNEME_FOLD_TABLE_COUNT],
                                const struct mneme_fold_shape shapes[MNEME_FOLD_TABLE_COUNT],
                                const struct mneme_fold_table *const tables[MNEME_FOLD_TABLE_COUNT],
                                struct mneme_error *error);
void mneme_fold_table_plans_clean_up(struct mneme_fold_table_plan plans[MNEME_FOLD_TABLE_COUNT]);

/* Writes the statements of a plan that has all its columns. MNEME_E_NO_MEMORY. */
int mneme_fold_table_write_sql(struct mneme_fold_table_plan *plan, struct mneme_error *error);

/* The statement, with a NUL, that changes rows. Its parameters are arrays: tenants, streams, ids (seconds,
 * indexes), masks of the columns that change in each row, and for each column of `some`, in order, its values
 * as text; those of `all` change in every row. Key columns must not be among them. */
void mneme_fold_table_update_sql(const struct mneme_fold_table_plan *plan, uint64_t some, uint64_t all,
                                 struct mneme_buffer *sql);

/* The statement, with a NUL, that copies versions of the table's rows into its history: each is the row with
 * the columns of its mask changed, each of them one of `some`. Parameters as above, then arrays of
 * superseded_sequence and valid_to (as text). */
void mneme_fold_table_supersede_sql(const struct mneme_fold_table_plan *plan, uint64_t some,
                                    struct mneme_buffer *sql);

/* How many key arrays the statements begin with. */
static inline int mneme_fold_table_key_count(const struct mneme_fold_table_plan *plan) {
    return 2 + (int)plan->key_rest_count;
}

/* The column of that name, or -1. */
int mneme_fold_table_column(const struct mneme_fold_table_plan *plan, const char *name);

#endif
