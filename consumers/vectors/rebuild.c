/*
 * The rebuild's operations. The separate place is a generation being filled; its row and its progress say how
 * far it is. A rebuild moves the vectors to the store of the settings if that is another one; if the settings
 * pin a model, the generation is of that model.
 */
#include "consumers/vectors/rebuild.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log/log.h"
#include "consumers/vectors/loss_check.h"
#include "consumers/vectors/vectors_projection.h"
#include "endpoints/embedding/models.h"
#include "schemas/embedding.h"
#include "sql/embedded.h"
#include "stores/vectors/edition.h"

struct rebuild {
    struct mneme_config *config; /* leads to the generation */
    struct mneme_postgres *postgres;
    struct mneme_generation generation;
    bool is_again; /* from texts, by a model that has an edition of records already */
};

static void end(void *context) {
    struct rebuild *rebuild = context;
    mneme_pg_unlock(rebuild->postgres); /* a freeze goes with its transaction */
    mneme_pg_close(rebuild->postgres);
    mneme_config_destroy(rebuild->config);
    free(rebuild);
}

static int set_number(struct rebuild *rebuild, struct mneme_error *error) {
    char text[16];
    snprintf(text, sizeof text, "%d", rebuild->generation.number);
    return mneme_config_set(rebuild->config, MNEME_SETTING_VECTOR_GENERATION, text, MNEME_FROM_OPTION, error);
}

/* One at a time, for as long as the session lasts. */
static int lock(struct mneme_postgres *postgres, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_require_session(postgres, "nothing was begun", error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_pg_query(&rows, postgres, mneme_sql_vectors_lock, NULL, false, error);
    if (status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] != 't') {
        status = mneme_error_set(error, MNEME_E_CONFLICT,
                                 "nothing was begun: another rebuild of the vectors, or a change of their "
                                 "model, is running; wait until it has ended");
    }
    PQclear(rows);
    return status;
}

static int connect_and_lock(struct mneme_postgres **out, const struct mneme_config *config,
                            struct mneme_error *error) {
    int status = mneme_pg_connect_to(out, config, MNEME_PROJECTION_VECTORS, "mneme rebuild", error);
    if (status == MNEME_OK) {
        /* A killed program must not hold the lock for as long as its last statement runs. */
        status = mneme_pg_set(
            *out, "SET lock_timeout = '60s'; SET client_connection_check_interval = '1s'; SET jit = off",
            error);
    }
    return status == MNEME_OK ? lock(*out, error) : status;
}

/* Of a separate edition, if the vectors are made again. */
static int add(struct rebuild *rebuild, const struct mneme_config *config, struct mneme_error *error) {
    struct mneme_generation *generation = &rebuild->generation;
    int status = rebuild->is_again ? mneme_edition_unused(&generation->edition, generation->topic,
                                                          rebuild->postgres, config, generation->model, error)
                                   : MNEME_OK;
    return status == MNEME_OK ? mneme_vectors_add(generation, config, rebuild->postgres, error) : status;
}

/* The model of the settings, where these pin it: the topic of its own is there before. */
static int describe_model(struct mneme_generation *out, const struct mneme_config *config,
                          struct mneme_error *error) {
    struct mneme_embedder_model_info model;
    mneme_embedder_model_of(&model, config);
    if (strlen(model.name) >= sizeof out->model || strlen(model.query_prefix) >= sizeof out->query_prefix ||
        strlen(model.passage_prefix) >= sizeof out->passage_prefix) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was embedded: the name of the model, or a prefix of it, is too long; shorten it");
    }
    memcpy(out->model, model.name, strlen(model.name) + 1);
    memcpy(out->query_prefix, model.query_prefix, strlen(model.query_prefix) + 1);
    memcpy(out->passage_prefix, model.passage_prefix, strlen(model.passage_prefix) + 1);
    out->dimensions = (int32_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_DIMENSIONS);
    return MNEME_OK;
}

