/*
 * The rebuild's operations. The scratch schema records how far it is: by its progress rows, and the indexes
 * that are still on its list.
 */
#include "consumers/store/rebuild/rebuild.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log/log.h"
#include "common/postgres/row.h"
#include "consumers/store/migrate.h"
#include "consumers/store/rebuild/catalog.h"
#include "consumers/store/rebuild/log_history.h"

#define MAX_BUILDERS 16

struct rebuild {
    const struct mneme_store_rebuild *kind;
    struct mneme_scratch scratch;
};

/* A view or table of somebody else would be dropped with the old schema, or keep the old rows. */
static int refuse_foreign(struct mneme_scratch *scratch, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, scratch->postgres, mneme_sql_rebuild_foreign, NULL, false, error);
    if (status == MNEME_OK && PQntuples(rows) > 0) {
        status = mneme_error_set(
            error, MNEME_E_UNSAFE,
            "nothing was rebuilt: %s%s depends on schema %s, which will be replaced; drop it and "
            "make it again afterwards",
            PQgetvalue(rows, 0, 0), PQntuples(rows) > 1 ? " and others" : "", scratch->live);
    }
    PQclear(rows);
    return status;
}

static int make(struct rebuild *rebuild, const struct mneme_rebuild_log *log, struct mneme_error *error) {
    struct mneme_scratch *scratch = &rebuild->scratch;
    int status = mneme_scratch_drop(scratch, error);
    if (status == MNEME_OK) {
        status = mneme_scratch_make(scratch, *rebuild->kind->migrations, error);
    }
    if (status == MNEME_OK) {
        status = refuse_foreign(scratch, error);
        if (status != MNEME_OK) {
            (void)mneme_scratch_drop(scratch, NULL);
        }
    }
    if (status == MNEME_OK && rebuild->kind->keeps_losses) {
        status = mneme_store_record_loss(scratch, log, error);
    }
    return status == MNEME_OK ? mneme_scratch_prepare(scratch, log->topic, log->partitions, error) : status;
}

/* Whether the existing schema was begun for this log, with the tables of this program. */
static bool can_go_on(struct rebuild *rebuild, const struct mneme_rebuild_log *log) {
    struct mneme_scratch *scratch = &rebuild->scratch;
    struct mneme_error reason = {0};
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(log->topic));
    mneme_pg_param_long(&params, log->partitions);
    bool fits = scratch->is_there &&
                mneme_migrate_check(scratch->postgres, *rebuild->kind->migrations, &reason) == MNEME_OK &&
                mneme_pg_query(&rows, scratch->postgres, mneme_sql_rebuild_fits, &params, true, &reason) ==
                    MNEME_OK &&
                PQntuples(rows) == 1 && PQgetvalue(rows, 0, 0)[0] != 0;
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    if (scratch->is_there && !fits) {
        mneme_log(MNEME_LOG_WARN, "rebuild begins anew", MNEME_LOG_S("schema", scratch->name),
                  MNEME_LOG_S("reason",
                              reason.message[0] != '\0' ? reason.message : "it was made from another log"));
    }
    return fits;
}

int mneme_store_rebuild_begin(void **out, const struct mneme_store_rebuild *kind,
                              const struct mneme_config *config, const struct mneme_rebuild_log *log,
                              bool *is_resumed, struct mneme_error *error) {
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);
    if (rebuild == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
    }
    rebuild->kind = kind;
    int status = mneme_scratch_open(&rebuild->scratch, config, kind->schema, "rebuild", error);
    rebuild->scratch.example = kind->example;
    if (status == MNEME_OK) {
        *is_resumed = can_go_on(rebuild, log);
        status = *is_resumed ? mneme_scratch_copy_hand_parked(&rebuild->scratch, error)
                             : make(rebuild, log, error);
    }
    if (status != MNEME_OK) {
        mneme_scratch_close(&rebuild->scratch);
        free(rebuild);
        return status;
    }
    *out = rebuild;
    return MNEME_OK;
}

int mneme_store_rebuild_restart(void *context, const struct mneme_rebuild_log *log,
                                struct mneme_error *error) {
    return make(context, log, error);
}

