/*
 * Builds indexes of collections of raw vectors that have grown while a worker writes: CONCURRENTLY, over a
 * separate connection that is polled and never waited for. Only one process builds at a time, since two
 * builds on one table wait for each other's transaction. A build that ends with its worker leaves an invalid
 * index, which the next build replaces.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "common/postgres/schema.h"
#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"

/* How long to wait between two checks whether a collection has grown, once vectors were written. */
#define CHECK_MICROS INT64_C(60000000)
/* A check counts vectors; it may take up to a hundredth of the time. */
#define CHECK_SHARE 100
/* Failures are retried after CHECK_MICROS, and each time after twice as long, up to this. */
#define MAX_WAIT_MICROS INT64_C(3600000000)

enum step { RESTING, CHECKING, DROPPING, BUILDING };

struct maintenance {
    const struct mneme_config *config;
    struct mneme_pgvector store; /* for its statements; its connection is open while there is work */
    enum step step;
    bool has_written; /* since the last check */
    bool is_reported; /* that a pooler prevents building */
    int64_t next_micros, since_micros, wait_micros;
    PGresult *lacking; /* collections that need an index … */
    int row;           /* … and the current one */
};

int mneme_pgvector_maintain_open(void **out, const struct mneme_config *config,
                                 const struct mneme_generation *generation, struct mneme_error *error) {
    struct maintenance *maintenance = calloc(1, sizeof *maintenance);
    if (maintenance == NULL) {
        return mneme_pgvector_out_of_memory(error);
    }
    maintenance->config = config;
    maintenance->store.config = config;
    maintenance->store.generation = *generation;
    maintenance->store.least_indexed = MNEME_PGVECTOR_LEAST_INDEXED;
    maintenance->has_written = true; /* perhaps by a former worker */
    maintenance->wait_micros = CHECK_MICROS;
    *out = maintenance;
    return MNEME_OK;
}

void mneme_pgvector_maintain_from(void *context, int64_t least_indexed) {
    struct maintenance *maintenance = context;
    maintenance->store.least_indexed = least_indexed;
}

static void rest(struct maintenance *maintenance, int64_t micros) {
    PQclear(maintenance->lacking);
    maintenance->lacking = NULL;
    mneme_pg_close(maintenance->store.postgres);
    maintenance->store.postgres = NULL;
    maintenance->step = RESTING;
    maintenance->next_micros = mneme_clock_monotonic_micros() + micros;
}

void mneme_pgvector_maintain_close(void *context) {
    struct maintenance *maintenance = context;
    if (maintenance != NULL) {
        rest(maintenance, 0);
        mneme_buffer_clean_up(&maintenance->store.sql);
        mneme_pg_params_clean_up(&maintenance->store.params);
        free(maintenance);
    }
}

static const char *text_of(const struct maintenance *maintenance, int column) {
    return PQgetvalue(maintenance->lacking, maintenance->row, column);
}

/* Tries again later: the server may have been restarted, and only speed is lost meanwhile. */
static void give_up(struct maintenance *maintenance, const char *reason) {
    bool is_building = maintenance->lacking != NULL;
    mneme_log(MNEME_LOG_WARN, "a collection of raw vectors has no index yet", MNEME_LOG_S("reason", reason),
              MNEME_LOG_S("tenant", is_building ? text_of(maintenance, LACKING_TENANT) : NULL),
              MNEME_LOG_S("collection", is_building ? text_of(maintenance, LACKING_COLLECTION) : NULL),
              MNEME_LOG_S("advice", "queries of it are slower until then; the index is tried again later"));
    maintenance->has_written = true;
    rest(maintenance, maintenance->wait_micros);
    maintenance->wait_micros *= 2;
    maintenance->wait_micros =
        maintenance->wait_micros > MAX_WAIT_MICROS ? MAX_WAIT_MICROS : maintenance->wait_micros;
}

static void give_up_connection(struct maintenance *maintenance) {
    give_up(maintenance, PQerrorMessage(mneme_pg_raw(maintenance->store.postgres)));
}

static void report_pooler(struct maintenance *maintenance) {
    if (!maintenance->is_reported) {
        mneme_log(MNEME_LOG_INFO, "large collections of raw vectors get no index while this worker writes",
                  MNEME_LOG_S("reason", "DATABASE_URL leads to a pooler (PgBouncer) that may give each "
                                        "transaction another session, and building one needs its own"),
                  MNEME_LOG_S("advice",
                              "name Postgres itself in the DATABASE_URL of `mneme work vectors`, or "
                              "run `mneme rebuild vectors` with it; set MNEME_PG_POOL_MODE=session "
                              "if the pooler has pool_mode=session"));
    }
    maintenance->is_reported = true;
}

