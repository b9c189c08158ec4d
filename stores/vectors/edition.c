/*
 * Statements name the schema as "{embed}", which is replaced here.
 */
#include "stores/vectors/edition.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/postgres/schema.h"
#include "schemas/embedding.h"
#include "sql/embedded.h"

#define PLACE "{embed}"
#define ASK_TIMEOUT_MS 5000

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read editions: out of memory; free some memory");
}

/* The statement with the schema's name in it, NUL-terminated. */
static int fill_in(struct mneme_buffer *sql, const char *template, struct mneme_postgres *postgres,
                   const struct mneme_config *config, struct mneme_error *error) {
    char schema[MNEME_PG_NAME_BYTES];
    int status = mneme_pg_schema_name(schema, config, MNEME_PROJECTION_EMBED, error);
    char *quoted =
        status == MNEME_OK ? PQescapeIdentifier(mneme_pg_raw(postgres), schema, strlen(schema)) : NULL;
    if (quoted == NULL) {
        return status == MNEME_OK ? no_memory(error) : status;
    }
    for (const char *place; (place = strstr(template, PLACE)) != NULL; template = place + strlen(PLACE)) {
        mneme_buffer_append(sql, template, (size_t)(place - template));
        mneme_buffer_append(sql, quoted, strlen(quoted));
    }
    mneme_buffer_append(sql, template, strlen(template) + 1);
    PQfreemem(quoted);
    return sql->failed ? no_memory(error) : MNEME_OK;
}

/* Runs the statement with the model as $1 and, unless it is 0, the edition as $2; *answer (may be NULL) is
 * the first cell. */
static int run(int64_t *answer, const char *template, const char *model, int32_t edition,
               struct mneme_postgres *postgres, const struct mneme_config *config,
               struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    struct mneme_buffer sql = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(model));
    if (edition > 0) {
        mneme_pg_param_long(&params, edition);
    }
    int status = fill_in(&sql, template, postgres, config, error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, postgres, sql.data, &params, false, error);
    }
    if (status == MNEME_OK && answer != NULL) {
        *answer = strtoll(PQgetvalue(rows, 0, 0), NULL, 10);
    }
    PQclear(rows);
    mneme_buffer_clean_up(&sql);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_edition_current(int32_t *edition, struct mneme_postgres *postgres,
                          const struct mneme_config *config, const char *model, struct mneme_error *error) {
    int64_t answer = 1;
    int status = run(&answer, mneme_sql_edition_current, model, 0, postgres, config, error);
    *edition = (int32_t)answer;
    return status;
}

int mneme_edition_current_topic(char topic[MNEME_TOPIC_NAME_BYTES], struct mneme_postgres *postgres,
                                const struct mneme_config *config, const char *model,
                                struct mneme_error *error) {
    int32_t edition;
    int status = mneme_edition_current(&edition, postgres, config, model, error);
    return status == MNEME_OK ? mneme_embeddings_edition_topic(topic, config, model, edition, error) : status;
}

/* The next number whose topic does not exist. */
static int skip_topics(int64_t *edition, char topic[MNEME_TOPIC_NAME_BYTES], rd_kafka_t *kafka,
                       const struct mneme_config *config, const char *model, struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts;
    struct mneme_error none = {0};
    int status = MNEME_OK;
    do {
        ++*edition;
        status = mneme_embeddings_edition_topic(topic, config, model, (int32_t)*edition, error);
        if (status != MNEME_OK) {
            return status;
        }
        status = mneme_kafka_topic_facts(&facts, kafka, topic, ASK_TIMEOUT_MS, &none);
    } while (status == MNEME_OK && *edition < INT32_MAX);
    return status == MNEME_E_NOT_FOUND
               ? MNEME_OK
               : mneme_error_set(error, (enum mneme_status)status, "%s", none.message);
}

int mneme_edition_unused(int32_t *edition, char topic[MNEME_TOPIC_NAME_BYTES],
                         struct mneme_postgres *postgres, const struct mneme_config *config,
                         const char *model, struct mneme_error *error) {
    int64_t number = 1;
    rd_kafka_t *kafka = NULL;
    int status = run(&number, mneme_sql_edition_last, model, 0, postgres, config, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_admin(&kafka, config, error);
    }
    if (status == MNEME_OK) {
        status = skip_topics(&number, topic, kafka, config, model, error);
        rd_kafka_destroy(kafka);
    }
    *edition = (int32_t)number;
    return status;
}

void mneme_edition_progress(char text[MNEME_EDITION_PROGRESS_BYTES], const char *model, int32_t edition,
                            bool is_current) {
    const char *name = mneme_projections[MNEME_PROJECTION_EMBED].name;
    if (is_current) {
        snprintf(text, MNEME_EDITION_PROGRESS_BYTES, "%s.%s", name, model);
    } else {
        snprintf(text, MNEME_EDITION_PROGRESS_BYTES, "%s.%s#%d", name, model, (int)edition);
    }
}

int mneme_edition_take(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                       const struct mneme_config *config, struct mneme_error *error) {
    static const char *const steps[] = {
        mneme_sql_edition_fence,  mneme_sql_edition_no_progress, mneme_sql_edition_progress,
        mneme_sql_edition_parked, mneme_sql_edition_take,
    };
    int32_t current;
    int status = mneme_edition_current(&current, postgres, config, generation->model, error);
    for (size_t i = 0;
         status == MNEME_OK && current != generation->edition && i < sizeof steps / sizeof *steps; i++) {
        status = run(NULL, steps[i], generation->model, generation->edition, postgres, config, error);
    }
    return status;
}

int mneme_edition_forget(struct mneme_postgres *postgres, const struct mneme_config *config,
                         const char *model, struct mneme_error *error) {
    return run(NULL, mneme_sql_edition_forget, model, 0, postgres, config, error);
}
