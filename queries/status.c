/*
 * Progress, parked events, sizes.
 */
#include "queries/status.h"

#include <stdio.h>

#include "sql/embedded.h"
#include "stores/vectors/store.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_progress_row, column_name) }
static const struct mneme_row_column progress_columns[] = {
    COLUMN(projection, MNEME_ROW_STR),        COLUMN(topic, MNEME_ROW_STR),
    COLUMN(partition, MNEME_ROW_LONG),        COLUMN(next_offset, MNEME_ROW_LONG),
    COLUMN(topic_partitions, MNEME_ROW_LONG), COLUMN(owner, MNEME_ROW_STR),
    COLUMN(updated_at, MNEME_ROW_TIME),
};
#undef COLUMN

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_parked_row, column_name) }
static const struct mneme_row_column parked_columns[] = {
    COLUMN(projection, MNEME_ROW_STR), COLUMN(topic, MNEME_ROW_STR),
    COLUMN(partition, MNEME_ROW_LONG), COLUMN(kafka_offset, MNEME_ROW_LONG),
    COLUMN(key, MNEME_ROW_STR),        COLUMN(reason, MNEME_ROW_STR),
    COLUMN(waiting, MNEME_ROW_LONG),   COLUMN(parked_at, MNEME_ROW_TIME),
};
#undef COLUMN

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_parked_count_row, column_name) }
static const struct mneme_row_column count_columns[] = {
    COLUMN(projection, MNEME_ROW_STR),
    COLUMN(topic, MNEME_ROW_STR),
    COLUMN(events, MNEME_ROW_LONG),
};
#undef COLUMN

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_wait_row, column_name) }
static const struct mneme_row_column wait_columns[] = {
    COLUMN(projection, MNEME_ROW_STR),    COLUMN(topic, MNEME_ROW_STR),  COLUMN(partition, MNEME_ROW_LONG),
    COLUMN(kafka_offset, MNEME_ROW_LONG), COLUMN(reason, MNEME_ROW_STR), COLUMN(since, MNEME_ROW_TIME),
    COLUMN(looked_at, MNEME_ROW_TIME),
};
#undef COLUMN

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_refused_row, column_name) }
static const struct mneme_row_column refused_columns[] = {
    COLUMN(projection, MNEME_ROW_STR),
    COLUMN(documents, MNEME_ROW_LONG),
};
#undef COLUMN

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_status_table_row, column_name) }
static const struct mneme_row_column size_columns[] = {
    COLUMN(schema, MNEME_ROW_STR),       COLUMN(table, MNEME_ROW_STR),  COLUMN(rows, MNEME_ROW_LONG),
    COLUMN(is_estimate, MNEME_ROW_BOOL), COLUMN(bytes, MNEME_ROW_LONG),
};
#undef COLUMN

/* A schema that may be entered. */
struct entered {
    bool is_there;
    struct mneme_str quoted; /* in a row */
    char path[sizeof "SET search_path = , public" + 2 * MNEME_PG_NAME_BYTES + 2];
};

static bool note_entered(const void *row, void *context) {
    const struct entered *found = row;
    struct entered *entered = context;
    entered->is_there = found->is_there;
    snprintf(entered->path, sizeof entered->path, "SET search_path = %.*s, public",
             MNEME_STR_ARG(found->quoted));
    return true;
}

