/*
 * One query finds out whether anything waits, and a second one what.
 */
#include "queries/stale.h"

#include "sql/embedded.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SQLSTATE_NO_TABLE "42P01"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_stale_row, column_name) }
static const struct mneme_row_column columns[] = {
    COLUMN(partition, MNEME_ROW_LONG), COLUMN(kafka_offset, MNEME_ROW_LONG), COLUMN(key, MNEME_ROW_STR),
    COLUMN(reason, MNEME_ROW_STR),     COLUMN(behind, MNEME_ROW_LONG),
};
#undef COLUMN

int mneme_stale_connect(struct mneme_postgres **out, bool *has_parked, const struct mneme_config *config,
                        const char *purpose, struct mneme_error *error) {
    static const struct mneme_pg_call calls[] = {{"SET default_transaction_read_only = on", NULL},
                                                 {mneme_sql_stale_has_parked, NULL}};
    PGresult *results[COUNT(calls)] = {NULL};
    *has_parked = false;
    int status = mneme_query_dial(out, config, purpose, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_pg_pipeline(results, *out, calls, COUNT(calls), error);
    if (status == MNEME_OK) {
        *has_parked = *PQgetvalue(results[1], 0, 0) != 0;
    } else if (strcmp(mneme_pg_sqlstate(*out), SQLSTATE_NO_TABLE) == 0) {
        status = mneme_pg_run(*out, calls[0].sql, error);
    }
    for (size_t i = 0; i < COUNT(calls); i++) {
        PQclear(results[i]);
    }
    if (status != MNEME_OK) {
        mneme_pg_close(*out);
        *out = NULL;
    }
    return status;
}

int mneme_stale_check(bool *has_parked, struct mneme_postgres *postgres, struct mneme_error *error) {
    PGresult *result = NULL;
    *has_parked = false;
    int status = mneme_pg_query(&result, postgres, mneme_sql_stale_has_parked, NULL, true, error);
    if (status == MNEME_OK) {
        *has_parked = *PQgetvalue(result, 0, 0) != 0;
    } else if (strcmp(mneme_pg_sqlstate(postgres), SQLSTATE_NO_TABLE) == 0) {
        status = MNEME_OK;
    }
    PQclear(result);
    return status;
}

int mneme_stale_list(struct mneme_postgres *postgres, const char *topic, struct mneme_str tenant,
                     struct mneme_str stream_id, int64_t limit, mneme_row_visitor *visit, void *context,
                     struct mneme_error *error) {
    static const struct mneme_question question = {"what waits was not read", mneme_sql_stale_keys, columns,
                                                   COUNT(columns), sizeof(struct mneme_stale_row)};
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_str(&params, tenant);
    mneme_pg_param_str(&params, stream_id);
    mneme_pg_param_long(&params, limit);
    int status = mneme_query_run(postgres, &question, &params, visit, context, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

void mneme_stale_row_json(const struct mneme_stale_row *row, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("position"));
    mneme_json_position(json, (struct mneme_position){(int32_t)row->partition, row->kafka_offset});
    mneme_row_json(row, columns + 2, COUNT(columns) - 2, json);
    mneme_json_end_object(json);
}
