/*
 * One table of columns; lists leave the bytes out.
 */
#include "queries/dead_letters.h"

#include "queries/status.h"
#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_dead_letter_row, column_name) }
const struct mneme_row_column mneme_dead_letter_columns[MNEME_DEAD_LETTER_COLUMNS] = {
    COLUMN(position, MNEME_ROW_STR),        COLUMN(projection, MNEME_ROW_STR),
    COLUMN(topic, MNEME_ROW_STR),           COLUMN(partition, MNEME_ROW_LONG),
    COLUMN(kafka_offset, MNEME_ROW_LONG),   COLUMN(key, MNEME_ROW_STR),
    COLUMN(reason, MNEME_ROW_STR),          COLUMN(behind, MNEME_ROW_LONG),
    COLUMN(waits_for, MNEME_ROW_OPT_LONG),  COLUMN(recorded_at, MNEME_ROW_TIME),
    COLUMN(parked_at, MNEME_ROW_TIME),      COLUMN(note, MNEME_ROW_STR),
    COLUMN(dropped_at, MNEME_ROW_OPT_TIME), COLUMN(value_hex, MNEME_ROW_STR),
    COLUMN(value_base64, MNEME_ROW_STR),
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

/* In the schema that was entered. */
static int ask_parked(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                      mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    static const struct mneme_question question = {"parked events were not read", mneme_sql_dead_letters,
                                                   mneme_dead_letter_columns, MNEME_DEAD_LETTER_COLUMNS,
                                                   sizeof(struct mneme_dead_letter_row)};
    struct mneme_pg_params params = {0};
    add_choice(&params, filter);
    mneme_pg_param_bool(&params, filter->is_all);
    return ask(postgres, &question, &params, filter, visit, context, error);
}

int mneme_dead_letters_dropped(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                               mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    static const struct mneme_question question = {
        "dropped events were not read", mneme_sql_dead_letters_dropped, mneme_dead_letter_columns,
        MNEME_DEAD_LETTER_COLUMNS, sizeof(struct mneme_dead_letter_row)};
    struct mneme_pg_params params = {0};
    add_choice(&params, filter);
    return ask(postgres, &question, &params, filter, visit, context, error);
}

int mneme_dead_letters_everywhere(struct mneme_postgres *postgres, const struct mneme_config *config,
                                  const struct mneme_dead_letter_filter *filter, mneme_row_visitor *visit,
                                  void *context, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK; i++) {
        bool is_there = false;
        if (mneme_projections[i].has_schema) {
            status = mneme_status_enter(&is_there, postgres, config, &mneme_projections[i], error);
        }
        if (status == MNEME_OK && is_there) {
            status = ask_parked(postgres, filter, visit, context, error);
        }
    }
    return status;
}
