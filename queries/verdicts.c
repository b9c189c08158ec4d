/*
 * Reads verdicts by position, many in one query.
 */
#include "queries/verdicts.h"

#include <stdlib.h>

#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_verdict_row, column_name) }

static const struct mneme_row_column columns[] = {
    COLUMN(place, MNEME_ROW_LONG),
    COLUMN(verdict, MNEME_ROW_STR),
    COLUMN(actual_version, MNEME_ROW_OPT_LONG),
    COLUMN(reason, MNEME_ROW_STR),
};

static const struct mneme_question question = {"the verdicts were not read", mneme_sql_verdicts, columns,
                                               sizeof columns / sizeof *columns,
                                               sizeof(struct mneme_verdict_row)};

enum mneme_status mneme_verdict_status(struct mneme_str verdict) {
    static const struct {
        struct mneme_str verdict;
        enum mneme_status status;
    } meanings[] = {{MNEME_STR_LIT("accepted"), MNEME_OK},
                    {MNEME_STR_LIT("duplicate"), MNEME_OK},
                    {MNEME_STR_LIT("rejected"), MNEME_E_CONFLICT},
                    {MNEME_STR_LIT("exists"), MNEME_E_CONFLICT},
                    {MNEME_STR_LIT("not_found"), MNEME_E_NOT_FOUND}};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (mneme_str_equal(meanings[i].verdict, verdict)) {
            return meanings[i].status;
        }
    }
    return MNEME_E_INVALID;
}

int mneme_verdict_read(struct mneme_postgres *postgres, const char *topic, struct mneme_str tenant,
                       const struct mneme_position *positions, size_t count, mneme_row_visitor *visit,
                       void *context, struct mneme_error *error) {
    if (count > MNEME_VERDICTS_MAX) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "the verdicts were not read: %zu positions were given; give at most %d", count,
                               MNEME_VERDICTS_MAX);
    }
    int64_t *sequence_ids = malloc((count + 1) * sizeof *sequence_ids);
    if (sequence_ids == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the verdicts were not read: memory is exhausted; ask for fewer positions");
    }
    for (size_t i = 0; i < count; i++) {
        sequence_ids[i] = mneme_sequence_id(positions[i]);
    }
    struct mneme_pg_params params = {0};
    mneme_pg_param_long_array(&params, sequence_ids, count);
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_str(&params, tenant);
    int status = mneme_query_run(postgres, &question, &params, visit, context, NULL, error);
    mneme_pg_params_clean_up(&params);
    free(sequence_ids);
    return status;
}
