/*
 * Names reach the statements as settings of the session, and are quoted there by the server.
 */
#include "consumers/store/rebuild/scratch.h"

#include <stdio.h>

#include "consumers/store/migrate.h"
#include "sql/embedded.h"

#define OLD_SUFFIX "old"

static int put_name(char name[MNEME_PG_NAME_BYTES], const char *live, const char *suffix,
                    struct mneme_error *error) {
    int len = snprintf(name, MNEME_PG_NAME_BYTES, "%s_%s", live, suffix);
    if (len < 0 || len >= MNEME_PG_NAME_BYTES) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "no schema was made: the name with \"_%s\" behind it is longer than the %d "
                               "bytes of a name; use a shorter one",
                               suffix, MNEME_PG_NAME_BYTES - 1);
    }
    return MNEME_OK;
}

int mneme_scratch_tell_names(const struct mneme_scratch *scratch, struct mneme_postgres *postgres,
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
        status = mneme_error_set(
            error, MNEME_E_CONFLICT,
            "nothing was begun: another rebuild or verification of schema %s is at work; wait "
            "for its end",
            scratch->live);
    }
    PQclear(rows);
    return status;
}

static int look(struct mneme_scratch *scratch, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, scratch->postgres, mneme_sql_scratch_find, NULL, true, error);
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        const char *name = PQgetvalue(rows, i, 0);
        if (PQgetvalue(rows, i, 1)[0] == 0) {
            status =
                mneme_error_set(error, MNEME_E_UNSAFE,
                                "nothing was begun: a schema %s is there that no rebuild has made; give it "
                                "another name",
                                name);
        } else if (strcmp(name, scratch->name) == 0) {
            scratch->is_there = true;
        }
    }
    PQclear(rows);
    return status;
}

int mneme_scratch_open(struct mneme_scratch *scratch, const struct mneme_config *config,
                       enum mneme_pg_schema schema, const char *suffix, struct mneme_error *error) {
    *scratch = (struct mneme_scratch){0};
    int status = mneme_pg_schema_name(scratch->live, config, schema, error);
    if (status == MNEME_OK) {
        status = put_name(scratch->name, scratch->live, suffix, error);
    }
    if (status == MNEME_OK) {
        status = put_name(scratch->old, scratch->live, OLD_SUFFIX, error);
    }
    if (status == MNEME_OK) {
        status = mneme_config_copy(&scratch->config, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_config_set(scratch->config, mneme_pg_schema_setting(schema), scratch->name,
                                  MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) { /* what is folded a second time is no news */
        status = mneme_config_set(scratch->config, MNEME_SETTING_NOTIFY, "false", MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&scratch->postgres, scratch->config, schema, "mneme rebuild", error);
    }
    /* A program that was killed must not hold the lock for as long as its last statement runs. */
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres,
                              "SET lock_timeout = '30s'; SET client_connection_check_interval = '1s'", error);
    }
    if (status == MNEME_OK) {
        status = mneme_scratch_tell_names(scratch, scratch->postgres, error);
    }
    if (status == MNEME_OK) {
        status = lock(scratch, error);
    }
    if (status == MNEME_OK) {
        status = look(scratch, error);
    }
    if (status != MNEME_OK) {
        mneme_scratch_close(scratch);
    }
    return status;
}

void mneme_scratch_close(struct mneme_scratch *scratch) {
    mneme_pg_close(scratch->postgres);
    if (scratch->config != NULL) {
        mneme_config_destroy(scratch->config);
    }
    *scratch = (struct mneme_scratch){0};
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

int mneme_scratch_prepare(struct mneme_scratch *scratch, const char *topic, int32_t partitions,
                          struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_long(&params, partitions);
    int status = mneme_pg_run(scratch->postgres, "BEGIN", error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, mneme_sql_rebuild_prepare, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_query(NULL, scratch->postgres, mneme_sql_rebuild_begin, &params, true, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, "COMMIT", error);
    }
    mneme_pg_params_clean_up(&params);
    return status;
}
