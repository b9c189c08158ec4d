/*
 * Checks the services one after the other, each within its time limit, and assembles the document.
 */
#include "queries/status_health.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/config/state_folder.h"
#include "common/redis/info.h"
#include "queries/status_alerts.h"
#include "queries/status_endpoints.h"
#include "queries/status_machine.h"
#include "sql/embedded.h"
#include "stores/vectors/store.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *const mneme_health_state_names[MNEME_HEALTH_STATES] = {
    [MNEME_HEALTH_UNUSED] = "unused",
    [MNEME_HEALTH_HEALTHY] = "healthy",
    [MNEME_HEALTH_DEGRADED] = "degraded",
    [MNEME_HEALTH_UNHEALTHY] = "unhealthy",
};

const char *const mneme_health_service_names[MNEME_HEALTH_SERVICES] = {
    [MNEME_HEALTH_KAFKA] = "kafka",         [MNEME_HEALTH_POSTGRES] = "postgres",
    [MNEME_HEALTH_REDIS] = "redis",         [MNEME_HEALTH_VECTORS] = "vectors",
    [MNEME_HEALTH_EMBEDDING] = "embedding", [MNEME_HEALTH_REGISTRY] = "registry",
};

/* What a check reports about a service that answers. */
struct answer {
    bool is_unused;
    char detail[512];
};

typedef int ask(struct mneme_health *out, struct answer *answer, const struct mneme_health_source *source,
                struct mneme_error *error);

/* --- Kafka --- */

static int ask_kafka(struct mneme_health *out, struct answer *answer,
                     const struct mneme_health_source *source, struct mneme_error *error) {
    (void)out;
    snprintf(answer->detail, sizeof answer->detail, "a broker answers");
    return mneme_log_probe_check(source->log, (int)source->timeout_ms, error);
}

/* --- Postgres --- */

/* A transaction that ends by itself when the server takes too long. */
static int begin(const struct mneme_health_source *source, struct mneme_error *error) {
    char sql[96];
    snprintf(sql, sizeof sql, "BEGIN; SET LOCAL statement_timeout = %lld", (long long)source->timeout_ms);
    return mneme_pg_run(source->postgres, sql, error);
}

static int end(const struct mneme_health_source *source, int status, struct mneme_error *error) {
    if (status == MNEME_OK) {
        return mneme_pg_run(source->postgres, "COMMIT", error);
    }
    /* If this fails too, the connection is gone, and the first error said so. */
    (void)mneme_pg_run(source->postgres, "ROLLBACK", NULL);
    return status;
}

struct server_row {
    struct mneme_str version;
    int64_t connections, all_connections, most_connections;
};

static bool take_server(const void *row, void *context) {
    const struct server_row *server = row;
    struct mneme_health *out = context;
    snprintf(out->database_version, sizeof out->database_version, "%.*s", MNEME_STR_ARG(server->version));
    out->active_connections = (struct mneme_opt_long){server->connections, true};
    if (server->most_connections > 0) {
        out->measures.connections_percent = (struct mneme_opt_double){
            100 * (double)server->all_connections / (double)server->most_connections, true};
    }
    return true;
}

static int ask_postgres(struct mneme_health *out, struct answer *answer,
                        const struct mneme_health_source *source, struct mneme_error *error) {
    static const struct mneme_row_column columns[] = {
        {"version", MNEME_ROW_STR, offsetof(struct server_row, version)},
        {"connections", MNEME_ROW_LONG, offsetof(struct server_row, connections)},
        {"all_connections", MNEME_ROW_LONG, offsetof(struct server_row, all_connections)},
        {"most_connections", MNEME_ROW_LONG, offsetof(struct server_row, most_connections)},
    };
    static const struct mneme_question question = {"the server was not asked", mneme_sql_status_server,
                                                   columns, COUNT(columns), sizeof(struct server_row)};
    if (source->postgres == NULL) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s",
                               source->postgres_reason == NULL ? "there is no connection to Postgres"
                                                               : source->postgres_reason);
    }
    int status = mneme_pg_ensure(source->postgres, error);
    if (status == MNEME_OK) {
        status = begin(source, error);
    }
    if (status == MNEME_OK) {
        status = mneme_query_run(source->postgres, &question, NULL, take_server, out, NULL, error);
        status = end(source, status, error);
    }
    bool is_there = true;
    if (status == MNEME_OK) {
        status = mneme_status_enter(&is_there, source->postgres, source->config,
                                    &mneme_projections[MNEME_PROJECTION_POSTGRES], error);
    }
    if (status == MNEME_OK && !is_there) {
        status =
            mneme_error_set(error, MNEME_E_UNAVAILABLE,
                            "Postgres answers, but the database does not have the tables of this version; "
                            "run `mneme migrate`");
    }
    snprintf(answer->detail, sizeof answer->detail, "version %s answers", out->database_version);
    return status;
}

