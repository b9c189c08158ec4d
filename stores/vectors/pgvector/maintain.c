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

struct tending {
    const struct mneme_config *config;
    struct mneme_pgvector store; /* for its statements; its connection is open while there is work */
    enum step step;
    bool has_written; /* since the last check */
    bool is_reported; /* that a pooler prevents building */
    int64_t next_micros, since_micros, wait_micros;
    PGresult *lacking; /* collections that need an index … */
    int row;           /* … and the current one */
};

int mneme_pgvector_tend_open(void **out, const struct mneme_config *config,
                             const struct mneme_generation *generation, struct mneme_error *error) {
    struct tending *tending = calloc(1, sizeof *tending);
    if (tending == NULL) {
        return mneme_pgvector_out_of_memory(error);
    }
    tending->config = config;
    tending->store.config = config;
    tending->store.generation = *generation;
    tending->store.least_indexed = MNEME_PGVECTOR_LEAST_INDEXED;
    tending->has_written = true; /* perhaps by a former worker */
    tending->wait_micros = CHECK_MICROS;
    *out = tending;
    return MNEME_OK;
}

void mneme_pgvector_tend_from(void *context, int64_t least_indexed) {
    struct tending *tending = context;
    tending->store.least_indexed = least_indexed;
}

static void rest(struct tending *tending, int64_t micros) {
    PQclear(tending->lacking);
    tending->lacking = NULL;
    mneme_pg_close(tending->store.postgres);
    tending->store.postgres = NULL;
    tending->step = RESTING;
    tending->next_micros = mneme_clock_monotonic_micros() + micros;
}

void mneme_pgvector_tend_close(void *context) {
    struct tending *tending = context;
    if (tending != NULL) {
        rest(tending, 0);
        mneme_buffer_clean_up(&tending->store.sql);
        mneme_pg_params_clean_up(&tending->store.params);
        free(tending);
    }
}

static const char *text_of(const struct tending *tending, int column) {
    return PQgetvalue(tending->lacking, tending->row, column);
}

/* Tries again later: the server may have been restarted, and only speed is lost meanwhile. */
static void give_up(struct tending *tending, const char *reason) {
    bool is_building = tending->lacking != NULL;
    mneme_log(MNEME_LOG_WARN, "a collection of raw vectors has no index yet", MNEME_LOG_S("reason", reason),
              MNEME_LOG_S("tenant", is_building ? text_of(tending, LACKING_TENANT) : NULL),
              MNEME_LOG_S("collection", is_building ? text_of(tending, LACKING_COLLECTION) : NULL),
              MNEME_LOG_S("advice", "queries of it are slower until then; the index is tried again later"));
    tending->has_written = true;
    rest(tending, tending->wait_micros);
    tending->wait_micros *= 2;
    tending->wait_micros = tending->wait_micros > MAX_WAIT_MICROS ? MAX_WAIT_MICROS : tending->wait_micros;
}

static void give_up_connection(struct tending *tending) {
    give_up(tending, PQerrorMessage(mneme_pg_raw(tending->store.postgres)));
}

static void report_pooler(struct tending *tending) {
    if (!tending->is_reported) {
        mneme_log(MNEME_LOG_INFO, "large collections of raw vectors get no index while this worker writes",
                  MNEME_LOG_S("reason", "DATABASE_URL leads to a pooler (PgBouncer) that may give each "
                                        "transaction another session, and building one needs its own"),
                  MNEME_LOG_S("advice",
                              "name Postgres itself in the DATABASE_URL of `mneme work vectors`, or "
                              "run `mneme rebuild vectors` with it; set MNEME_PG_POOL_MODE=session "
                              "if the pooler has pool_mode=session"));
    }
    tending->is_reported = true;
}

/* The session ends with this process, also in the middle of a build. */
static int connect_to_build(struct tending *tending, struct mneme_error *error) {
    char settings[256];
    snprintf(settings, sizeof settings,
             "SET statement_timeout = 0; SET lock_timeout = 0; SET client_connection_check_interval = '1s'; "
             "SET jit = off; SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '%lldMB'",
             (long long)mneme_config_long(tending->config, MNEME_SETTING_INDEX_MEMORY_MB));
    struct mneme_postgres **postgres = &tending->store.postgres;
    int status = mneme_pg_connect_to(postgres, tending->config, MNEME_PROJECTION_VECTORS,
                                     "mneme vectors indexes", error);
    if (status != MNEME_OK) {
        *postgres = NULL;
        return status;
    }
    return mneme_pg_is_pooled(*postgres) ? MNEME_OK : mneme_pg_set(*postgres, settings, error);
}

