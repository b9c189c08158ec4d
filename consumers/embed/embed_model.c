/*
 * The active generation is read from the schema of vectors by its qualified name: tables of the embedder's
 * own schema come first on the search path.
 */
#include "consumers/embed/embed_model.h"

#include <stdlib.h>

#include "common/postgres_schema.h"
#include "sql/embedded.h"

void mneme_embed_model_clean_up(struct mneme_embed_model *model) {
    mneme_buffer_clean_up(&model->strings);
    *model = (struct mneme_embed_model){0};
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "no model was chosen: memory is exhausted; free some");
}

static int keep(struct mneme_embed_model *out, const struct mneme_embedding_model *model,
                struct mneme_error *error) {
    const char *const texts[] = {model->name, model->query_prefix, model->passage_prefix};
    size_t at[3];
    mneme_buffer_clear(&out->strings);
    for (size_t i = 0; i < 3; i++) {
        at[i] = out->strings.len;
        mneme_buffer_append(&out->strings, texts[i], strlen(texts[i]) + 1);
    }
    if (out->strings.failed) {
        return no_memory(error);
    }
    const char *base = out->strings.data;
    out->model = (struct mneme_embedding_model){base + at[0], base + at[1], base + at[2], model->dimensions};
    return MNEME_OK;
}

/* What a generation says; until it has its first vector, the prefixes are still to be chosen. */
static int take_row(struct mneme_embed_model *out, const struct mneme_config *config, const PGresult *rows,
                    struct mneme_error *error) {
    const char *name = PQgetvalue(rows, 0, 0);
    size_t dimensions = (size_t)strtoul(PQgetvalue(rows, 0, 3), NULL, 10);
    struct mneme_embedding_model model;
    mneme_embedding_model_of(&model, config);
    if (strcmp(name, model.name) != 0) {
        const struct mneme_known_model *known = mneme_known_model(name);
        model = (struct mneme_embedding_model){name, known->query_prefix, known->passage_prefix, 0};
    }
    if (dimensions > 0) {
        model =
            (struct mneme_embedding_model){name, PQgetvalue(rows, 0, 1), PQgetvalue(rows, 0, 2), dimensions};
    }
    return keep(out, &model, error);
}

static int read_active(struct mneme_embed_model *out, bool *is_found, const struct mneme_config *config,
                       const char *schema, struct mneme_postgres *postgres, struct mneme_error *error) {
    struct mneme_buffer sql = {0};
    PGresult *rows = NULL;
    char *quoted = PQescapeIdentifier(mneme_pg_raw(postgres), schema, strlen(schema));
    if (quoted == NULL) {
        return no_memory(error);
    }
    mneme_buffer_printf(
        &sql,
        "SELECT model, query_prefix, passage_prefix, coalesce(dimensions, 0) FROM %s.generations "
        "WHERE state = 'active'",
        quoted);
    PQfreemem(quoted);
    mneme_buffer_append_byte(&sql, '\0');
    int status =
        sql.failed ? no_memory(error) : mneme_pg_query(&rows, postgres, sql.data, NULL, false, error);
    *is_found = status == MNEME_OK && PQntuples(rows) > 0;
    if (*is_found) {
        status = take_row(out, config, rows, error);
    }
    PQclear(rows);
    mneme_buffer_clean_up(&sql);
    return status;
}

int mneme_embed_model_choose(struct mneme_embed_model *out, const struct mneme_config *config,
                             struct mneme_postgres *postgres, struct mneme_error *error) {
    struct mneme_embedding_model of_settings;
    mneme_embedding_model_of(&of_settings, config);
    if (mneme_config_bool(config, MNEME_SETTING_EMBEDDING_MODEL_PINNED)) {
        return keep(out, &of_settings, error);
    }
    char schema[MNEME_PG_NAME_BYTES];
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    bool is_found = false;
    int status = mneme_pg_schema_name(schema, config, MNEME_PG_SCHEMA_VECTORS, error);
    if (status == MNEME_OK) {
        mneme_pg_param_str(&params, mneme_str_from(schema));
        status = mneme_pg_query(&rows, postgres, mneme_sql_embed_generations, &params, false, error);
    }
    if (status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 't') {
        status = read_active(out, &is_found, config, schema, postgres, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status == MNEME_OK && !is_found ? keep(out, &of_settings, error) : status;
}

bool mneme_embed_model_equal(const struct mneme_embed_model *a, const struct mneme_embed_model *b) {
    return strcmp(a->model.name, b->model.name) == 0 &&
           strcmp(a->model.passage_prefix, b->model.passage_prefix) == 0;
}
