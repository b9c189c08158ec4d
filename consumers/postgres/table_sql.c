/*
 * From a table's description to its statements: look-up by array, COPY of new rows, and changes of existing
 * ones by arrays of just those columns that change.
 */
#include <stdio.h>

#include "consumers/postgres/tables.h"

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

/* " FROM/USING unnest($1…) AS w JOIN/…" differ; the condition that ties a key to its row does not. */
static void append_key_match(struct mneme_buffer *sql, const struct mneme_table *table, const char *other) {
    mneme_buffer_printf(sql, "t.tenant = %s.tenant AND t.stream_id = %s.stream_id AND t.%s = %s.%s", other,
                        other, table->id, other, table->id);
    if (table->index != NULL) {
        mneme_buffer_printf(sql, " AND t.%s = %s.%s", table->index, other, table->index);
    }
}

static void write_find(struct mneme_table_plan *plan) {
    const struct mneme_table *table = plan->table;
    struct mneme_buffer *sql = &plan->find_sql;
    mneme_buffer_printf(sql, "SELECT w.n");
    for (int i = 0; i < plan->read_count; i++) {
        mneme_buffer_printf(sql, ", t.%s", table->columns[plan->read[i]].name);
    }
    mneme_buffer_printf(
        sql, " FROM unnest($1::text[], $2::text[], $3::%s[]%s) WITH ORDINALITY AS w(tenant, stream_id, %s",
        sql_types[plan->id_kind], table->index != NULL ? ", $4::bigint[]" : "", table->id);
    if (table->index != NULL) {
        mneme_buffer_printf(sql, ", %s", table->index);
    }
    mneme_buffer_printf(sql, ", n) JOIN %s t ON ", table->name);
    append_key_match(sql, table, "w");
}

static void write_copy(struct mneme_table_plan *plan) {
    const struct mneme_table *table = plan->table;
    mneme_buffer_printf(&plan->copy_sql, "COPY %s (", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        mneme_buffer_printf(&plan->copy_sql, "%s%s", i == 0 ? "" : ", ", table->columns[i].name);
    }
    mneme_buffer_printf(&plan->copy_sql, ") FROM STDIN (FORMAT binary)");
}

void mneme_table_update_sql(const struct mneme_table_plan *plan, uint64_t some, uint64_t all,
                            struct mneme_buffer *sql) {
    const struct mneme_table *table = plan->table;
    struct mneme_buffer names = {0};
    int parameter = 4;
    mneme_buffer_printf(sql, "UPDATE %s t SET ", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        const char *type = sql_types[table->columns[i].kind];
        if (!(some & UINT64_C(1) << i)) {
            continue;
        }
        mneme_buffer_printf(sql, "%s%s = ", parameter == 4 ? "" : ", ", name);
        if (all & UINT64_C(1) << i) {
            mneme_buffer_printf(sql, "w.%s::%s", name, type);
        } else {
            mneme_buffer_printf(sql, "CASE WHEN w.changed & %lld <> 0 THEN w.%s::%s ELSE t.%s END", 1LL << i,
                                name, type, name);
        }
        mneme_buffer_printf(&names, ", %s", name);
        parameter++;
    }
    mneme_buffer_printf(sql, " FROM unnest($1::text[], $2::text[], $3::%s[], $4::bigint[]",
                        sql_types[plan->id_kind]);
    for (int i = 5; i <= parameter; i++) {
        mneme_buffer_printf(sql, ", $%d::text[]", i);
    }
    mneme_buffer_printf(sql, ") AS w(tenant, stream_id, %s, changed%.*s) WHERE ", table->id,
                        MNEME_STR_ARG(mneme_buffer_str(&names)));
    append_key_match(sql, table, "w");
    mneme_buffer_append_byte(sql, 0);
    sql->failed |= names.failed;
    mneme_buffer_clean_up(&names);
}

/* Takes all children of the parents whose keys are given. */
static void write_delete(struct mneme_table_plan *plan) {
    const struct mneme_table *table = plan->table;
    mneme_buffer_printf(
        &plan->delete_sql,
        "DELETE FROM %s t USING unnest($1::text[], $2::text[], $3::%s[]) AS w(tenant, stream_id, %s) "
        "WHERE t.tenant = w.tenant AND t.stream_id = w.stream_id AND t.%s = w.%s",
        table->name, sql_types[plan->id_kind], table->id, table->id, table->id);
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
    int *const parts[] = {&plan->tenant,  &plan->stream_id, &plan->id,        &plan->index,
                          &plan->version, &plan->deleted,   &plan->next_index};
    const char *const names[] = {"tenant",       "stream_id",    table->id,        table->index,
                                 table->version, table->deleted, table->next_index};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int status = find_part(parts[i], table, names[i], error);
        if (status != 0) {
            return status;
        }
    }
    plan->id_kind = table->columns[plan->id].kind;
    plan->keys = UINT64_C(1) << plan->tenant | UINT64_C(1) << plan->stream_id | UINT64_C(1) << plan->id |
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
    if (table->index != NULL) {
        write_delete(plan);
    }
    struct mneme_buffer *const all[] = {&plan->find_sql, &plan->copy_sql, &plan->delete_sql};
    int status = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all && status == 0; i++) {
        status = finish(all[i], error);
    }
    return status;
}

void mneme_table_plan_clean_up(struct mneme_table_plan *plan) {
    struct mneme_buffer *const all[] = {&plan->find_sql, &plan->copy_sql, &plan->delete_sql};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        mneme_buffer_clean_up(all[i]);
    }
}
