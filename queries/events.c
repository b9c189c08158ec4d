/*
 * The ledger's rows.
 */
#include "queries/events.h"

#include "common/base/read_scope.h"
#include "schemas/event.h"
#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_events_row, column_name) }

const struct mneme_row_column mneme_events_columns[] = {
    COLUMN(type, MNEME_ROW_STR),
    COLUMN(event_type, MNEME_ROW_STR),
    COLUMN(event_id, MNEME_ROW_UUID),
    COLUMN(tenant, MNEME_ROW_STR),
    COLUMN(stream_id, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),
    COLUMN(user_id, MNEME_ROW_STR),
    COLUMN(run_id, MNEME_ROW_STR),
    COLUMN(conversation_id, MNEME_ROW_STR),
    COLUMN(expected_version, MNEME_ROW_OPT_LONG),
    COLUMN(occurred_at, MNEME_ROW_TIME),
    COLUMN(correlation_id, MNEME_ROW_STR),
    COLUMN(causation_id, MNEME_ROW_STR),
    COLUMN(actor, MNEME_ROW_STR),
    COLUMN(metadata, MNEME_ROW_JSON),
    COLUMN(payload, MNEME_ROW_JSON),
    COLUMN(position, MNEME_ROW_POSITION),
    COLUMN(sequence_id, MNEME_ROW_LONG),
    COLUMN(version, MNEME_ROW_OPT_LONG),
    COLUMN(verdict, MNEME_ROW_STR),
    COLUMN(actual_version, MNEME_ROW_OPT_LONG),
    COLUMN(recorded_at, MNEME_ROW_TIME),
};
#define COUNT (sizeof mneme_events_columns / sizeof *mneme_events_columns)
const size_t mneme_events_column_count = COUNT;

/* The type is not selected: it follows from the event type. */
#define QUESTION(what, sql)                                                                                  \
    { what, sql, mneme_events_columns + 1, COUNT - 1, sizeof(struct mneme_events_row) }

static const struct mneme_question stream_question =
    QUESTION("the stream was not read", mneme_sql_events_stream);
static const struct mneme_question list_question = QUESTION("events were not listed", mneme_sql_events_list);
static const struct mneme_question newest_question =
    QUESTION("events were not listed", mneme_sql_events_newest);
static const struct mneme_question at_question = QUESTION("events were not read", mneme_sql_events_follow);

struct version_row {
    int64_t version;
};
static const struct mneme_row_column version_columns[] = {
    {"version", MNEME_ROW_LONG, offsetof(struct version_row, version)}};
static const struct mneme_question version_question = {"the stream's version was not read",
                                                       mneme_sql_stream_version, version_columns, 1,
                                                       sizeof(struct version_row)};

struct visiting {
    mneme_row_visitor *visit;
    void *context;
};

static bool visit_with_type(const void *row, void *context) {
    const struct visiting *visiting = context;
    struct mneme_events_row event = *(const struct mneme_events_row *)row;
    event.type = mneme_event_type_by_name(event.event_type) < 0
                     ? mneme_str_from(mneme_event_type_text(MNEME_EVENT_CUSTOM))
                     : event.event_type;
    return visiting->visit(&event, visiting->context);
}

static int check_scope(const struct mneme_events_filter *filter, struct mneme_error *error) {
    const struct mneme_str scope[] = {filter->stream_id, filter->correlation_id, filter->causation_id};
    return mneme_read_scope_check(scope, sizeof scope / sizeof *scope, filter->all_scopes,
                                  "events were not listed", "stream_id, correlation_id or causation_id",
                                  error);
}

int mneme_events_list(struct mneme_postgres *postgres, const struct mneme_events_filter *filter,
                      mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error) {
    bool is_by_version = filter->from_version.is_set || filter->to_version.is_set;
    struct visiting visiting = {visit, context};
    if (is_by_version && filter->stream_id.data == NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "events were not listed: versions are numbered within a stream; name the stream");
    }
    if (is_by_version && filter->newest_first) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "events were not listed: a stream is read by versions from the oldest on; "
                               "leave out the versions, or newest_first");
    }
    int status = check_scope(filter, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, filter->tenant);
    mneme_pg_param_str(&params, filter->stream_id);
    mneme_query_param_str_array(&params, filter->types);
    mneme_query_param_opt_time(&params, filter->since);
    mneme_query_param_opt_time(&params, filter->until);
    mneme_pg_param_str(&params, filter->correlation_id);
    mneme_query_param_str_array(&params, filter->verdicts);
    mneme_query_param_opt_long(&params, filter->after_sequence);
    mneme_pg_param_long(&params, filter->limit);
    mneme_pg_param_str(&params, filter->causation_id);
    if (is_by_version) {
        mneme_pg_param_long(&params, filter->from_version.is_set ? filter->from_version.value : 0);
        mneme_pg_param_long(&params, filter->to_version.is_set ? filter->to_version.value : INT64_MAX);
    }
    status = mneme_query_run(postgres,
                             is_by_version          ? &stream_question
                             : filter->newest_first ? &newest_question
                                                    : &list_question,
                             &params, visit_with_type, &visiting, count, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_events_at(struct mneme_postgres *postgres, const struct mneme_events_filter *filter,
                    const int64_t *first, const int64_t *last, size_t count, mneme_row_visitor *visit,
                    void *context, struct mneme_error *error) {
    struct visiting visiting = {visit, context};
    int status = check_scope(filter, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, filter->tenant);
    mneme_pg_param_str(&params, filter->stream_id);
    mneme_query_param_str_array(&params, filter->types);
    mneme_query_param_opt_time(&params, filter->since);
    mneme_pg_param_str(&params, filter->correlation_id);
    mneme_query_param_str_array(&params, filter->verdicts);
    mneme_pg_param_long_array(&params, first, count);
    mneme_pg_param_long_array(&params, last, count);
    mneme_pg_param_str(&params, filter->causation_id);
    status = mneme_query_run(postgres, &at_question, &params, visit_with_type, &visiting, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static bool note_version(const void *row, void *context) {
    *(int64_t *)context = ((const struct version_row *)row)->version;
    return true;
}

int mneme_stream_version(int64_t *out, struct mneme_postgres *postgres, struct mneme_str tenant,
                         struct mneme_str stream_id, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    *out = 0;
    mneme_pg_param_str(&params, tenant);
    mneme_pg_param_str(&params, stream_id);
    int status = mneme_query_run(postgres, &version_question, &params, note_version, out, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