static int describe_edition(struct mneme_generation *out, struct mneme_postgres *postgres,
                            const struct mneme_config *config, struct mneme_error *error) {
    int status = mneme_edition_current(&out->edition, postgres, config, out->model, error);
    return status == MNEME_OK
               ? mneme_embeddings_edition_topic(out->topic, config, out->model, out->edition, error)
               : status;
}

/* Where to store the vectors, as far as the settings say. */
static int describe_place(struct mneme_generation *out, const struct mneme_config *config, bool is_first,
                          struct mneme_error *error) {
    if (is_first || mneme_config_source(config, MNEME_SETTING_VECTOR_STORE) != MNEME_FROM_DEFAULT) {
        out->store = mneme_vector_store_find(mneme_config_string(config, MNEME_SETTING_VECTOR_STORE));
    }
    return is_first || mneme_config_source(config, MNEME_SETTING_VECTOR_METRIC) != MNEME_FROM_DEFAULT
               ? mneme_metric_parse(&out->metric,
                                    mneme_str_from(mneme_config_string(config, MNEME_SETTING_VECTOR_METRIC)),
                                    error)
               : MNEME_OK;
}

/* Describes a generation that is to replace the active one. */
static int describe(struct mneme_generation *out, struct mneme_postgres *postgres,
                    const struct mneme_config *config, struct mneme_error *error) {
    struct mneme_generation active;
    int status = mneme_generation_active(&active, postgres, error);
    if (status != MNEME_OK) {
        return status;
    }
    *out = active;
    out->state = MNEME_GENERATION_FILLING;
    out->is_loaded = false;
    if (mneme_config_bool(config, MNEME_SETTING_EMBEDDING_MODEL_PINNED)) {
        status = describe_model(out, config, error);
        if (status == MNEME_OK && strcmp(out->model, active.model) == 0) {
            status = mneme_error_set(
                error, MNEME_E_USAGE,
                "nothing was embedded: the vectors are already of model %s; give another model", out->model);
        }
        if (status == MNEME_OK) {
            status = describe_edition(out, postgres, config, error);
        }
    }
    return status == MNEME_OK ? describe_place(out, config, false, error) : status;
}

/* The same for one that is made again by the same model; its edition is chosen when it is added. What the
 * model is, the vectors that answer know. */
static int describe_again(struct mneme_generation *out, struct mneme_postgres *postgres,
                          const struct mneme_config *config, struct mneme_error *error) {
    struct mneme_error none = {0};
    int status = mneme_generation_active(out, postgres, &none);
    bool is_first = status == MNEME_E_NOT_FOUND;
    if (status != MNEME_OK && !is_first) {
        return mneme_error_set(error, (enum mneme_status)status, "%s", none.message);
    }
    if (is_first) {
        *out = (struct mneme_generation){0};
    }
    bool is_other = strcmp(out->model, mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL)) != 0;
    out->state = MNEME_GENERATION_FILLING;
    out->is_loaded = false;
    status = is_other || out->dimensions == 0 ? describe_model(out, config, error) : MNEME_OK;
    if (status == MNEME_OK) {
        status = describe_edition(out, postgres, config, error);
    }
    return status == MNEME_OK ? describe_place(out, config, is_first, error) : status;
}

struct search {
    const struct mneme_generation *like;
    bool is_again; /* of another edition of the same model; else of the same topic */
    struct mneme_generation *found;
    bool is_found;
};

/* One that an interrupted run has left, in the same store and of the same metric. */
static int match(void *context, const struct mneme_generation *generation) {
    struct search *search = context;
    const struct mneme_generation *like = search->like;
    bool is_like = search->is_again
                       ? strcmp(generation->model, like->model) == 0 && generation->edition != like->edition
                       : strcmp(generation->topic, like->topic) == 0;
    if (generation->state == MNEME_GENERATION_FILLING && generation->store == like->store &&
        generation->metric == like->metric && is_like) {
        *search->found = *generation;
        search->is_found = true;
    }
    return MNEME_OK;
}

