#include "queries/places.h"

#include "sql/embedded.h"

const char *const mneme_place_nouns[MNEME_PLACE_KINDS] = {
    [MNEME_PLACES_OF_MEMORIES] = "memory",
    [MNEME_PLACES_OF_HYPOTHESES] = "hypothesis",
    [MNEME_PLACES_OF_CONVERSATIONS] = "conversation",
};

#define COLUMN(column_name)                                                                                  \
    { #column_name, MNEME_ROW_STR, offsetof(struct mneme_place_row, column_name) }

static const struct mneme_row_column columns[] = {COLUMN(id), COLUMN(stream_id), COLUMN(user_id),
                                                  COLUMN(agent_id)};

#define QUESTION(what, sql)                                                                                  \
    { what, sql, columns, sizeof columns / sizeof *columns, sizeof(struct mneme_place_row) }

static const struct mneme_question questions[MNEME_PLACE_KINDS] = {
    [MNEME_PLACES_OF_MEMORIES] = QUESTION("the memories were not found", mneme_sql_places_memories),
    [MNEME_PLACES_OF_HYPOTHESES] = QUESTION("the hypotheses were not found", mneme_sql_places_hypotheses),
    [MNEME_PLACES_OF_CONVERSATIONS] =
        QUESTION("the conversations were not found", mneme_sql_places_conversations),
};

int mneme_places(struct mneme_postgres *postgres, enum mneme_place_kind kind, struct mneme_str tenant,
                 struct mneme_str_array ids, bool include_deleted, mneme_row_visitor *visit, void *context,
                 struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, tenant);
    mneme_query_param_str_array(&params, ids);
    mneme_pg_param_bool(&params, include_deleted);
    int status = mneme_query_run(postgres, &questions[kind], &params, visit, context, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