/* --- Redis --- */

static int ask_redis(struct mneme_health *out, struct answer *answer,
                     const struct mneme_health_source *source, struct mneme_error *error) {
    const struct mneme_redis_options options = {.timeout_ms = source->timeout_ms};
    struct mneme_redis *redis = NULL;
    struct mneme_buffer info = {0};
    int status = mneme_redis_open(&redis, mneme_config_string(source->config, MNEME_SETTING_REDIS_URL),
                                  &options, error);
    if (status == MNEME_OK) {
        status = mneme_redis_info(&info, redis, "memory", error);
    }
    if (status == MNEME_OK) {
        double used = (double)mneme_redis_info_number(&info, "used_memory");
        double most = (double)mneme_redis_info_number(&info, "maxmemory");
        if (used >= 0 && most > 0) {
            out->measures.redis_memory_percent = (struct mneme_opt_double){100 * used / most, true};
        }
    }
    mneme_buffer_clean_up(&info);
    mneme_redis_close(redis);
    snprintf(answer->detail, sizeof answer->detail, "Redis answers");
    if (status != MNEME_OK &&
        mneme_config_source(source->config, MNEME_SETTING_REDIS_URL) == MNEME_FROM_DEFAULT) {
        answer->is_unused = true;
        snprintf(answer->detail, sizeof answer->detail,
                 "REDIS_URL is not set, and nothing answers at its default");
        return MNEME_OK;
    }
    return status;
}

/* --- the vector store --- */

static int ask_vectors(struct mneme_health *out, struct answer *answer,
                       const struct mneme_health_source *source, struct mneme_error *error) {
    struct mneme_vectors *vectors = NULL;
    bool is_there = false;
    (void)out;
    if (source->postgres == NULL) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "the vectors were not checked: Postgres, which knows where they are, does not "
                               "answer; see the check of Postgres");
    }
    int status = mneme_status_enter(&is_there, source->postgres, source->config,
                                    &mneme_projections[MNEME_PROJECTION_VECTORS], error);
    if (status != MNEME_OK) {
        return status;
    }
    status = is_there ? mneme_vectors_open(&vectors, source->config, source->postgres, NULL, error)
                      : MNEME_E_NOT_FOUND;
    if (status == MNEME_E_NOT_FOUND) {
        answer->is_unused = true;
        snprintf(answer->detail, sizeof answer->detail, "there are no vectors yet");
        return MNEME_OK;
    }
    if (status == MNEME_OK) {
        const struct mneme_generation *generation = mneme_vectors_generation(vectors);
        snprintf(answer->detail, sizeof answer->detail, "%s has the vectors of model %s",
                 generation->store->name, generation->model);
        mneme_vectors_bound(vectors, source->timeout_ms);
        status = mneme_vectors_check(vectors, error);
    }
    mneme_vectors_close(vectors);
    return status;
}

/* --- services behind HTTP --- */

static int ask_embedding(struct mneme_health *out, struct answer *answer,
                         const struct mneme_health_source *source, struct mneme_error *error) {
    (void)out;
    return mneme_status_ask_embedding(&answer->is_unused, answer->detail, sizeof answer->detail,
                                      source->config, source->timeout_ms, error);
}

static int ask_registry(struct mneme_health *out, struct answer *answer,
                        const struct mneme_health_source *source, struct mneme_error *error) {
    (void)out;
    return mneme_status_ask_registry(&answer->is_unused, answer->detail, sizeof answer->detail,
                                     source->config, source->timeout_ms, error);
}

