/*
 * The active generation is read from the schema of vectors by its qualified name: tables of the embedder's
 * own schema come first on the search path.
 */
#include "consumers/embed/embed_model.h"

#include <stdlib.h>

#include "common/postgres/schema.h"
#include "schemas/embedding.h"
#include "sql/embedded.h"
#include "stores/vectors/edition.h"

void mneme_embed_model_clean_up(struct mneme_embed_model *model) {
    mneme_buffer_clean_up(&model->strings);
    *model = (struct mneme_embed_model){0};
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "no model was chosen: memory is exhausted; free some");
}

static int keep(struct mneme_embed_model *out, const struct mneme_embedder_model_info *model,
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
    out->model =
        (struct mneme_embedder_model_info){base + at[0], base + at[1], base + at[2], model->dimensions};
    return MNEME_OK;
}

/* The model of a generation; until it has its first vector, the prefixes are still to be chosen. */
static int take_row(struct mneme_embed_model *out, const struct mneme_config *config, const PGresult *rows,
                    struct mneme_error *error) {
    const char *name = PQgetvalue(rows, 0, 0);
    size_t dimensions = (size_t)strtoul(PQgetvalue(rows, 0, 3), NULL, 10);
    struct mneme_embedder_model_info model;
    mneme_embedder_model_of(&model, config);
    if (strcmp(name, model.name) != 0) {
        const struct mneme_embedder_known_model *known = mneme_embedder_known_model(name);
        model = (struct mneme_embedder_model_info){name, known->query_prefix, known->passage_prefix, 0};
    }
    if (dimensions > 0) {
        model = (struct mneme_embedder_model_info){name, PQgetvalue(rows, 0, 1), PQgetvalue(rows, 0, 2),
                                                   dimensions};
    }
    out->edition = (int32_t)strtol(PQgetvalue(rows, 0, 4), NULL, 10);
    return keep(out, &model, error);
}

/* The settings' model, with the edition of its records that counts. */
static int take_settings(struct mneme_embed_model *out, const struct mneme_config *config,
                         struct mneme_postgres *postgres, struct mneme_error *error) {
    struct mneme_embedder_model_info model;
    mneme_embedder_model_of(&model, config);
    out->is_current = true;
    int status = mneme_edition_current(&out->edition, postgres, config, model.name, error);
    return status == MNEME_OK ? keep(out, &model, error) : status;
}

/* Records of another prefix are of another log. */
static int check_topic(const struct mneme_embed_model *model, const char *topic, struct mneme_error *error) {
    return strcmp(topic, model->topic) == 0
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_UNSAFE,
                                 "no text was embedded: the vectors of model %s come from topic %s, not %s; "
                                 "set MNEME_TOPIC_PREFIX back, or run `mneme rebuild embed` to make them "
                                 "again from this log",
                                 model->model.name, topic, model->topic);
}

/* The generation with that number, or the active one when it is 0. */
static int read_generation(struct mneme_embed_model *out, bool *is_found, const struct mneme_config *config,
                           int64_t number, const char *schema, struct mneme_postgres *postgres,
                           struct mneme_error *error) {
    struct mneme_buffer sql = {0};
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_long(&params, number);
    int32_t current = 0;
    char *quoted = PQescapeIdentifier(mneme_pg_raw(postgres), schema, strlen(schema));
    if (quoted == NULL) {
        mneme_pg_params_clean_up(&params);
        return no_memory(error);
    }
    mneme_buffer_printf(
        &sql,
        "SELECT model, query_prefix, passage_prefix, coalesce(dimensions, 0), edition, topic "
        "FROM %s.generations WHERE CASE $1::integer WHEN 0 THEN state = 'active' ELSE generation = $1 END",
        quoted);
    PQfreemem(quoted);
    mneme_buffer_append_byte(&sql, '\0');
    int status =
        sql.failed ? no_memory(error) : mneme_pg_query(&rows, postgres, sql.data, &params, false, error);
    *is_found = status == MNEME_OK && PQntuples(rows) > 0;
    if (*is_found) {
        status = take_row(out, config, rows, error);
    }
    if (status == MNEME_OK && *is_found) {
        status = mneme_edition_current(&current, postgres, config, out->model.name, error);
        out->is_current = current == out->edition;
    }
    if (status == MNEME_OK && *is_found) {
        status = mneme_embeddings_edition_topic(out->topic, config, out->model.name, out->edition, error);
    }
    if (status == MNEME_OK && *is_found) {
        status = check_topic(out, PQgetvalue(rows, 0, 5), error);
    }
    PQclear(rows);
    mneme_buffer_clean_up(&sql);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_embed_model_choose(struct mneme_embed_model *out, const struct mneme_config *config,
                             struct mneme_postgres *postgres, struct mneme_error *error) {
    int64_t number = mneme_config_long(config, MNEME_SETTING_VECTOR_GENERATION);
    bool is_pinned = mneme_config_bool(config, MNEME_SETTING_EMBEDDING_MODEL_PINNED) && number == 0;
    char schema[MNEME_PG_NAME_BYTES];
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    bool is_found = false;
    bool is_there = false;
    int status = mneme_pg_schema_name(schema, config, MNEME_PROJECTION_VECTORS, error);
    if (status == MNEME_OK && !is_pinned) {
        mneme_pg_param_str(&params, mneme_str_from(schema));
        status = mneme_pg_query(&rows, postgres, mneme_sql_embed_generations, &params, false, error);
        is_there = status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 't';
    }
    if (status == MNEME_OK && is_there) {
        status = read_generation(out, &is_found, config, number, schema, postgres, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    if (status == MNEME_OK && !is_found) {
        status = take_settings(out, config, postgres, error);
        return status == MNEME_OK
                   ? mneme_embeddings_edition_topic(out->topic, config, out->model.name, out->edition, error)
                   : status;
    }
    return status;
}

bool mneme_embed_model_equal(const struct mneme_embed_model *a, const struct mneme_embed_model *b) {
    return strcmp(a->model.name, b->model.name) == 0 && a->edition == b->edition &&
           a->is_current == b->is_current && strcmp(a->topic, b->topic) == 0 &&
           strcmp(a->model.passage_prefix, b->model.passage_prefix) == 0;
}
