/*
 * From a table's description to its statements: look-up by array, COPY of new rows and old versions, and
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

const char *mneme_column_sql_type(enum mneme_column_kind kind) {
    return sql_types[kind];
}

int mneme_table_column(const struct mneme_table *table, const char *name) {
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Finds the column that plays a part; a part that the table does not have is -1. */
static int find_part(int *column, const struct mneme_table *table, const char *name,
                     struct mneme_error *error) {
    *column = -1;
    if (name == NULL) {
        return 0;
    }
    *column = mneme_table_column(table, name);
    if (*column < 0) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "the table %s is described wrongly: it has no column %s; correct tables.c",
                               table->name, name);
    }
    return 0;
}

static bool is_text(enum mneme_column_kind kind) {
    return kind == MNEME_COLUMN_TEXT || kind == MNEME_COLUMN_JSONB || kind == MNEME_COLUMN_TEXT_ARRAY ||
           kind == MNEME_COLUMN_BYTES;
}

/* "$1::text[], $2::text[], …": the arrays of the key; `count` of its columns behind the stream. */
static void append_key_arrays(struct mneme_buffer *sql, const struct mneme_table_plan *plan, size_t count) {
    mneme_buffer_printf(sql, "$1::text[], $2::text[]");
    for (size_t i = 0; i < count; i++) {
        mneme_buffer_printf(sql, ", $%zu::%s[]", i + 3,
                            sql_types[plan->table->columns[plan->key_rest[i]].kind]);
    }
}

/* "tenant, stream_id, …": their names. */
static void append_key_names(struct mneme_buffer *sql, const struct mneme_table_plan *plan, size_t count) {
    mneme_buffer_printf(sql, "tenant, stream_id");
    for (size_t i = 0; i < count; i++) {
        mneme_buffer_printf(sql, ", %s", plan->table->columns[plan->key_rest[i]].name);
    }
}

/* The condition that ties a key, called w, to its row, called t. */
static void append_key_match(struct mneme_buffer *sql, const struct mneme_table_plan *plan, size_t count) {
    mneme_buffer_printf(sql, "t.tenant = w.tenant AND t.stream_id = w.stream_id");
    for (size_t i = 0; i < count; i++) {
        const char *name = plan->table->columns[plan->key_rest[i]].name;
        mneme_buffer_printf(sql, " AND t.%s = w.%s", name, name);
    }
}

static void write_find(struct mneme_table_plan *plan) {
    struct mneme_buffer *sql = &plan->find_sql;
    size_t rest = plan->key_rest_count;
    mneme_buffer_printf(sql, "SELECT w.n");
    for (int i = 0; i < plan->read_count; i++) {
        mneme_buffer_printf(sql, ", t.%s", plan->table->columns[plan->read[i]].name);
    }
    mneme_buffer_printf(sql, " FROM unnest(");
    append_key_arrays(sql, plan, rest);
    mneme_buffer_printf(sql, ") WITH ORDINALITY AS w(");
    append_key_names(sql, plan, rest);
    mneme_buffer_printf(sql, ", n) JOIN %s t ON ", plan->table->name);
    append_key_match(sql, plan, rest);
}

/* The columns, each behind `prefix`. */
static void append_columns(struct mneme_buffer *sql, const struct mneme_table *table, const char *prefix) {
    for (size_t i = 0; i < table->column_count; i++) {
        mneme_buffer_printf(sql, "%s%s%s", i == 0 ? "" : ", ", prefix, table->columns[i].name);
    }
}

