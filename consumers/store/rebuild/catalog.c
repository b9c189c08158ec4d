/*
 * Both lists come in the same order, so that one pass merges them.
 */
#include "consumers/store/rebuild/catalog.h"

#include <string.h>

#include "sql/embedded.h"

#define MAX_NAMED 50 /* objects of each kind of difference; more are only counted */

enum column { TABLE_NAME, KIND, NAME, DEFINITION };

static int order_of(const PGresult *a, int row_a, const PGresult *b, int row_b) {
    int order = 0;
    for (int column = TABLE_NAME; order == 0 && column <= NAME; column++) {
        order = strcmp(PQgetvalue(a, row_a, column), PQgetvalue(b, row_b, column));
    }
    return order;
}

static void note(struct mneme_rebuild_table_difference *found, enum mneme_difference kind,
                 const PGresult *rows, int row) {
    if (found->counts[kind]++ >= MAX_NAMED) {
        return;
    }
    const char *table = PQgetvalue(rows, row, TABLE_NAME);
    mneme_buffer_printf(&found->keys[kind], "%s%s%s%s/%s", found->keys[kind].len > 0 ? "\n" : "", table,
                        *table == '\0' ? "" : "/", PQgetvalue(rows, row, KIND), PQgetvalue(rows, row, NAME));
}

static bool holds_rows(const PGresult *rows, int row) {
    const char *kind = PQgetvalue(rows, row, KIND);
    return strcmp(kind, "column") == 0 || strcmp(kind, "table") == 0;
}

static void merge(struct mneme_rebuild_table_difference *found, bool *has_all_columns,
                  const PGresult *expected, const PGresult *actual) {
    int at = 0;
    for (int row = 0; row < PQntuples(expected); row++) {
        int order = -1;
        while (at < PQntuples(actual) && (order = order_of(actual, at, expected, row)) < 0) {
            at++;
        }
        bool is_there = at < PQntuples(actual) && order == 0;
        bool is_same = is_there &&
                       strcmp(PQgetvalue(actual, at, DEFINITION), PQgetvalue(expected, row, DEFINITION)) == 0;
        found->rows += is_there ? 1 : 0;
        found->log_rows++;
        if (!is_same) {
            note(found, is_there ? MNEME_REBUILD_ROW_DIFFERENT : MNEME_REBUILD_ROW_MISSING, expected, row);
            *has_all_columns = *has_all_columns && (is_there || !holds_rows(expected, row));
        }
    }
}

int mneme_catalog_compare(struct mneme_rebuild_table_difference *found, bool *has_all_columns,
                          struct mneme_scratch *scratch, struct mneme_postgres *postgres,
                          struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *parts = NULL;
    PGresult *expected = NULL;
    PGresult *actual = NULL;
    *found = (struct mneme_rebuild_table_difference){.table = MNEME_CATALOG_TABLE, .is_definitions = true};
    *has_all_columns = true;
    int status = mneme_pg_query(&parts, postgres, mneme_sql_catalog_parts, NULL, false, error);
    if (status == MNEME_OK) {
        mneme_pg_param_str(&params, mneme_str_from(PQgetvalue(parts, 0, 0)));
    }
    mneme_pg_param_str(&params,
                       scratch->example == NULL ? MNEME_STR_NULL : mneme_str_from(scratch->example->table));
    if (status == MNEME_OK) {
        status =
            mneme_pg_query(&expected, scratch->postgres, mneme_sql_catalog_expected, &params, false, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_query(&actual, postgres, mneme_sql_catalog_objects, NULL, false, error);
    }
    if (status == MNEME_OK) {
        merge(found, has_all_columns, expected, actual);
    }
    PQclear(parts);
    PQclear(expected);
    PQclear(actual);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_catalog_require(struct mneme_scratch *scratch, const char *projection, struct mneme_error *error) {
    struct mneme_rebuild_table_difference found;
    bool has_all_columns;
    int status = mneme_catalog_compare(&found, &has_all_columns, scratch, scratch->postgres, error);
    int64_t count = 0;
    const char *first = "";
    for (int kind = 0; status == MNEME_OK && kind < MNEME_DIFFERENCES; kind++) {
        if (count == 0 && found.counts[kind] > 0) {
            mneme_buffer_append_byte(&found.keys[kind], '\0');
            first = found.keys[kind].failed ? "" : found.keys[kind].data;
        }
        count += found.counts[kind];
    }
    if (count > 0) {
        status = mneme_error_set(
            error, MNEME_E_INTERNAL,
            "nothing was switched: the rebuilt tables lack %lld things that the migrations make (%.*s); run "
            "`mneme rebuild %s --abandon`, then `mneme rebuild %s` again",
            (long long)count, (int)strcspn(first, "\n"), first, projection, projection);
    }
    if (status == MNEME_OK || count > 0) {
        for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
            mneme_buffer_clean_up(&found.keys[kind]);
        }
    }
    return status;
}