/* --- all of them --- */

static const struct service {
    ask *ask;
    enum mneme_health_state when_away;
} services[MNEME_HEALTH_SERVICES] = {
    [MNEME_HEALTH_KAFKA] = {ask_kafka, MNEME_HEALTH_UNHEALTHY},
    [MNEME_HEALTH_POSTGRES] = {ask_postgres, MNEME_HEALTH_UNHEALTHY},
    [MNEME_HEALTH_REDIS] = {ask_redis, MNEME_HEALTH_DEGRADED},
    [MNEME_HEALTH_VECTORS] = {ask_vectors, MNEME_HEALTH_DEGRADED},
    [MNEME_HEALTH_EMBEDDING] = {ask_embedding, MNEME_HEALTH_DEGRADED},
    [MNEME_HEALTH_REGISTRY] = {ask_registry, MNEME_HEALTH_UNHEALTHY}, /* no event can be framed without it */
};

static double millis_since(int64_t started) {
    return (double)(mneme_clock_monotonic_micros() - started) / 1000;
}

static void check(struct mneme_health *out, enum mneme_health_service which,
                  const struct mneme_health_source *source) {
    struct mneme_health_check *check = &out->checks[which];
    struct answer answer = {0};
    struct mneme_error error = {0};
    int64_t started = mneme_clock_monotonic_micros();
    int status = services[which].ask(out, &answer, source, &error);
    check->response_time_ms = millis_since(started);
    check->state = status != MNEME_OK ? services[which].when_away
                   : answer.is_unused ? MNEME_HEALTH_UNUSED
                                      : MNEME_HEALTH_HEALTHY;
    snprintf(check->detail, sizeof check->detail, "%.*s", (int)sizeof check->detail - 1,
             status == MNEME_OK ? answer.detail : error.message);
}

/* --- measures --- */

static struct mneme_opt_double percent_of(int64_t part, int64_t whole) {
    return whole > 0 ? (struct mneme_opt_double){100 * (double)part / (double)whole, true}
                     : (struct mneme_opt_double){0};
}

/* How long the oldest event that the projection has not folded has been waiting. */
static void measure_lag(struct mneme_health_measures *out, const struct mneme_projection_status *item,
                        const struct mneme_health_source *source) {
    struct mneme_error ignored = {0};
    struct mneme_opt_long oldest = {0};
    int64_t *offsets = calloc((size_t)item->partition_count + 1, sizeof *offsets);
    if (offsets == NULL) {
        return;
    }
    for (int32_t i = 0; i < item->partition_count; i++) {
        const struct mneme_partition_status *partition = &item->partitions[i];
        int64_t next = partition->next_offset > partition->first_offset ? partition->next_offset
                                                                        : partition->first_offset;
        offsets[i] = next < partition->end_offset ? next : -1;
    }
    if (mneme_log_oldest_time(&oldest, source->log, item->topic, offsets, item->partition_count,
                              (int)source->timeout_ms, &ignored) == MNEME_OK &&
        oldest.is_set) {
        double waited = fmax(0, (double)(mneme_clock_now_micros() - oldest.value) / 1e6);
        if (!out->lag_s.is_set || waited > out->lag_s.value) {
            out->lag_s = (struct mneme_opt_double){waited, true};
            snprintf(out->lag_projection, sizeof out->lag_projection, "%s", item->projection);
        }
    }
    free(offsets);
}

static void measure_projections(struct mneme_health_measures *out, const struct mneme_health_source *source) {
    for (size_t i = 0; i < source->projection_count; i++) {
        const struct mneme_projection_status *item = &source->projections[i];
        if (!item->has_log) {
            continue;
        }
        if (!out->backlog.is_set || (double)item->lag > out->backlog.value) {
            out->backlog = (struct mneme_opt_double){(double)item->lag, true};
            snprintf(out->backlog_projection, sizeof out->backlog_projection, "%s", item->projection);
        }
        if (item->lag > 0 && source->with_measures) {
            measure_lag(out, item, source);
        } else if (item->lag == 0 && !out->lag_s.is_set) {
            out->lag_s = (struct mneme_opt_double){0, true};
            snprintf(out->lag_projection, sizeof out->lag_projection, "%s", item->projection);
        }
    }
}