static void write_copy(struct mneme_table_plan *plan) {
    const struct mneme_table *table = plan->table;
    mneme_buffer_printf(&plan->copy_sql, "COPY %s (", table->name);
    append_columns(&plan->copy_sql, table, "");
    mneme_buffer_printf(&plan->copy_sql, ") FROM STDIN (FORMAT binary)");
    if (table->has_history) {
        mneme_buffer_printf(&plan->history_sql, "COPY %s_history (", table->name);
        append_columns(&plan->history_sql, table, "");
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
static int append_change_arrays(struct mneme_buffer *sql, const struct mneme_table_plan *plan,
                                uint64_t some) {
    int parameter = mneme_table_key_count(plan);
    mneme_buffer_printf(sql, "unnest(");
    append_key_arrays(sql, plan, plan->key_rest_count);
    mneme_buffer_printf(sql, ", $%d::bigint[]", ++parameter);
    for (uint64_t left = some; left != 0; left &= left - 1) {
        mneme_buffer_printf(sql, ", $%d::text[]", ++parameter);
    }
    return parameter;
}

/* ") AS w(<keys>, changed, <some>": their names. */
static void append_change_names(struct mneme_buffer *sql, const struct mneme_table_plan *plan,
                                uint64_t some) {
    mneme_buffer_printf(sql, ") AS w(");
    append_key_names(sql, plan, plan->key_rest_count);
    mneme_buffer_printf(sql, ", changed");
    for (uint64_t left = some; left != 0; left &= left - 1) {
        mneme_buffer_printf(sql, ", %s", plan->table->columns[__builtin_ctzll(left)].name);
    }
}

void mneme_table_update_sql(const struct mneme_table_plan *plan, uint64_t some, uint64_t all,
                            struct mneme_buffer *sql) {
    const struct mneme_table *table = plan->table;
    bool is_first = true;
    mneme_buffer_printf(sql, "UPDATE %s t SET ", table->name);
    for (uint64_t left = some; left != 0; left &= left - 1) {
        int i = __builtin_ctzll(left);
        const struct mneme_column *column = &table->columns[i];
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

void mneme_table_supersede_sql(const struct mneme_table_plan *plan, uint64_t some, struct mneme_buffer *sql) {
    const struct mneme_table *table = plan->table;
    mneme_buffer_printf(sql, "INSERT INTO %s_history (", table->name);
    append_columns(sql, table, "");
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        if (some & UINT64_C(1) << i) {
            append_changed(sql, &table->columns[i], (int)i);
        } else {
            mneme_buffer_printf(sql, "t.%s", table->columns[i].name);
        }
        mneme_buffer_printf(sql, ", ");
    }
    mneme_buffer_printf(sql, "w.superseded_sequence, w.valid_to::timestamptz FROM ");
    int parameter = append_change_arrays(sql, plan, some);
    mneme_buffer_printf(sql, ", $%d::bigint[], $%d::text[]", parameter + 1, parameter + 2);
    append_change_names(sql, plan, some);
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) JOIN %s t ON ", table->name);
    append_key_match(sql, plan, plan->key_rest_count);
    mneme_buffer_append_byte(sql, 0);
}

/* Moves all children of the parents whose keys are given. A child's id is its parent's. */
static void write_wipe(struct mneme_table_plan *plan) {
    const struct mneme_table *table = plan->table;
    struct mneme_buffer *sql = &plan->wipe_sql;
    mneme_buffer_printf(sql, "WITH gone AS (DELETE FROM %s t USING unnest(", table->name);
    append_key_arrays(sql, plan, 1);
    mneme_buffer_printf(sql, ", $4::bigint[], $5::text[]) AS w(");
    append_key_names(sql, plan, 1);
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) WHERE ");
    append_key_match(sql, plan, 1);
    mneme_buffer_printf(sql, " RETURNING ");
    append_columns(sql, table, "t.");
    mneme_buffer_printf(sql, ", w.superseded_sequence, w.valid_to::timestamptz) INSERT INTO %s_history (",
                        table->name);
    append_columns(sql, table, "");
    mneme_buffer_printf(sql, ", superseded_sequence, valid_to) SELECT * FROM gone");
}

static int finish(struct mneme_buffer *sql, struct mneme_error *error) {
    mneme_buffer_append_byte(sql, 0);
    return sql->failed
               ? mneme_error_set(error, MNEME_E_NO_MEMORY, "the fold was not prepared: memory is exhausted")
               : 0;
}

int mneme_table_plan_init(struct mneme_table_plan *plan, const struct mneme_table *table,
                          struct mneme_error *error) {
    *plan = (struct mneme_table_plan){.table = table};
    if (table->column_count >= MNEME_MAX_COLUMNS) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "the table %s has %zu columns: a change holds fewer than %d; widen the mask",
                               table->name, table->column_count, MNEME_MAX_COLUMNS);
    }
    const struct {
        int *column;
        const char *name;
    } parts[] = {
        {&plan->tenant, "tenant"},
        {&plan->stream_id, "stream_id"},
        {&plan->sequence, "source_sequence"},
        {&plan->valid_from, "valid_from"},
        {&plan->id, table->id},
        {&plan->second, table->second},
        {&plan->index, table->index},
        {&plan->version, table->version},
        {&plan->deleted, table->deleted},
        {&plan->next_index, table->next_index},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int status = find_part(parts[i].column, table, parts[i].name, error);
        if (status != 0) {
            return status;
        }
    }
    plan->id_kind = table->columns[plan->id].kind;
    plan->second_kind = plan->second < 0 ? MNEME_COLUMN_UUID : table->columns[plan->second].kind;
    const struct mneme_table *parent = &mneme_tables[table->parent];
    int status = find_part(&plan->forgotten, parent, table->forgotten, error);
    if (status != 0) {
        return status;
    }
    if (plan->forgotten >= 0 &&
        !(parent->columns[plan->forgotten].is_read && table->columns[plan->sequence].is_read)) {
        return mneme_error_set(
            error, MNEME_E_INTERNAL,
            "the table %s is described wrongly: what it forgets is not read; correct tables.c", table->name);
    }
    const int rest[] = {plan->id, plan->second, plan->index};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (rest[i] >= 0) {
            plan->key_rest[plan->key_rest_count++] = rest[i];
        }
    }
    plan->keys = UINT64_C(1) << plan->tenant | UINT64_C(1) << plan->stream_id | UINT64_C(1) << plan->id |
                 (plan->second < 0 ? 0 : UINT64_C(1) << plan->second) |
                 (plan->index < 0 ? 0 : UINT64_C(1) << plan->index);
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].is_read && is_text(table->columns[i].kind)) {
            return mneme_error_set(
                error, MNEME_E_INTERNAL,
                "the table %s is described wrongly: %s is text, which no verdict reads; correct tables.c",
                table->name, table->columns[i].name);
        }
        if (table->columns[i].is_read) {
            plan->read[plan->read_count++] = (int)i;
        }
    }
    write_find(plan);
    write_copy(plan);
    if (table->index != NULL && table->has_history) {
        write_wipe(plan);
    }
    struct mneme_buffer *const all[] = {&plan->find_sql, &plan->copy_sql, &plan->history_sql,
                                        &plan->wipe_sql};
    for (size_t i = 0; i < sizeof all / sizeof *all && status == 0; i++) {
        status = finish(all[i], error);
    }
    return status;
}

void mneme_table_plan_clean_up(struct mneme_table_plan *plan) {
    struct mneme_buffer *const all[] = {&plan->find_sql, &plan->copy_sql, &plan->history_sql,
                                        &plan->wipe_sql};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        mneme_buffer_clean_up(all[i]);
    }
}