/* Takes the lock of those who build; *out is false when another process has it. */
static int lock(bool *out, struct tending *tending, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status =
        mneme_pg_query(&rows, tending->store.postgres, mneme_sql_vectors_lock_indexes, NULL, false, error);
    *out = status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 't';
    PQclear(rows);
    return status;
}

static int send_check(struct tending *tending, struct mneme_error *error) {
    struct mneme_pgvector *store = &tending->store;
    const char *values[MNEME_PG_MAX_PARAMS];
    struct mneme_pg_params *params = &store->params;
    mneme_pgvector_lacking_params(store, true);
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_raw_indexes, store->generation.metric, "", error);
    if (status == MNEME_OK && params->bytes.failed) {
        status = mneme_pgvector_out_of_memory(error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    for (int i = 0; i < params->count; i++) {
        values[i] = params->bytes.data + params->offset[i];
    }
    tending->step = CHECKING;
    PGconn *connection = mneme_pg_raw(store->postgres);
    return PQsendQueryParams(connection, store->sql.data, params->count, params->type, values, params->length,
                             params->format, 0) == 1
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s", PQerrorMessage(connection));
}

static void begin_check(struct tending *tending) {
    struct mneme_error error = {0};
    bool is_alone = false;
    tending->since_micros = mneme_clock_monotonic_micros();
    int status = connect_to_build(tending, &error);
    if (status == MNEME_OK && mneme_pg_is_pooled(tending->store.postgres)) {
        report_pooler(tending);
        tending->has_written = false;
        rest(tending, CHECK_MICROS);
        return;
    }
    if (status == MNEME_OK) {
        status = lock(&is_alone, tending, &error);
    }
    if (status == MNEME_OK && !is_alone) {
        rest(tending, CHECK_MICROS);
        return;
    }
    tending->has_written = false;
    if (status == MNEME_OK) {
        status = send_check(tending, &error);
    }
    if (status != MNEME_OK) {
        give_up(tending, error.message);
    }
}

/* Sends the next statement for the current collection, or ends the round after the last one. */
static void send_next(struct tending *tending, enum step step) {
    int64_t took = mneme_clock_monotonic_micros() - tending->since_micros;
    if (tending->row >= PQntuples(tending->lacking)) {
        tending->wait_micros = CHECK_MICROS;
        rest(tending,
             took * CHECK_SHARE > CHECK_MICROS && tending->row == 0 ? took * CHECK_SHARE : CHECK_MICROS);
        return;
    }
    bool is_clear = step == BUILDING || PQgetisnull(tending->lacking, tending->row, LACKING_DROP) == 1;
    tending->step = is_clear ? BUILDING : DROPPING;
    if (PQsendQuery(mneme_pg_raw(tending->store.postgres),
                    text_of(tending, is_clear ? LACKING_CREATE : LACKING_DROP)) != 1) {
        give_up_connection(tending);
    }
}

static void log_index(const struct tending *tending) {
    mneme_log(MNEME_LOG_INFO, "a collection of raw vectors has an index now",
              MNEME_LOG_S("tenant", text_of(tending, LACKING_TENANT)),
              MNEME_LOG_S("collection", text_of(tending, LACKING_COLLECTION)),
              MNEME_LOG_I("generation", tending->store.generation.number));
}

/* Takes the result of the current statement, which has succeeded. */
static void take_result(struct tending *tending, PGresult *result) {
    if (tending->step == CHECKING) {
        tending->lacking = result;
        tending->row = 0;
        send_next(tending, DROPPING);
        return;
    }
    PQclear(result);
    if (tending->step == DROPPING) {
        send_next(tending, BUILDING);
        return;
    }
    log_index(tending);
    tending->row++;
    send_next(tending, DROPPING);
}

static void poll_result(struct tending *tending) {
    PGconn *connection = mneme_pg_raw(tending->store.postgres);
    if (PQconsumeInput(connection) != 1) {
        give_up_connection(tending);
        return;
    }
    if (PQisBusy(connection)) {
        return;
    }
    PGresult *result = PQgetResult(connection);
    ExecStatusType kind = PQresultStatus(result);
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
        give_up(tending, result == NULL ? PQerrorMessage(connection) : PQresultErrorMessage(result));
        PQclear(result);
        return;
    }
    PQclear(PQgetResult(connection)); /* the NULL that ends a statement's results */
    take_result(tending, result);
}

void mneme_pgvector_tend(void *context, bool has_written) {
    struct tending *tending = context;
    tending->has_written = tending->has_written || has_written;
    if (tending->step != RESTING) {
        poll_result(tending);
    } else if (tending->has_written && mneme_clock_monotonic_micros() >= tending->next_micros) {
        begin_check(tending);
    }
}
