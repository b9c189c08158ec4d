/*
 * From a table's plan to its statements: look-up by array, COPY of new rows and old versions, and
 * changes of existing ones by arrays of just those columns that change.
 */
#include <stdio.h>

#include "consumers/postgres/fold/tables.h"

static const char *const sql_types[] = {
    [MNEME_COLUMN_TEXT] = "text",
    [MNEME_COLUMN_JSONB] = "jsonb",
    [MNEME_COLUMN_LONG] = "bigint",
    [MNEME_COLUMN_INT] = "integer",
    [MNEME_COLUMN_DOUBLE] = "double precision",
    [MNEME_COLUMN_BOOL] = "boolean",
    [MNEME_COLUMN_UUID] = "uuid",
    [MNEME_COLUMN_TIME] = "timestamptz",
    [MNEME_COLUMN_TEXT_ARRAY] = "text[]",
    [MNEME_COLUMN_BYTES] = "bytea",
};

/* "$1::text[], $2::text[], …": the arrays of the key; `count` of its columns behind the stream. */
static void append_key_arrays(struct mneme_buffer *sql, const struct mneme_fold_table_plan *plan,
                              size_t count) {
    mneme_buffer_printf(sql, "$1::text[], $2::text[]");
    for (size_t i = 0; i < count; i++) {
        mneme_buffer_printf(sql, ", $%zu::%s[]", i + 3, sql_types[plan->columns[plan->key_rest[i]].kind]);
    }
}

/* "tenant, stream_id, …": their names. */
static void append_key_names(struct mneme_buffer *sql, const struct mneme_fold_table_plan *plan,
                             size_t count) {
    mneme_buffer_printf(sql, "tenant, stream_id");
    for (size_t i = 0; i < count; i++) {
        mneme_buffer_printf(sql, ", %s", plan->columns[plan->key_rest[i]].name);
    }
}

/* The condition that ties a key, called w, to its row, called t. */
static void append_key_match(struct mneme_buffer *sql, const struct mneme_fold_table_plan *plan,
                             size_t count) {
    mneme_buffer_printf(sql, "t.tenant = w.tenant AND t.stream_id = w.stream_id");
    for (size_t i = 0; i < count; i++) {
        const char *name = plan->columns[plan->key_rest[i]].name;
        mneme_buffer_printf(sql, " AND t.%s = w.%s", name, name);
    }
}

static void write_find(struct mneme_fold_table_plan *plan) {
    struct mneme_buffer *sql = &plan->find_sql;
    size_t rest = plan->key_rest_count;
    mneme_buffer_printf(sql, "SELECT w.n");
    for (int i = 0; i < plan->read_count; i++) {
        mneme_buffer_printf(sql, ", t.%s", plan->columns[plan->read[i]].name);
    }
    mneme_buffer_printf(sql, " FROM unnest(");
    append_key_arrays(sql, plan, rest);
    mneme_buffer_printf(sql, ") WITH ORDINALITY AS w(");
    append_key_names(sql, plan, rest);
    mneme_buffer_printf(sql, ", n) JOIN %s t ON ", plan->name);
    append_key_match(sql, plan, rest);
}

/* The columns, each behind `prefix`. */
static void append_columns(struct mneme_buffer *sql, const struct mneme_fold_table_plan *table,
                           const char *prefix) {
    for (size_t i = 0; i < table->column_count; i++) {
        mneme_buffer_printf(sql, "%s%s%s", i == 0 ? "" : ", ", prefix, table->columns[i].name);
    }
}

static void write_copy(struct mneme_fold_table_plan *plan) {
    mneme_buffer_printf(&plan->copy_sql, "COPY %s (", plan->name);
    append_columns(&plan->copy_sql, plan, "");
    mneme_buffer_printf(&plan->copy_sql, ") FROM STDIN (FORMAT binary)");
    if (plan->has_history) {
        mneme_buffer_printf(&plan->history_sql, "COPY %s_history (", plan->name);
        append_columns(&plan->history_sql, plan, "");
        mneme_buffer_printf(&plan->history_sql,
                            ", superseded_sequence, valid_to) FROM STDIN (FORMAT binary)");
    }
}

/* The value that a column takes from w where the row's mask says so. */
static void append_changed(struct mneme_buffer *sql, const struct mneme_column *column, int bit) {
    mneme_buffer_printf(sql, "CASE WHEN w.changed & %lld <> 0 THEN w.%s::%s ELSE t.%s END", 1LL << bit,
                        column->name, sql_types[column->kind], column->name);
}

