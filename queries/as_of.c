/*
 * A past moment as query parameters, and the time of a position.
 */
#include "queries/as_of.h"

#include "sql/embedded.h"

struct place_row {
    int64_t next_offset;
    struct mneme_opt_long recorded_at;
};

static const struct mneme_row_column columns[] = {
    {"next_offset", MNEME_ROW_LONG, offsetof(struct place_row, next_offset)},
    {"recorded_at", MNEME_ROW_OPT_TIME, offsetof(struct place_row, recorded_at)},
};

static const struct mneme_question question = {"the position was not looked up", mneme_sql_as_of_position,
                                               columns, sizeof columns / sizeof *columns,
                                               sizeof(struct place_row)};

static bool note_place(const void *row, void *context) {
    *(struct place_row *)context = *(const struct place_row *)row;
    return true;
}

int mneme_as_of_position(struct mneme_as_of *out, struct mneme_postgres *postgres, const char *topic,
                         struct mneme_position position, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    struct place_row place = {0};
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_long(&params, position.partition);
    mneme_pg_param_long(&params, position.offset);
    int status = mneme_query_run(postgres, &question, &params, note_place, &place, NULL, error);
    mneme_pg_params_clean_up(&params);
    if (status == MNEME_OK && (place.next_offset <= position.offset || !place.recorded_at.is_set)) {
        status =
            mneme_error_set(error, MNEME_E_NOT_FOUND,
                            "the tables cannot be shown as of %d:%lld: they hold partition %d of %s only up "
                            "to offset %lld; name an earlier position, or wait for this one with "
                            "--at-least %d:%lld",
                            position.partition, (long long)position.offset, position.partition, topic,
                            (long long)place.next_offset - 1, position.partition, (long long)position.offset);
    }
    *out = (struct mneme_as_of){status == MNEME_OK, place.recorded_at.value, true, position};
    return status;
}

void mneme_query_param_as_of(struct mneme_pg_params *params, const struct mneme_as_of *as_of) {
    bool is_position = as_of->is_set && as_of->is_position;
    mneme_query_param_opt_time(params, (struct mneme_opt_long){as_of->micros, as_of->is_set});
    mneme_query_param_type(params, MNEME_PG_OID_TIMESTAMPTZ);
    mneme_query_param_opt_long(params, (struct mneme_opt_long){as_of->position.partition, is_position});
    mneme_query_param_type(params, MNEME_PG_OID_INT4);
    mneme_query_param_opt_long(params,
                               (struct mneme_opt_long){mneme_sequence_id(as_of->position), is_position});
    mneme_query_param_type(params, MNEME_PG_OID_INT8);
}
