/*
 * The fold's tables in C, made of the migrations' text, against those of a migrated database: migrations may
 * do more than their text tells.
 */
#include <criterion/criterion.h>

#include "consumers/postgres/fold/tables.h"
#include "tests/support/fold_case.h"

static struct mneme_fold_case fold;
static struct mneme_buffer expected;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_buffer_clean_up(&expected);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_tables, .init = set_up, .fini = tear_down);

#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)

static const char *const kinds[] = {
    [MNEME_COLUMN_TEXT] = "text",
    [MNEME_COLUMN_JSONB] = "jsonb",
    [MNEME_COLUMN_LONG] = "bigint",
    [MNEME_COLUMN_INT] = "integer",
    [MNEME_COLUMN_DOUBLE] = "double precision",
    [MNEME_COLUMN_BOOL] = "boolean",
    [MNEME_COLUMN_UUID] = "uuid",
    [MNEME_COLUMN_TIME] = "timestamp with time zone",
    [MNEME_COLUMN_TEXT_ARRAY] = "text[]",
    [MNEME_COLUMN_BYTES] = "bytea",
};

/* "name|type|is_nullable;…", as the catalogue gives it; `history` adds the columns of a history. */
static const char *columns_of(const struct mneme_fold_shape *shape, bool is_history) {
    mneme_buffer_clear(&expected);
    for (size_t i = 0; i < shape->column_count; i++) {
        const struct mneme_column *column = &shape->columns[i];
        mneme_buffer_printf(&expected, "%s%s|%s|%s", i == 0 ? "" : ";", column->name, kinds[column->kind],
                            column->is_nullable ? "t" : "f");
    }
    mneme_buffer_printf(&expected, "%s",
                        is_history ? ";superseded_sequence|bigint|f;valid_to|timestamp with time zone|f"
                                   : "");
    mneme_buffer_append_byte(&expected, 0);
    return expected.data;
}

static const char *columns_in_database(const char *table) {
    return TEXT("SELECT attname, format_type(atttypid, NULL), NOT attnotnull FROM pg_attribute "
                "WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped "
                "ORDER BY attname IN ('superseded_sequence', 'valid_to'), attnum",
                table);
}

Test(fold_tables, have_the_columns_of_the_database) {
    char history[80];
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        const struct mneme_fold_shape *shape = &mneme_fold_shapes[i];
        cr_expect_str_eq(columns_in_database(shape->name), columns_of(shape, false), "%s", shape->name);
        snprintf(history, sizeof history, "%s_history", shape->name);
        if (shape->has_history) {
            cr_expect_str_eq(columns_in_database(history), columns_of(shape, true), "%s", history);
        }
    }
}

Test(fold_tables, have_the_keys_of_the_database) {
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        const struct mneme_fold_shape *shape = &mneme_fold_shapes[i];
        mneme_buffer_clear(&expected);
        for (size_t k = 0; k < shape->key_count; k++) {
            mneme_buffer_printf(&expected, "%s%s", k == 0 ? "" : ";", shape->columns[shape->key[k]].name);
        }
        mneme_buffer_append_byte(&expected, 0);
        cr_expect_str_eq(TEXT("SELECT a.attname FROM pg_index i CROSS JOIN LATERAL "
                              "unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place) "
                              "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum "
                              "WHERE i.indisprimary AND i.indrelid = '%s'::regclass ORDER BY k.place",
                              shape->name),
                         expected.data, "%s", shape->name);
    }
}

/* What has the marks of a table of the fold, in whatever way a migration made it. */
Test(fold_tables, are_all_that_the_database_has) {
    char tables[40];
    snprintf(tables, sizeof tables, "%d", MNEME_FOLD_TABLE_COUNT);
    cr_assert_str_eq(
        TEXT("SELECT count(*) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND "
             "c.relkind IN ('r', 'p') AND 3 = (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid "
             "AND a.attname IN ('source_event_id', 'source_sequence', 'valid_from')) AND NOT EXISTS (SELECT "
             "FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'superseded_sequence')"),
        tables);
}
