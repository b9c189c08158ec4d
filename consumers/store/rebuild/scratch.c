/*
 * Names reach the statements as settings of the session, and are quoted there by the server.
 */
#include "consumers/store/rebuild/scratch.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/utf8.h"
#include "common/log/log.h"
#include "consumers/store/migrate.h"
#include "sql/embedded.h"

#define OLD_SUFFIX "old"
#define HASH_DIGITS 16
#define ORPHANS_MICROS INT64_C(30000000) /* how long a session may take to end */
#define LOOK_AGAIN_MICROS 50000

/* "<live>_<suffix>"; of a name that would be too long, its beginning and a hash of all of it. */
static void put_name(char name[MNEME_PG_NAME_BYTES], const char *live, const char *suffix) {
    size_t len = strlen(live);
    if (snprintf(name, MNEME_PG_NAME_BYTES, "%s_%s", live, suffix) < MNEME_PG_NAME_BYTES) {
        return;
    }
    uint64_t hash = mneme_hash_bytes(0, live, len);
    size_t kept = MNEME_PG_NAME_BYTES - 1 - (HASH_DIGITS + 1) - (strlen(suffix) + 1);
    while (kept > 0 && mneme_utf8_is_continuation((uint8_t)live[kept])) { /* no half character */
        kept--;
    }
    snprintf(name, MNEME_PG_NAME_BYTES, "%.*s_%0*llx_%s", (int)kept, live, HASH_DIGITS,
             (unsigned long long)hash, suffix);
}

int mneme_scratch_set_names(const struct mneme_scratch *scratch, struct mneme_postgres *postgres,
                            struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(scratch->live));
    mneme_pg_param_str(&params, mneme_str_from(scratch->name));
    mneme_pg_param_str(&params, mneme_str_from(scratch->old));
    int status = mneme_pg_query(NULL, postgres, mneme_sql_scratch_settings, &params, true, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int lock(struct mneme_scratch *scratch, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, scratch->postgres, mneme_sql_scratch_lock, NULL, true, error);
    if (status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 0) {
        status = mneme_error_set(error, MNEME_E_CONFLICT,
                                 "nothing was begun: another rebuild or verification of schema %s is "
                                 "running; wait until it has ended",
                                 scratch->live);
    }
    PQclear(rows);
    return status;
}

static int find_schemas(struct mneme_scratch *scratch, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, scratch->postgres, mneme_sql_scratch_find, NULL, true, error);
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        const char *name = PQgetvalue(rows, i, 0);
        if (PQgetvalue(rows, i, 1)[0] == 0) {
            status = mneme_error_set(
                error, MNEME_E_UNSAFE,
                "nothing was begun: there is a schema %s that was not made by a rebuild; rename it", name);
        } else if (strcmp(name, scratch->name) == 0) {
            scratch->is_there = true;
        }
    }
    PQclear(rows);
    return status;
}

/* Counts the sessions of an ended program that still work in the scratch schema, and ends them if `ends`;
 * `pid` is one of them. */