/* Makes the generation of this rebuild, or goes on with what exists of it. */
static int make_or_find(struct rebuild *rebuild, const struct mneme_config *config, bool *is_resumed,
                        struct mneme_error *error) {
    struct mneme_generation wanted = {0};
    size_t dropped;
    int status = mneme_vectors_drop_retired(&dropped, false, config, rebuild->postgres, error);
    if (status == MNEME_OK) {
        status = (rebuild->is_again ? describe_again : describe)(&wanted, rebuild->postgres, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_edition_forget(rebuild->postgres, config, wanted.model, error);
    }
    struct search search = {.like = &wanted, .is_again = rebuild->is_again, .found = &rebuild->generation};
    if (status == MNEME_OK) {
        status = mneme_generation_each(rebuild->postgres, match, &search, error);
    }
    *is_resumed = search.is_found;
    if (status == MNEME_OK && !search.is_found) {
        rebuild->generation = wanted;
        status = add(rebuild, config, error);
    }
    return status;
}

static int begin_as(void **out, const struct mneme_config *config, bool is_again, bool *is_resumed,
                    struct mneme_error *error) {
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);
    if (rebuild == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
    }
    *is_resumed = false;
    rebuild->is_again = is_again;
    int status = mneme_config_copy(&rebuild->config, config, error);
    if (status == MNEME_OK) {
        status = connect_and_lock(&rebuild->postgres, config, error);
    }
    if (status == MNEME_OK) {
        status = make_or_find(rebuild, config, is_resumed, error);
    }
    if (status == MNEME_OK) {
        status = set_number(rebuild, error);
    }
    if (status != MNEME_OK) {
        end(rebuild);
        return status;
    }
    *out = rebuild;
    return MNEME_OK;
}

/* Otherwise vectors of a log that no longer exists would be filled again from its records. */
static int check(const struct mneme_config *config, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_generation active;
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_VECTORS, "mneme rebuild", error);
    if (status == MNEME_OK) {
        status = mneme_generation_active(&active, postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_loss_check(&active, config, postgres, error);
    }
    mneme_pg_close(postgres);
    return status;
}

static int begin(void **out, const struct mneme_config *config, const struct mneme_rebuild_log *log,
                 bool *is_resumed, struct mneme_error *error) {
    (void)log;
    return begin_as(out, config, false, is_resumed, error);
}

int mneme_vectors_begin_edition(void **rebuild, const struct mneme_config *config, bool *is_resumed,
                                struct mneme_error *error) {
    return begin_as(rebuild, config, true, is_resumed, error);
}

static int restart(void *context, const struct mneme_rebuild_log *log, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    (void)log;
    int status = mneme_vectors_drop(&rebuild->generation, rebuild->config, rebuild->postgres, error);
    if (status == MNEME_OK) {
        rebuild->generation.is_loaded = false;
        status = mneme_vectors_add(&rebuild->generation, rebuild->config, rebuild->postgres, error);
    }
    return status == MNEME_OK ? set_number(rebuild, error) : status;
}

int mneme_vectors_renew_edition(void *context, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    struct mneme_generation *generation = &rebuild->generation;
    int status = mneme_vectors_drop(generation, rebuild->config, rebuild->postgres, error);
    if (status == MNEME_OK) {
        status = mneme_edition_forget(rebuild->postgres, rebuild->config, generation->model, error);
    }
    if (status == MNEME_OK) {
        rebuild->is_again = true;
        generation->is_loaded = false;
        status = add(rebuild, rebuild->config, error);
    }
    return status == MNEME_OK ? set_number(rebuild, error) : status;
}

const struct mneme_generation *mneme_vectors_rebuild_generation(const void *context) {
    const struct rebuild *rebuild = context;
    return &rebuild->generation;
}

static const struct mneme_config *config_of(void *context) {
    const struct rebuild *rebuild = context;
    return rebuild->config;
}