static bool add_errors(const void *row, void *context) {
    *(int64_t *)context += *(const int64_t *)row;
    return true;
}

static int count_errors(int64_t *errors, const struct mneme_health_source *source, const char *sql,
                        struct mneme_error *error) {
    static const struct mneme_row_column columns[] = {{"errors", MNEME_ROW_LONG, 0}};
    const struct mneme_question question = {"errors were not counted", sql, columns, 1, sizeof(int64_t)};
    int status = begin(source, error);
    if (status == MNEME_OK) {
        status = mneme_query_run(source->postgres, &question, NULL, add_errors, errors, NULL, error);
        status = end(source, status, error);
    }
    return status;
}

/* The sum over all existing schemas; unset when one of them cannot be queried. */
static void measure_errors(struct mneme_health_measures *out, const struct mneme_health_source *source) {
    struct mneme_error ignored = {0};
    int64_t errors = 0;
    int status = MNEME_OK;
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK; i++) {
        bool is_there = false;
        if (mneme_projections[i].has_schema) {
            status = mneme_status_enter(&is_there, source->postgres, source->config, &mneme_projections[i],
                                        &ignored);
        }
        if (status == MNEME_OK && is_there) {
            status = count_errors(&errors, source, mneme_sql_status_parked_lately, &ignored);
        }
        if (status == MNEME_OK && is_there && i == MNEME_PROJECTION_POSTGRES) {
            status = count_errors(&errors, source, mneme_sql_status_errors, &ignored);
        }
    }
    if (status == MNEME_OK) {
        out->errors_last_hour = (struct mneme_opt_double){(double)errors, true};
    }
}

static void measure(struct mneme_health *out, const struct mneme_health_source *source) {
    struct mneme_health_measures *measures = &out->measures;
    char path[MNEME_STATE_PATH_BYTES];
    struct mneme_error ignored = {0};
    if (source->pool != NULL) {
        mneme_pg_pool_stats_read(&out->pool, source->pool);
        measures->pool_percent = percent_of(out->pool.size - out->pool.idle_size, out->pool.max_size);
    }
    measures->latency_p95_ms = source->latency_p95_ms;
    measure_projections(measures, source);
    if (!source->with_measures) {
        return;
    }
    measures->memory_percent = mneme_machine_memory_percent();
    bool has_path = mneme_state_path(path, source->config, "", &ignored) == MNEME_OK;
    measures->disk_percent = mneme_machine_disk_percent(has_path ? path : "/");
    if (out->checks[MNEME_HEALTH_POSTGRES].state == MNEME_HEALTH_HEALTHY) {
        measure_errors(measures, source);
    }
}

void mneme_health_read(struct mneme_health *out, const struct mneme_health_source *source) {
    struct mneme_alert alerts[MNEME_ALERT_KINDS];
    size_t alert_count;
    int64_t started = mneme_clock_monotonic_micros();
    *out = (struct mneme_health){.state = MNEME_HEALTH_HEALTHY, .timestamp = mneme_clock_now_micros()};
    for (int which = 0; which < MNEME_HEALTH_SERVICES; which++) {
        check(out, (enum mneme_health_service)which, source);
        out->state = out->checks[which].state > out->state ? out->checks[which].state : out->state;
    }
    measure(out, source);
    mneme_alerts_of(alerts, &alert_count, out);
    for (size_t i = 0; i < alert_count && out->state == MNEME_HEALTH_HEALTHY; i++) {
        if (strcmp(alerts[i].severity, MNEME_ALERT_CRITICAL) == 0) {
            out->state = MNEME_HEALTH_DEGRADED;
        }
    }
    for (size_t i = 0; i < source->projection_count && out->state == MNEME_HEALTH_HEALTHY; i++) {
        if (source->projections[i].lost[0] != '\0') {
            out->state = MNEME_HEALTH_DEGRADED;
        }
    }
    out->response_time_ms = millis_since(started);
}

