/*
 * One table of columns; what is listed leaves the bytes away.
 */
#include "queries/dead_letters.h"

#include "sql/embedded.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BYTES_COLUMNS 2   /* the last ones */
#define DROPPED_COLUMNS 2 /* before them */

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_dead_letter_row, column_name) }
static const struct mneme_row_column columns[] = {
    COLUMN(projection, MNEME_ROW_STR),   COLUMN(topic, MNEME_ROW_STR),
    COLUMN(partition, MNEME_ROW_LONG),   COLUMN(kafka_offset, MNEME_ROW_LONG),
    COLUMN(key, MNEME_ROW_STR),          COLUMN(reason, MNEME_ROW_STR),
    COLUMN(behind, MNEME_ROW_LONG),      COLUMN(waits_for, MNEME_ROW_OPT_LONG),
    COLUMN(recorded_at, MNEME_ROW_TIME), COLUMN(parked_at, MNEME_ROW_TIME),
    COLUMN(note, MNEME_ROW_STR),         COLUMN(dropped_at, MNEME_ROW_OPT_TIME),
    COLUMN(value_hex, MNEME_ROW_STR),    COLUMN(value_base64, MNEME_ROW_STR),
};
#undef COLUMN

/* Projection, key and position. */
static void add_choice(struct mneme_pg_params *params, const struct mneme_dead_letter_filter *filter) {
    mneme_pg_param_str(params, filter->projection);
    mneme_pg_param_str(params, filter->key);
    mneme_query_param_opt_long(params,
                               (struct mneme_opt_long){filter->position.partition, filter->has_position});
    mneme_query_param_opt_long(params,
                               (struct mneme_opt_long){filter->position.offset, filter->has_position});
}

static int ask(struct mneme_postgres *postgres, const struct mneme_question *question,
               struct mneme_pg_params *params, const struct mneme_dead_letter_filter *filter,
               mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    mneme_pg_param_bool(params, filter->has_bytes);
    mneme_pg_param_long(params, filter->limit);
    int status = mneme_query_run(postgres, question, params, visit, context, NULL, error);
    mneme_pg_params_clean_up(params);
    return status;
}

int mneme_dead_letters(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                       mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    static const struct mneme_question question = {"parked events were not read", mneme_sql_dead_letters,
                                                   columns, COUNT(columns),
                                                   sizeof(struct mneme_dead_letter_row)};
    struct mneme_pg_params params = {0};
    add_choice(&params, filter);
    mneme_pg_param_bool(&params, filter->is_all);
    return ask(postgres, &question, &params, filter, visit, context, error);
}

int mneme_dead_letters_dropped(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                               mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    static const struct mneme_question question = {"dropped events were not read",
                                                   mneme_sql_dead_letters_dropped, columns, COUNT(columns),
                                                   sizeof(struct mneme_dead_letter_row)};
    struct mneme_pg_params params = {0};
    add_choice(&params, filter);
    return ask(postgres, &question, &params, filter, visit, context, error);
}

void mneme_dead_letter_json(const struct mneme_dead_letter_row *row, struct mneme_json_writer *json) {
    size_t left_out = BYTES_COLUMNS + (row->dropped_at.is_set ? 0 : DROPPED_COLUMNS);
    mneme_json_key(json, MNEME_STR_LIT("position"));
    mneme_json_position(json, (struct mneme_position){(int32_t)row->partition, row->kafka_offset});
    mneme_row_json(row, columns, COUNT(columns) - left_out, json);
}