const struct mneme_config *mneme_store_rebuild_config(void *context) {
    const struct rebuild *rebuild = context;
    return rebuild->scratch.config;
}

/* A statement that not every kind has. */
static int run_own(struct rebuild *rebuild, const char *sql, struct mneme_error *error) {
    return sql == NULL ? MNEME_OK : mneme_pg_run(rebuild->scratch.postgres, sql, error);
}

/* --- indexes --- */

/* Shared by the builders. Only one program builds at a time, so they divide the slots among themselves. */
struct building {
    const struct mneme_config *config;
    enum mneme_projection schema;
    int64_t *places;
    size_t count;
    atomic_size_t next;
    atomic_bool is_stopping;
};

struct builder {
    struct building *building;
    pthread_t thread;
    bool has_thread;
    int status;
    struct mneme_error error;
};

static int read_places(struct building *building, struct mneme_postgres *postgres,
                       struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, postgres, mneme_sql_rebuild_index_places, NULL, true, error);
    if (status == MNEME_OK) {
        building->count = (size_t)PQntuples(rows);
        building->places = calloc(building->count + 1, sizeof *building->places);
        if (building->places == NULL) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
        }
    }
    for (size_t i = 0; status == MNEME_OK && i < building->count; i++) {
        building->places[i] = mneme_pg_get_long(rows, (int)i, 0);
    }
    PQclear(rows);
    return status;
}

/* Takes an index off the list and builds it, in one transaction. */
static int build_one(struct mneme_postgres *postgres, int64_t place, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_long(&params, place);
    int status = mneme_pg_run(postgres, "BEGIN", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_rebuild_next_index, &params, false, error);
    }
    if (status == MNEME_OK && PQntuples(rows) > 0) {
        mneme_log(MNEME_LOG_DEBUG, "rebuild", MNEME_LOG_S("statement", PQgetvalue(rows, 0, 0)));
        status = mneme_pg_run(postgres, PQgetvalue(rows, 0, 0), error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status == MNEME_OK ? mneme_pg_run(postgres, "COMMIT", error) : status;
}

/* Statistics are made from few rows: enough for the first readers; the server refines them later. */
static void *build(void *context) {
    struct builder *builder = context;
    struct building *building = builder->building;
    struct mneme_postgres *postgres = NULL;
    builder->status = mneme_pg_connect_to(&postgres, building->config, building->schema,
                                          "mneme rebuild index", &builder->error);
    if (builder->status == MNEME_OK) {
        builder->status = mneme_pg_run(postgres,
                                       "SET maintenance_work_mem = '512MB'; SET lock_timeout = '60s'; "
                                       "SET client_connection_check_interval = '1s'; SET "
                                       "max_parallel_maintenance_workers = 0; SET synchronous_commit = off; "
                                       "SET default_statistics_target = 10",
                                       &builder->error);
    }
    if (builder->status == MNEME_OK) {
        builder->status = mneme_scratch_join(postgres, &builder->error);
    }
    while (builder->status == MNEME_OK && !atomic_load(&building->is_stopping)) {
        size_t at = atomic_fetch_add(&building->next, 1);
        if (at >= building->count) {
            break;
        }
        builder->status = build_one(postgres, building->places[at], &builder->error);
    }
    if (builder->status != MNEME_OK) {
        atomic_store(&building->is_stopping, true);
    }
    mneme_pg_close(postgres);
    return NULL;
}

static int build_all(struct building *building, unsigned jobs, struct mneme_error *error) {
    struct builder builders[MAX_BUILDERS] = {0};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = jobs > 0 ? jobs : (size_t)(processors > 0 ? processors : 1);
    size_t count = wanted > MAX_BUILDERS ? MAX_BUILDERS : wanted;
    int status = MNEME_OK;
    for (size_t i = 0; i < count; i++) {
        builders[i].building = building;
        builders[i].has_thread = i > 0 && pthread_create(&builders[i].thread, NULL, build, &builders[i]) == 0;
    }
    (void)build(&builders[0]);
    for (size_t i = 0; i < count; i++) {
        if (builders[i].has_thread) {
            pthread_join(builders[i].thread, NULL);
        }
        if (status == MNEME_OK && builders[i].status != MNEME_OK) {
            status = mneme_error_set(error, (enum mneme_status)builders[i].status, "%s",
                                     builders[i].error.message);
        }
    }
    return status;
}

int mneme_store_rebuild_finish_load(void *context, unsigned jobs, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    struct building building = {.config = rebuild->scratch.config, .schema = rebuild->kind->schema};
    int status = run_own(rebuild, rebuild->kind->list_indexes_sql, error);
    /* Readers come with the switch, before the server has analysed the tables by itself. */
    if (status == MNEME_OK) {
        status = mneme_pg_run(rebuild->scratch.postgres, mneme_sql_rebuild_list_analyze, error);
    }
    if (status == MNEME_OK) {
        status = read_places(&building, rebuild->scratch.postgres, error);
    }
    if (status == MNEME_OK && building.count > 0) {
        status = build_all(&building, jobs, error);
    }
    free(building.places);
    if (status == MNEME_OK) {
        status = run_own(rebuild, rebuild->kind->complete_indexes_sql, error);
    }
    return status == MNEME_OK
               ? mneme_catalog_require(&rebuild->scratch, rebuild->kind->projection->facts->name, error)
               : status;
}

/* --- the switch --- */

/* Warns of added indexes, which are dropped with the live tables. */
static int log_own_indexes(struct mneme_scratch *scratch, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, scratch->postgres, mneme_sql_rebuild_own_indexes, NULL, false, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        mneme_log(MNEME_LOG_WARN, "an index that no migration makes goes with the replaced tables",
                  MNEME_LOG_S("advice", "make it again if it is needed"),
                  MNEME_LOG_S("statement", PQgetvalue(rows, row, 0)));
    }
    PQclear(rows);
    return status;
}

