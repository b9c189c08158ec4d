/*
 * The rebuild's operations. The place apart is a generation that is filling; its row and its progress say how
 * far it is. A rebuild moves the vectors to the store of the settings where these name another one; where
 * they pin a model, the generation is of that one.
 */
#include "consumers/vectors/rebuild.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "consumers/vectors/vectors_projection.h"
#include "schemas/embedding.h"
#include "sql/embedded.h"

struct rebuild {
    struct mneme_config *config; /* leads to the generation */
    struct mneme_postgres *postgres;
    struct mneme_generation generation;
};

static void end(void *context) {
    struct rebuild *rebuild = context;
    mneme_pg_close(rebuild->postgres); /* a freeze goes with its transaction, and the lock with the session */
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
                                 "model, is at work; wait for its end");
    }
    PQclear(rows);
    return status;
}

static int connect_and_lock(struct mneme_postgres **out, const struct mneme_config *config,
                            struct mneme_error *error) {
    int status = mneme_pg_connect_to(out, config, MNEME_PG_SCHEMA_VECTORS, "mneme rebuild", error);
    if (status == MNEME_OK) {
        /* A program that was killed must not hold the lock for as long as its last statement runs. */
        status = mneme_pg_set(
            *out, "SET lock_timeout = '60s'; SET client_connection_check_interval = '1s'; SET jit = off",
            error);
    }
    return status == MNEME_OK ? lock(*out, error) : status;
}

/* The model of the settings, where these pin it: the topic of its own is there before. */
static int describe_model(struct mneme_generation *out, const struct mneme_generation *active,
                          const struct mneme_config *config, struct mneme_error *error) {
    const char *model = mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL);
    if (strcmp(model, active->model) == 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was embedded: the vectors are of model %s already; name another one",
                               model);
    }
    if (strlen(model) >= sizeof out->model) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was embedded: the name of the model is too long; shorten it");
    }
    memcpy(out->model, model, strlen(model) + 1);
    out->dimensions = (int32_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_DIMENSIONS);
    out->query_prefix[0] = '\0';
    out->passage_prefix[0] = '\0';
    return mneme_embeddings_topic(out->topic, config, model, error);
}

/* What a generation that is to replace the active one is made of. */
static int describe(struct mneme_generation *out, const struct mneme_generation *active,
                    const struct mneme_config *config, struct mneme_error *error) {
    int status = MNEME_OK;
    *out = *active;
    out->state = MNEME_GENERATION_FILLING;
    out->is_loaded = false;
    if (mneme_config_bool(config, MNEME_SETTING_EMBEDDING_MODEL_PINNED)) {
        status = describe_model(out, active, config, error);
    }
    if (mneme_config_source(config, MNEME_SETTING_VECTOR_STORE) != MNEME_FROM_DEFAULT) {
        out->store = mneme_vector_store_find(mneme_config_string(config, MNEME_SETTING_VECTOR_STORE));
    }
    if (status == MNEME_OK &&
        mneme_config_source(config, MNEME_SETTING_VECTOR_METRIC) != MNEME_FROM_DEFAULT) {
        status = mneme_metric_parse(
            &out->metric, mneme_str_from(mneme_config_string(config, MNEME_SETTING_VECTOR_METRIC)), error);
    }
    return status;
}

struct search {
    const struct mneme_generation *like;
    struct mneme_generation *found;
    bool is_found;
};

/* One that an interrupted rebuild has left: of the same topic, store and metric. */
static int match(void *context, const struct mneme_generation *generation) {
    struct search *search = context;
    if (generation->state == MNEME_GENERATION_FILLING && generation->store == search->like->store &&
        generation->metric == search->like->metric && strcmp(generation->topic, search->like->topic) == 0) {
        *search->found = *generation;
        search->is_found = true;
    }
    return MNEME_OK;
}

/* Makes the generation of an own rebuild, or goes on with what is there of it. */
static int make_or_find(struct rebuild *rebuild, const struct mneme_config *config, bool *is_resumed,
                        struct mneme_error *error) {
    struct mneme_generation active;
    struct mneme_generation wanted;
    size_t dropped;
    int status = mneme_generation_active(&active, rebuild->postgres, error);
    if (status == MNEME_OK) {
        status = mneme_vectors_drop_retired(&dropped, false, config, rebuild->postgres, error);
    }
    if (status == MNEME_OK) {
        status = describe(&wanted, &active, config, error);
    }
    struct search search = {.like = &wanted, .found = &rebuild->generation};
    if (status == MNEME_OK) {
        status = mneme_generation_each(rebuild->postgres, match, &search, error);
    }
    *is_resumed = search.is_found;
    if (status == MNEME_OK && !search.is_found) {
        rebuild->generation = wanted;
        status = mneme_vectors_add(&rebuild->generation, config, rebuild->postgres, error);
    }
    return status;
}

static int begin(void **out, const struct mneme_config *config, const struct mneme_rebuild_log *log,
                 bool *is_resumed, struct mneme_error *error) {
    (void)log;
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);
    if (rebuild == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
    }
    *is_resumed = false;
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
    (void)next_offsets; /* the generation's own progress says it */
    (void)partitions;
    int status = mneme_generation_activate(&rebuild->generation, rebuild->postgres, error);
    return status == MNEME_OK
               ? mneme_pg_run(rebuild->postgres, "SET LOCAL synchronous_commit = on; COMMIT", error)
               : status;
}

static int rebuild_subject(struct mneme_subject_outcome *outcome, const struct mneme_subject_options *options,
                           struct mneme_error *error) {
    (void)options;
    *outcome = (struct mneme_subject_outcome){0};
    return mneme_error_set(error, MNEME_E_USAGE,
                           "nothing was rebuilt: vectors are rebuilt for all users at once; leave out --user "
                           "and --agent");
}

static int abandon(const struct mneme_config *config, bool *was_there, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_generation active;
    struct mneme_generation wanted;
    struct mneme_generation found;
    struct search search = {.like = &wanted, .found = &found};
    int status = connect_and_lock(&postgres, config, error);
    if (status == MNEME_OK) {
        status = mneme_generation_active(&active, postgres, error);
    }
    if (status == MNEME_OK) {
        status = describe(&wanted, &active, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_generation_each(postgres, match, &search, error);
    }
    *was_there = search.is_found;
    if (status == MNEME_OK && search.is_found) {
        status = mneme_vectors_drop(&found, config, postgres, error);
    }
    mneme_pg_close(postgres);
    return status;
}

const struct mneme_rebuild_ops mneme_vectors_rebuild = {
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