/* "unnest(<keys>, <masks>, <a text array for each of some>": the next parameter's number is given back. */
static int append_change_arrays(struct mneme_buffer *sql, const struct mneme_fold_table_plan *plan,
                                uint64_t some) {
    int parameter = mneme_fold_table_key_count(plan);
    mneme_buffer_printf(sql, "unnest(");
    append_key_arrays(sql, plan, plan->key_rest_count);
    mneme_buffer_printf(sql, ", $%d::bigint[]", ++parameter);
    for (uint64_t left = some; left != 0; left &= left - 1) {
        mneme_buffer_printf(sql, ", $%d::text[]", ++parameter);
    }
    return parameter;
}

/* ") AS w(<keys>, changed, <some>": their names. */
static void append_change_names(struct mneme_buffer *sql, const struct mneme_fold_table_plan *plan,
                                uint64_t some) {
    mneme_buffer_printf(sql, ") AS w(");
    append_key_names(sql, plan, plan->key_rest_count);
    mneme_buffer_printf(sql, ", changed");
    for (uint64_t left = some; left != 0; left &= left - 1) {
        mneme_buffer_printf(sql, ", %s", plan->columns[__builtin_ctzll(left)].name);
    }
}

void mneme_fold_table_update_sql(const struct mneme_fold_table_plan *plan, uint64_t some, uint64_t all,
                                 struct mneme_buffer *sql) {
    bool is_first = true;
    mneme_buffer_printf(sql, "UPDATE %s t SET ", plan->name);
    for (uint64_t left = some; left != 0; left &= left - 1) {
        int i = __builtin_ctzll(left);
        const struct mneme_column *column = &plan->columns[i];
        mneme_buffer_printf(sql, "%s%s = ", is_first ? "" : ", ", column->name);
        is_first = false;
        if (all & UINT64_C(1) << i) {
            mneme_buffer_printf(sql, "w.%s::%s", column->name, sql_types[column->kind]);
        } else {
            append_changed(sql, column, i);
        }
    }
    mneme_buffer_printf(sql, " FROM ");
    (void)append_change_arrays(sql, plan, some);
    append_change_names(sql, plan, some);
    mneme_buffer_printf(sql, ") WHERE ");
    append_key_match(sql, plan, plan->key_rest_count);
    mneme_buffer_append_byte(sql, 0);
}

void mneme_fold_table_supersede_sql(const struct mneme_fold_table_plan *plan, uint64_t some,
                                    struct mneme_buffer *sql) {
    mneme_buffer_printf(sql, "INSERT INTO %s_history (", plan->name);
    append_columns(sql, plan, "");
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) SELECT ");
    for (size_t i = 0; i < plan->column_count; i++) {
        if (some & UINT64_C(1) << i) {
            append_changed(sql, &plan->columns[i], (int)i);
        } else {
            mneme_buffer_printf(sql, "t.%s", plan->columns[i].name);
        }
        mneme_buffer_printf(sql, ", ");
    }
    mneme_buffer_printf(sql, "w.superseded_sequence, w.valid_to::timestamptz FROM ");
    int parameter = append_change_arrays(sql, plan, some);
    mneme_buffer_printf(sql, ", $%d::bigint[], $%d::text[]", parameter + 1, parameter + 2);
    append_change_names(sql, plan, some);
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) JOIN %s t ON ", plan->name);
    append_key_match(sql, plan, plan->key_rest_count);
    mneme_buffer_append_byte(sql, 0);
}

/* Moves all children of the parents whose keys are given. A child's id is its parent's. One that the batch
 * has corrected before is in the history already, as it was until then. */
static void write_wipe(struct mneme_fold_table_plan *plan) {
    struct mneme_buffer *sql = &plan->wipe_sql;
    mneme_buffer_printf(sql, "WITH gone AS (DELETE FROM %s t USING unnest(", plan->name);
    append_key_arrays(sql, plan, 1);
    mneme_buffer_printf(sql, ", $4::bigint[], $5::text[]) AS w(");
    append_key_names(sql, plan, 1);
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) WHERE ");
    append_key_match(sql, plan, 1);
    mneme_buffer_printf(sql, " RETURNING ");
    append_columns(sql, plan, "t.");
    mneme_buffer_printf(sql, ", w.superseded_sequence, w.valid_to::timestamptz) INSERT INTO %s_history (",
                        plan->name);
    append_columns(sql, plan, "");
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) SELECT * FROM gone ON CONFLICT DO NOTHING");
}

int mneme_fold_table_write_sql(struct mneme_fold_table_plan *plan, struct mneme_error *error) {
    write_find(plan);
    write_copy(plan);
    if (plan->index >= 0 && plan->has_history) {
        write_wipe(plan);
    }
    struct mneme_buffer *const all[] = {&plan->find_sql, &plan->copy_sql, &plan->history_sql,
                                        &plan->wipe_sql};
    bool is_whole = true;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        mneme_buffer_append_byte(all[i], 0);
        is_whole = is_whole && !all[i]->failed;
    }
    return is_whole
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_NO_MEMORY, "the fold was not prepared: memory is exhausted");
}