int mneme_store_rebuild_freeze(void *context, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    int status = mneme_pg_run(rebuild->scratch.postgres, "BEGIN", error);
    return status == MNEME_OK ? mneme_pg_run(rebuild->scratch.postgres, mneme_sql_rebuild_freeze, error)
                              : status;
}

int mneme_store_rebuild_swap(void *context, const int64_t *next_offsets, int32_t partitions,
                             struct mneme_error *error) {
    struct rebuild *rebuild = context;
    struct mneme_scratch *scratch = &rebuild->scratch;
    int status = mneme_scratch_note_progress(scratch, next_offsets, partitions, error);
    if (status == MNEME_OK) {
        status = run_own(rebuild, rebuild->kind->complete_indexes_sql, error);
    }
    if (status == MNEME_OK) {
        status = mneme_catalog_require(scratch, rebuild->kind->projection->facts->name, error);
    }
    if (status == MNEME_OK) {
        status = log_own_indexes(scratch, error);
    }
    if (status == MNEME_OK && rebuild->kind->keeps_losses) {
        status = mneme_pg_run(scratch->postgres, mneme_sql_loss_heads, error);
    }
    if (status == MNEME_OK) {
        status = mneme_scratch_copy_hand_parked(scratch, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, mneme_sql_rebuild_swap, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, "SET LOCAL synchronous_commit = on; COMMIT", error);
    }
    struct mneme_error reason = {0};
    if (status == MNEME_OK && mneme_scratch_drop(scratch, &reason) != MNEME_OK) {
        mneme_log(
            MNEME_LOG_WARN, "the replaced schema is still there", MNEME_LOG_S("schema", scratch->old),
            MNEME_LOG_S("reason", reason.message),
            MNEME_LOG_S("advice", "the next rebuild drops it, or `mneme rebuild PROJECTION --abandon`"));
    }
    return status;
}

void mneme_store_rebuild_end(void *context) {
    struct rebuild *rebuild = context;
    mneme_scratch_close(&rebuild->scratch);
    free(rebuild);
}

int mneme_store_rebuild_abandon(const struct mneme_store_rebuild *kind, const struct mneme_config *config,
                                bool *was_there, struct mneme_error *error) {
    struct mneme_scratch scratch;
    int status = mneme_scratch_open(&scratch, config, kind->schema, "rebuild", error);
    if (status == MNEME_OK) {
        *was_there = scratch.is_there;
        status = mneme_scratch_drop(&scratch, error);
    }
    mneme_scratch_close(&scratch);
    return status;
}