int mneme_status_enter(bool *is_there, struct mneme_postgres *postgres, const struct mneme_config *config,
                       const struct mneme_projection_facts *projection, struct mneme_error *error) {
    static const struct mneme_row_column columns[] = {
        {"is_there", MNEME_ROW_BOOL, offsetof(struct entered, is_there)},
        {"quoted", MNEME_ROW_STR, offsetof(struct entered, quoted)},
    };
    static const struct mneme_question question = {"the status was not read", mneme_sql_status_enter, columns,
                                                   COUNT(columns), sizeof(struct entered)};
    char schema[MNEME_PG_NAME_BYTES];
    struct entered entered = {0};
    struct mneme_pg_params params = {0};
    int status = mneme_pg_schema_name(schema, config, projection->id, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_pg_param_str(&params, mneme_str_from(schema));
    status = mneme_query_run(postgres, &question, &params, note_entered, &entered, NULL, error);
    mneme_pg_params_clean_up(&params);
    *is_there = entered.is_there;
    return status == MNEME_OK ? mneme_pg_set(postgres, entered.path, error) : status;
}

int mneme_status_progress(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                          struct mneme_error *error) {
    static const struct mneme_question question = {"the progress was not read", mneme_sql_status_progress,
                                                   progress_columns, COUNT(progress_columns),
                                                   sizeof(struct mneme_progress_row)};
    return mneme_query_run(postgres, &question, NULL, visit, context, NULL, error);
}

int mneme_status_parked(struct mneme_postgres *postgres, int64_t limit, mneme_row_visitor *visit,
                        void *context, struct mneme_error *error) {
    static const struct mneme_question question = {"parked events were not listed", mneme_sql_status_parked,
                                                   parked_columns, COUNT(parked_columns),
                                                   sizeof(struct mneme_parked_row)};
    struct mneme_pg_params params = {0};
    mneme_pg_param_long(&params, limit);
    int status = mneme_query_run(postgres, &question, &params, visit, context, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_status_parked_counts(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                               struct mneme_error *error) {
    static const struct mneme_question question = {
        "parked events were not counted", mneme_sql_status_parked_counts, count_columns, COUNT(count_columns),
        sizeof(struct mneme_parked_count_row)};
    return mneme_query_run(postgres, &question, NULL, visit, context, NULL, error);
}

int mneme_status_waits(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                       struct mneme_error *error) {
    static const struct mneme_question question = {"waiting workers were not listed", mneme_sql_status_waits,
                                                   wait_columns, COUNT(wait_columns),
                                                   sizeof(struct mneme_wait_row)};
    return mneme_query_run(postgres, &question, NULL, visit, context, NULL, error);
}

int mneme_status_refused(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                         struct mneme_error *error) {
    static const struct mneme_question question = {"refused texts were not counted", mneme_sql_status_refused,
                                                   refused_columns, COUNT(refused_columns),
                                                   sizeof(struct mneme_refused_row)};
    return mneme_query_run(postgres, &question, NULL, visit, context, NULL, error);
}

int mneme_status_tables(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                        struct mneme_error *error) {
    PGresult *statement = NULL;
    int status = mneme_pg_query(&statement, postgres, mneme_sql_status_tables, NULL, false, error);
    if (status == MNEME_OK && PQntuples(statement) > 0) {
        const struct mneme_question question = {"the tables were not measured", PQgetvalue(statement, 0, 0),
                                                size_columns, COUNT(size_columns),
                                                sizeof(struct mneme_status_table_row)};
        status = mneme_query_run(postgres, &question, NULL, visit, context, NULL, error);
    }
    PQclear(statement);
    return status;
}

void mneme_parked_row_json(const struct mneme_parked_row *row, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("parked_event"));
    mneme_json_position(json, (struct mneme_position){(int32_t)row->partition, row->kafka_offset});
    mneme_row_json(row, parked_columns, COUNT(parked_columns), json);
    mneme_json_end_object(json);
}

void mneme_wait_row_json(const struct mneme_wait_row *row, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("waits_at"));
    mneme_json_position(json, (struct mneme_position){(int32_t)row->partition, row->kafka_offset});
    mneme_row_json(row, wait_columns, COUNT(wait_columns), json);
    mneme_json_end_object(json);
}

void mneme_status_table_row_json(const struct mneme_status_table_row *row, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_row_json(row, size_columns, COUNT(size_columns), json);
    mneme_json_end_object(json);
}

void mneme_status_generation_json(const struct mneme_generation *generation, struct mneme_json_writer *json) {
    const struct {
        struct mneme_str key;
        const char *text;
    } texts[] = {{MNEME_STR_LIT("state"), mneme_generation_state_names[generation->state]},
                 {MNEME_STR_LIT("store"), generation->store->name},
                 {MNEME_STR_LIT("model"), generation->model},
                 {MNEME_STR_LIT("metric"), mneme_metric_names[generation->metric]},
                 {MNEME_STR_LIT("topic"), generation->topic}};
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("generation"));
    mneme_json_long(json, generation->number);
    for (size_t i = 0; i < COUNT(texts); i++) {
        mneme_json_key(json, texts[i].key);
        mneme_json_string(json, mneme_str_from(texts[i].text));
    }
    mneme_json_key(json, MNEME_STR_LIT("dimensions"));
    if (generation->dimensions > 0) {
        mneme_json_long(json, generation->dimensions);
    } else {
        mneme_json_null(json);
    }
    mneme_json_end_object(json);
}
