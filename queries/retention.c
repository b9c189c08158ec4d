#include "queries/retention.h"

#include "sql/embedded.h"

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_retention_row, column_name) }
static const struct mneme_row_column columns[] = {
    COLUMN(user_id, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),
    COLUMN(run_id, MNEME_ROW_STR),
    COLUMN(conversation_id, MNEME_ROW_STR),
    COLUMN(min_priority, MNEME_ROW_OPT_DOUBLE),
    COLUMN(max_age_days, MNEME_ROW_OPT_LONG),
    COLUMN(score_threshold, MNEME_ROW_OPT_DOUBLE),
};
#undef COLUMN

static const struct mneme_question question = {
    "retention policies were not read", mneme_sql_retention_policies, columns,
    sizeof columns / sizeof *columns, sizeof(struct mneme_retention_row)};

/* Rows into an array that doubles. */
struct gathering {
    struct mneme_retention_row *rows;
    size_t count, capacity;
    struct mneme_arena *arena;
    bool failed;
};

static bool take(const void *row, void *context) {
    const struct mneme_retention_row *policy = row;
    struct gathering *all = context;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity == 0 ? 16 : 2 * all->capacity;
        struct mneme_retention_row *rows = mneme_arena_calloc(all->arena, capacity, sizeof *rows);
        if (rows == NULL) {
            all->failed = true;
            return false;
        }
        if (all->count > 0) {
            memcpy(rows, all->rows, all->count * sizeof *rows);
        }
        all->rows = rows;
        all->capacity = capacity;
    }
    struct mneme_retention_row *copy = &all->rows[all->count++];
    *copy = *policy;
    copy->user_id = mneme_arena_copy(all->arena, policy->user_id);
    copy->agent_id = mneme_arena_copy(all->arena, policy->agent_id);
    copy->run_id = mneme_arena_copy(all->arena, policy->run_id);
    copy->conversation_id = mneme_arena_copy(all->arena, policy->conversation_id);
    return true;
}

int mneme_retention_policies(struct mneme_retention_row **out, size_t *count, struct mneme_postgres *postgres,
                             const struct mneme_retention_scope *scope, struct mneme_arena *arena,
                             struct mneme_error *error) {
    struct gathering all = {.arena = arena};
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, scope->tenant);
    mneme_pg_param_str(&params, scope->user_id);
    mneme_pg_param_str(&params, scope->agent_id);
    mneme_pg_param_str(&params, scope->run_id);
    mneme_pg_param_str(&params, scope->conversation_id);
    int status = mneme_query_run(postgres, &question, &params, take, &all, NULL, error);
    mneme_pg_params_clean_up(&params);
    if (status == MNEME_OK && all.failed) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "retention policies were not read: memory is exhausted; free some");
    }
    *out = all.rows;
    *count = status == MNEME_OK ? all.count : 0;
    return status;
}
