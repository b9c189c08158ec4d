/*
 * The tables of things that live on (memories, conversations, knowledge …) as data: columns, keys and which
 * column plays which part. The statements that look rows up, load and change them are made from this.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_TABLES_H
#define MNEME_CONSUMERS_POSTGRES_TABLES_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/types.h"

enum mneme_table_id {
    MNEME_TABLE_MEMORIES,
    MNEME_TABLE_CONVERSATIONS,
    MNEME_TABLE_TURNS,
    MNEME_TABLE_LINKS,
    MNEME_TABLE_DECISIONS,
    MNEME_TABLE_HANDOFFS,
    MNEME_TABLE_HYPOTHESES,
    MNEME_TABLE_KNOWLEDGE,
    MNEME_TABLE_PROFILES,
    MNEME_TABLE_FLOW_RUNS,
    MNEME_TABLE_TASK_OUTPUTS,
    MNEME_TABLE_RETENTION,
    MNEME_TABLE_WORKING,
    MNEME_TABLE_WORKING_ENTRIES,
    MNEME_TABLE_CONTEXT_KEYS,
    MNEME_TABLE_COUNT,
};

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
    bool is_read; /* fetched when the row is looked up: verdicts and arithmetic need it */
};

/* A row's key is (tenant, stream_id, id) and, where they are set, `second` and `index` too. Every table has
 * the columns source_sequence and valid_from, which tell the event that made the row's version; a table with
 * a history has a second table, <name>_history, for the versions before. */
struct mneme_table {
    const char *name;
    const struct mneme_column *columns;
    size_t column_count;
    const char *id;             /* a text or uuid column */
    const char *second;         /* a text or uuid column; else NULL */
    const char *index;          /* a bigint column of rows that belong to a parent row; else NULL */
    const char *version;        /* counts the changes of the row; NULL: rows never change */
    const char *deleted;        /* the mark of a soft delete, or NULL */
    const char *next_index;     /* where a parent keeps the index of its next child, or NULL */
    bool has_history;           /* so has a table with an index, if its parents can be created again */
    bool has_id_high;           /* streams.memory_id_high is the highest version 7 id of this table */
    enum mneme_table_id parent; /* of a table with an index, or with `forgotten` */
    const char *forgotten; /* the parent's column that tells up to which sequence_id rows of this table are
                              as good as deleted; else NULL. Both columns are read */
    enum mneme_table_id child; /* of a table with next_index */
};

extern const struct mneme_table mneme_tables[MNEME_TABLE_COUNT];

#define MNEME_MAX_COLUMNS 64 /* a change is a mask of 64 bits */

/* A table with its parts found by name and its statements written; made once at open. */
struct mneme_table_plan {
    const struct mneme_table *table;
    enum mneme_column_kind id_kind, second_kind;
    int tenant, stream_id, id, sequence, valid_from; /* columns */
    int second, index, version, deleted, next_index; /* columns, or -1 */
    int forgotten;                                   /* a column of the parent, or -1 */
    int key_rest[3]; /* the key columns behind tenant and stream_id, in the order of the parameters */
    size_t key_rest_count;
    uint64_t keys;               /* a bit for each key column */
    int read[MNEME_MAX_COLUMNS]; /* the columns that the look-up fetches, in its order */
    int read_count;
    /* NUL-terminated SQL, owned. The look-up takes arrays of tenants, streams, ids (seconds, indexes) and
     * gives the number of the key in them, from 1, and the read columns. history_sql loads the history, its
     * two own columns last. The wipe moves all children of the parents of such keys to the history; arrays of
     * superseded_sequence and valid_to (as text) follow those of the keys. */
    struct mneme_buffer find_sql, copy_sql, history_sql, wipe_sql;
};

/* MNEME_E_INTERNAL, with the name that is wrong, when the table's data does not fit together. */
int mneme_table_plan_init(struct mneme_table_plan *plan, const struct mneme_table *table,
                          struct mneme_error *error);
void mneme_table_plan_clean_up(struct mneme_table_plan *plan);

/* The statement, with a NUL, that changes rows. Its parameters are arrays: tenants, streams, ids (seconds,
 * indexes), masks of the columns that change in each row, and for each column of `some`, in order, its values
 * as text; those of `all` change in every row. Key columns must not be among them. */
void mneme_table_update_sql(const struct mneme_table_plan *plan, uint64_t some, uint64_t all,
                            struct mneme_buffer *sql);

/* The statement, with a NUL, that puts versions of rows that the table has into its history: each is the row
 * with the columns of its mask changed, `some` of them in any. Parameters as above, then arrays of
 * superseded_sequence and valid_to (as text). */
void mneme_table_supersede_sql(const struct mneme_table_plan *plan, uint64_t some, struct mneme_buffer *sql);

/* How many key arrays the statements begin with. */
static inline int mneme_table_key_count(const struct mneme_table_plan *plan) {
    return 2 + (int)plan->key_rest_count;
}

/* The column of that name, or -1. */
int mneme_table_column(const struct mneme_table *table, const char *name);

/* The name of a kind in SQL; a constant. */
const char *mneme_column_sql_type(enum mneme_column_kind kind);

#endif