/* The session ends with this process, also in the middle of a build. */
static int connect_to_build(struct maintenance *maintenance, struct mneme_error *error) {
    char settings[256];
    snprintf(settings, sizeof settings,
             "SET statement_timeout = 0; SET lock_timeout = 0; SET client_connection_check_interval = '1s'; "
             "SET jit = off; SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '%lldMB'",
             (long long)mneme_config_long(maintenance->config, MNEME_SETTING_INDEX_MEMORY_MB));
    struct mneme_postgres **postgres = &maintenance->store.postgres;
    int status = mneme_pg_connect_to(postgres, maintenance->config, MNEME_PROJECTION_VECTORS,
                                     "mneme vectors indexes", error);
    if (status != MNEME_OK) {
        *postgres = NULL;
        return status;
    }
    return mneme_pg_is_pooled(*postgres) ? MNEME_OK : mneme_pg_set(*postgres, settings, error);
}

/* Takes the lock of those who build; *out is false when another process has it. */
static int lock(bool *out, struct maintenance *maintenance, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, maintenance->store.postgres, mneme_sql_vectors_lock_indexes, NULL,
                                false, error);
    *out = status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 't';
    PQclear(rows);
    return status;
}

static int send_check(struct maintenance *maintenance, struct mneme_error *error) {
    struct mneme_pgvector *store = &maintenance->store;
    mneme_pgvector_lacking_params(store, true);
    maintenance->step = CHECKING;
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_raw_indexes, store->generation.metric, "", error);
    return status == MNEME_OK ? mneme_pg_send(store->postgres, store->sql.data, &store->params, error)
                              : status;
}

static void begin_check(struct maintenance *maintenance) {
    struct mneme_error error = {0};
    bool is_alone = false;
    maintenance->since_micros = mneme_clock_monotonic_micros();
    int status = connect_to_build(maintenance, &error);
    if (status == MNEME_OK && mneme_pg_is_pooled(maintenance->store.postgres)) {
        report_pooler(maintenance);
        maintenance->has_written = false;
        rest(maintenance, CHECK_MICROS);
        return;
    }
    if (status == MNEME_OK) {
        status = lock(&is_alone, maintenance, &error);
    }
    if (status == MNEME_OK && !is_alone) {
        rest(maintenance, CHECK_MICROS);
        return;
    }
    maintenance->has_written = false;
    if (status == MNEME_OK) {
        status = send_check(maintenance, &error);
    }
    if (status != MNEME_OK) {
        give_up(maintenance, error.message);
    }
}

/* Sends the next statement for the current collection, or ends the round after the last one. */
static void send_next(struct maintenance *maintenance, enum step step) {
    int64_t took = mneme_clock_monotonic_micros() - maintenance->since_micros;
    if (maintenance->row >= PQntuples(maintenance->lacking)) {
        maintenance->wait_micros = CHECK_MICROS;
        rest(maintenance,
             took * CHECK_SHARE > CHECK_MICROS && maintenance->row == 0 ? took * CHECK_SHARE : CHECK_MICROS);
        return;
    }
    bool is_clear =
        step == BUILDING || PQgetisnull(maintenance->lacking, maintenance->row, LACKING_DROP) == 1;
    maintenance->step = is_clear ? BUILDING : DROPPING;
    if (PQsendQuery(mneme_pg_raw(maintenance->store.postgres),
                    text_of(maintenance, is_clear ? LACKING_CREATE : LACKING_DROP)) != 1) {
        give_up_connection(maintenance);
    }
}

static void log_index(const struct maintenance *maintenance) {
    mneme_log(MNEME_LOG_INFO, "a collection of raw vectors has an index now",
              MNEME_LOG_S("tenant", text_of(maintenance, LACKING_TENANT)),
              MNEME_LOG_S("collection", text_of(maintenance, LACKING_COLLECTION)),
              MNEME_LOG_I("generation", maintenance->store.generation.number));
}

/* Takes the result of the current statement, which has succeeded. */
static void take_result(struct maintenance *maintenance, PGresult *result) {
    if (maintenance->step == CHECKING) {
        maintenance->lacking = result;
        maintenance->row = 0;
        send_next(maintenance, DROPPING);
        return;
    }
    PQclear(result);
    if (maintenance->step == DROPPING) {
        send_next(maintenance, BUILDING);
        return;
    }
    log_index(maintenance);
    maintenance->row++;
    send_next(maintenance, DROPPING);
}

static void poll_result(struct maintenance *maintenance) {
    PGconn *connection = mneme_pg_raw(maintenance->store.postgres);
    if (PQconsumeInput(connection) != 1) {
        give_up_connection(maintenance);
        return;
    }
    if (PQisBusy(connection)) {
        return;
    }
    PGresult *result = PQgetResult(connection);
    ExecStatusType kind = PQresultStatus(result);
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
        give_up(maintenance, result == NULL ? PQerrorMessage(connection) : PQresultErrorMessage(result));
        PQclear(result);
        return;
    }
    PQclear(PQgetResult(connection)); /* the NULL that ends a statement's results */
    take_result(maintenance, result);
}

void mneme_pgvector_maintain(void *context, bool has_written) {
    struct maintenance *maintenance = context;
    maintenance->has_written = maintenance->has_written || has_written;
    if (maintenance->step != RESTING) {
        poll_result(maintenance);
    } else if (maintenance->has_written && mneme_clock_monotonic_micros() >= maintenance->next_micros) {
        begin_check(maintenance);
    }
}
