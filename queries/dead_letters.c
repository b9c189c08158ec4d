/*
 * One table of columns; what is listed leaves the bytes away.
 */
#include "queries/dead_letters.h"

#include "sql/embedded.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BYTES_COLUMNS 2 /* the last ones */

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_dead_letter_row, column_name) }
static const struct mneme_row_column columns[] = {
    COLUMN(projection, MNEME_ROW_STR),   COLUMN(topic, MNEME_ROW_STR),
    COLUMN(partition, MNEME_ROW_LONG),   COLUMN(kafka_offset, MNEME_ROW_LONG),
    COLUMN(key, MNEME_ROW_STR),          COLUMN(reason, MNEME_ROW_STR),
    COLUMN(behind, MNEME_ROW_LONG),      COLUMN(waits_for, MNEME_ROW_OPT_LONG),
    COLUMN(recorded_at, MNEME_ROW_TIME), COLUMN(parked_at, MNEME_ROW_TIME),
    COLUMN(value_hex, MNEME_ROW_STR),    COLUMN(value_base64, MNEME_ROW_STR),
};
#undef COLUMN

int mneme_dead_letter_list(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                           mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    static const struct mneme_question question = {
        "parked events were not listed", mneme_sql_dead_letters_list, columns, COUNT(columns) - BYTES_COLUMNS,
        sizeof(struct mneme_dead_letter_row)};
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, filter->projection);
    mneme_pg_param_str(&params, filter->key);
    mneme_pg_param_bool(&params, filter->is_all);
    mneme_pg_param_long(&params, filter->limit);
    int status = mneme_query_run(postgres, &question, &params, visit, context, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_dead_letter_show(struct mneme_postgres *postgres, struct mneme_position position,
                           struct mneme_str projection, mneme_row_visitor *visit, void *context,
                           struct mneme_error *error) {
    static const struct mneme_question question = {"the parked event was not read",
                                                   mneme_sql_dead_letters_show, columns, COUNT(columns),
                                                   sizeof(struct mneme_dead_letter_row)};
    struct mneme_pg_params params = {0};
    mneme_pg_param_long(&params, position.partition);
    mneme_pg_param_long(&params, position.offset);
    mneme_pg_param_str(&params, projection);
    int status = mneme_query_run(postgres, &question, &params, visit, context, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

void mneme_dead_letter_json(const struct mneme_dead_letter_row *row, struct mneme_json_writer *json) {
    mneme_json_key(json, MNEME_STR_LIT("position"));
    mneme_json_position(json, (struct mneme_position){(int32_t)row->partition, row->kafka_offset});
    mneme_row_json(row, columns, COUNT(columns) - BYTES_COLUMNS, json);
}