/* --- as JSON --- */

static void put_number(struct mneme_json_writer *json, const char *key, struct mneme_opt_double number) {
    mneme_json_key(json, mneme_str_from(key));
    if (number.is_set) {
        mneme_json_double(json, number.value);
    } else {
        mneme_json_null(json);
    }
}

static void put_millis(struct mneme_json_writer *json, const char *key, double millis) {
    put_number(json, key, (struct mneme_opt_double){round(millis * 1000) / 1000, true});
}

static void put_text(struct mneme_json_writer *json, const char *key, const char *text) {
    mneme_json_key(json, mneme_str_from(key));
    mneme_json_string(json, text[0] == '\0' ? MNEME_STR_NULL : mneme_str_from(text));
}

static void put_checks(struct mneme_json_writer *json, const struct mneme_health *health) {
    mneme_json_key(json, MNEME_STR_LIT("checks"));
    mneme_json_begin_object(json);
    for (int which = 0; which < MNEME_HEALTH_SERVICES; which++) {
        const struct mneme_health_check *check = &health->checks[which];
        mneme_json_key(json, mneme_str_from(mneme_health_service_names[which]));
        mneme_json_begin_object(json);
        put_text(json, "status", mneme_health_state_names[check->state]);
        put_millis(json, "response_time_ms", check->response_time_ms);
        put_text(json, "detail", check->detail);
        mneme_json_end_object(json);
    }
    mneme_json_end_object(json);
}

static void put_pool(struct mneme_json_writer *json, const struct mneme_pg_pool_stats *pool) {
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"size", pool->size},
                   {"min_size", pool->min_size},
                   {"max_size", pool->max_size},
                   {"idle_size", pool->idle_size}};
    mneme_json_key(json, MNEME_STR_LIT("pool_stats"));
    mneme_json_begin_object(json);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        mneme_json_key(json, mneme_str_from(numbers[i].key));
        mneme_json_long(json, numbers[i].number);
    }
    mneme_json_end_object(json);
}

static void put_measures(struct mneme_json_writer *json, const struct mneme_health_measures *measures) {
    mneme_json_key(json, MNEME_STR_LIT("measures"));
    mneme_json_begin_object(json);
    put_number(json, "pool_percent", measures->pool_percent);
    put_number(json, "connections_percent", measures->connections_percent);
    put_number(json, "latency_p95_ms", measures->latency_p95_ms);
    put_number(json, "memory_percent", measures->memory_percent);
    put_number(json, "redis_memory_percent", measures->redis_memory_percent);
    put_number(json, "disk_percent", measures->disk_percent);
    put_number(json, "backlog", measures->backlog);
    put_text(json, "backlog_projection", measures->backlog_projection);
    put_number(json, "lag_s", measures->lag_s);
    put_text(json, "lag_projection", measures->lag_projection);
    put_number(json, "errors_last_hour", measures->errors_last_hour);
    mneme_json_end_object(json);
}

void mneme_health_json(const struct mneme_health *health, struct mneme_json_writer *json) {
    struct mneme_alert alerts[MNEME_ALERT_KINDS];
    size_t alert_count;
    mneme_alerts_of(alerts, &alert_count, health);
    mneme_json_begin_object(json);
    put_text(json, "status", mneme_health_state_names[health->state]);
    put_checks(json, health);
    put_pool(json, &health->pool);
    put_text(json, "database_version", health->database_version);
    mneme_json_key(json, MNEME_STR_LIT("active_connections"));
    if (health->active_connections.is_set) {
        mneme_json_long(json, health->active_connections.value);
    } else {
        mneme_json_null(json);
    }
    put_millis(json, "response_time_ms", health->response_time_ms);
    mneme_json_key(json, MNEME_STR_LIT("timestamp"));
    mneme_json_time(json, health->timestamp);
    put_measures(json, &health->measures);
    mneme_json_key(json, MNEME_STR_LIT("alerts"));
    mneme_json_begin_array(json);
    for (size_t i = 0; i < alert_count; i++) {
        mneme_alert_json(&alerts[i], json);
    }
    mneme_json_end_array(json);
    mneme_json_end_object(json);
}
