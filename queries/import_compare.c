/*
 * The events are sent to Postgres as they are and compared there; JSON is compared by its meaning.
 */
#include "queries/import_compare.h"

#include "sql/embedded.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_import_compared, column_name) }

static const struct mneme_row_column columns[] = {
    COLUMN(n, MNEME_ROW_LONG),
    COLUMN(verdict, MNEME_ROW_STR),
    COLUMN(version, MNEME_ROW_OPT_LONG),
    COLUMN(is_deleted, MNEME_ROW_OPT_BOOL),
    COLUMN(differing, MNEME_ROW_STR_ARRAY),
};

int mneme_import_compare(struct mneme_postgres *postgres, struct mneme_str events_json,
                         mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    static const struct mneme_question question = {
        .what = "the file was not compared with the store",
        .sql = mneme_sql_import_compare,
        .columns = columns,
        .column_count = COUNT(columns),
        .row_bytes = sizeof(struct mneme_import_compared),
    };
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, events_json);
    int status = mneme_query_run(postgres, &question, &params, visit, context, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