static int count_orphans(struct mneme_scratch *scratch, bool ends, int *count, int *pid,
                         struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_bool(&params, ends);
    int status = mneme_pg_query(&rows, scratch->postgres, mneme_sql_scratch_orphans, &params, false, error);
    *count = status == MNEME_OK ? PQntuples(rows) : 0;
    *pid = *count > 0 ? (int)strtol(PQgetvalue(rows, 0, 0), NULL, 10) : 0;
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

/* After a program was killed, the server goes on with its statement, and holds locks meanwhile. */
static int end_orphans(struct mneme_scratch *scratch, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + ORPHANS_MICROS;
    int count = 0;
    int pid = 0;
    int status = count_orphans(scratch, true, &count, &pid, error);
    if (status == MNEME_OK && count > 0) {
        mneme_log(MNEME_LOG_WARN, "sessions of a former rebuild are ended",
                  MNEME_LOG_S("schema", scratch->name), MNEME_LOG_I("sessions", count));
    }
    while (status == MNEME_OK && count > 0 && mneme_clock_monotonic_micros() < deadline) {
        mneme_clock_pause(LOOK_AGAIN_MICROS);
        status = count_orphans(scratch, false, &count, &pid, error);
    }
    if (status == MNEME_OK && count > 0) {
        status = mneme_error_set(
            error, MNEME_E_CONFLICT,
            "nothing was begun: session %d of a former rebuild is still working in schema %s and could not "
            "be ended; end that process on the Postgres server, or wait for it, and run this again",
            pid, scratch->name);
    }
    return status;
}

int mneme_scratch_open(struct mneme_scratch *scratch, const struct mneme_config *config,
                       enum mneme_projection schema, const char *suffix, struct mneme_error *error) {
    *scratch = (struct mneme_scratch){0};
    int status = mneme_pg_schema_name(scratch->live, config, schema, error);
    if (status == MNEME_OK) {
        put_name(scratch->name, scratch->live, suffix);
        put_name(scratch->old, scratch->live, OLD_SUFFIX);
        status = mneme_config_copy(&scratch->config, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_config_set(scratch->config, mneme_projections[schema].schema_setting, scratch->name,
                                  MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) { /* what is folded a second time is not announced */
        status = mneme_config_set(scratch->config, MNEME_SETTING_NOTIFY, "false", MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&scratch->postgres, scratch->config, schema, "mneme rebuild", error);
    }
    /* A killed program must not hold the lock for as long as its last statement runs. */
    if (status == MNEME_OK) {
        status = mneme_pg_require_session(scratch->postgres, "nothing was begun", error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres,
                              "SET lock_timeout = '30s'; SET client_connection_check_interval = '1s'", error);
    }
    if (status == MNEME_OK) {
        status = mneme_scratch_set_names(scratch, scratch->postgres, error);
    }
    if (status == MNEME_OK) {
        status = lock(scratch, error);
    }
    if (status == MNEME_OK) {
        status = find_schemas(scratch, error);
    }
    if (status == MNEME_OK && scratch->is_there) {
        status = end_orphans(scratch, error);
    }
    if (status != MNEME_OK) {
        mneme_scratch_close(scratch);
    }
    return status;
}

void mneme_scratch_close(struct mneme_scratch *scratch) {
    mneme_pg_unlock(scratch->postgres);
    mneme_pg_close(scratch->postgres);
    if (scratch->config != NULL) {
        mneme_config_destroy(scratch->config);
    }
    *scratch = (struct mneme_scratch){0};
}

int mneme_scratch_join(struct mneme_postgres *postgres, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, postgres, mneme_sql_scratch_join, NULL, false, error);
    PQclear(rows);
    return status;
}

int mneme_scratch_drop(struct mneme_scratch *scratch, struct mneme_error *error) {
    int status = mneme_pg_run(scratch->postgres, mneme_sql_scratch_drop, error);
    scratch->is_there = scratch->is_there && status != MNEME_OK;
    return status;
}

int mneme_scratch_make(struct mneme_scratch *scratch, struct mneme_migration_set migrations,
                       struct mneme_error *error) {
    int status = mneme_pg_run(scratch->postgres, mneme_sql_scratch_make, error);
    if (status == MNEME_OK) {
        scratch->is_there = true;
        status = mneme_migrate(scratch->postgres, scratch->name, migrations, NULL, NULL, error);
    }
    return status;
}

int mneme_scratch_keep_catalog(struct mneme_scratch *scratch, struct mneme_error *error) {
    struct mneme_buffer sql = {0};
    mneme_buffer_printf(&sql, "CREATE TABLE rebuild_objects AS\n%s", mneme_sql_catalog_objects);
    mneme_buffer_append_byte(&sql, '\0');
    int status = sql.failed ? mneme_error_set(error, MNEME_E_NO_MEMORY, "no schema was made: out of memory")
                            : MNEME_OK;
    if (status == MNEME_OK && scratch->example != NULL) {
        status = mneme_pg_run(scratch->postgres, scratch->example->add_sql, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, sql.data, error);
    }
    if (status == MNEME_OK && scratch->example != NULL) {
        status = mneme_pg_run(scratch->postgres, scratch->example->drop_sql, error);
    }
    mneme_buffer_clean_up(&sql);
    return status;
}

int mneme_scratch_copy_hand_parked(struct mneme_scratch *scratch, struct mneme_error *error) {
    return mneme_pg_run(scratch->postgres, mneme_sql_scratch_hand_parked, error);
}

int mneme_scratch_prepare(struct mneme_scratch *scratch, const char *topic, int32_t partitions,
                          struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_long(&params, partitions);
    int status = mneme_pg_run(scratch->postgres, "BEGIN", error);
    if (status == MNEME_OK) {
        status = mneme_scratch_keep_catalog(scratch, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, mneme_sql_rebuild_prepare, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_query(NULL, scratch->postgres, mneme_sql_rebuild_begin, &params, true, error);
    }
    if (status == MNEME_OK) {
        status = mneme_scratch_copy_hand_parked(scratch, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, "COMMIT", error);
    }
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_scratch_note_progress(struct mneme_scratch *scratch, const int64_t *next_offsets,
                                int32_t partitions, struct mneme_error *error) {
    int64_t *numbers = calloc((size_t)partitions + 1, sizeof *numbers);
    if (numbers == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the progress was not noted: out of memory");
    }
    for (int32_t i = 0; i < partitions; i++) {
        numbers[i] = i;
    }
    struct mneme_pg_params params = {0};
    mneme_pg_param_long_array(&params, numbers, (size_t)partitions);
    mneme_pg_param_long_array(&params, next_offsets, (size_t)partitions);
    int status = mneme_pg_query(NULL, scratch->postgres, mneme_sql_rebuild_progress, &params, true, error);
    mneme_pg_params_clean_up(&params);
    free(numbers);
    return status;
}