static int finish_load(void *context, unsigned jobs, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    const struct mneme_vector_store_ops *ops = rebuild->generation.store;
    void *store = NULL;
    /* Its dimensions may have come with the load. */
    int status =
        mneme_generation_get(&rebuild->generation, rebuild->postgres, rebuild->generation.number, error);
    if (status != MNEME_OK || rebuild->generation.is_loaded) {
        return status;
    }
    if (ops->finish_load != NULL) {
        status =
            mneme_vector_store_open(&store, rebuild->config, rebuild->postgres, &rebuild->generation, error);
        if (status == MNEME_OK) {
            status = ops->finish_load(store, jobs, error);
            ops->close(store);
        }
    }
    return status == MNEME_OK ? mneme_generation_set_loaded(&rebuild->generation, rebuild->postgres, error)
                              : status;
}

static int freeze(void *context, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    int status = mneme_pg_run(rebuild->postgres, "BEGIN", error);
    return status == MNEME_OK ? mneme_pg_run(rebuild->postgres, mneme_sql_vectors_freeze, error) : status;
}

static int swap(void *context, const int64_t *next_offsets, int32_t partitions, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    struct mneme_error ignored = {0};
    (void)next_offsets; /* the generation's own progress has it */
    (void)partitions;
    int status = mneme_generation_activate(&rebuild->generation, rebuild->postgres, error);
    if (status == MNEME_OK) {
        status = mneme_edition_take(&rebuild->generation, rebuild->postgres, rebuild->config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(rebuild->postgres, "SET LOCAL synchronous_commit = on; COMMIT", error);
    }
    /* The cached vectors of the former edition are not needed any more; if this fails, the next run removes
     * them. */
    if (status == MNEME_OK && mneme_edition_forget(rebuild->postgres, rebuild->config,
                                                   rebuild->generation.model, &ignored) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "a former edition of records is still remembered",
                  MNEME_LOG_S("reason", ignored.message));
    }
    return status;
}

static int rebuild_subject(struct mneme_subject_outcome *outcome, const struct mneme_subject_options *options,
                           struct mneme_error *error) {
    (void)options;
    *outcome = (struct mneme_subject_outcome){0};
    return mneme_error_set(error, MNEME_E_USAGE,
                           "nothing was rebuilt: vectors are rebuilt for all users at once; leave out --user "
                           "and --agent");
}

static int abandon_as(const struct mneme_config *config, bool is_again, bool *was_there,
                      struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_generation wanted = {0};
    struct mneme_generation found;
    struct search search = {.like = &wanted, .is_again = is_again, .found = &found};
    int status = connect_and_lock(&postgres, config, error);
    if (status == MNEME_OK) {
        status = (is_again ? describe_again : describe)(&wanted, postgres, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_generation_each(postgres, match, &search, error);
    }
    *was_there = search.is_found;
    if (status == MNEME_OK && search.is_found) {
        status = mneme_vectors_drop(&found, config, postgres, error);
    }
    if (status == MNEME_OK && search.is_found) {
        status = mneme_edition_forget(postgres, config, wanted.model, error);
    }
    mneme_pg_unlock(postgres);
    mneme_pg_close(postgres);
    return status;
}

static int abandon(const struct mneme_config *config, bool *was_there, struct mneme_error *error) {
    return abandon_as(config, false, was_there, error);
}

int mneme_vectors_abandon_edition(const struct mneme_config *config, bool *was_there,
                                  struct mneme_error *error) {
    return abandon_as(config, true, was_there, error);
}

const struct mneme_rebuild_ops mneme_vectors_rebuild = {
    .check = check,
    .begin = begin,
    .restart = restart,
    .config = config_of,
    .finish_load = finish_load,
    .freeze = freeze,
    .swap = swap,
    .end = end,
    .verify = mneme_vectors_verify,
    .rebuild_subject = rebuild_subject,
    .abandon = abandon,
};
