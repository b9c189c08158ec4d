/*
 * The template has a name that tells the migrations, the schemas and the month, since the ledger's months are
 * made ahead. One to which nobody may connect is complete.
 */
#include "tests/support/fixture_database.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/hash.h"
#include "common/postgres/schema.h"
#include "consumers/projections.h"
#include "consumers/store/migrate.h"

/* Appends key='value', quoted as libpq wants it. */
static void append_word(struct mneme_buffer *out, const char *key, const char *value) {
    mneme_buffer_printf(out, "%s='", key);
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\') {
            mneme_buffer_append_byte(out, '\\');
        }
        mneme_buffer_append(out, at, 1);
    }
    mneme_buffer_printf(out, "' ");
}

int mneme_fixture_use_database(struct mneme_config *config, const char *server_url, const char *name,
                               struct mneme_error *error) {
    PQconninfoOption *options = PQconninfoParse(server_url, NULL);
    if (options == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot set up the test: DATABASE_URL cannot be read; correct it");
    }
    struct mneme_buffer url = {0};
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val != NULL && strcmp(option->keyword, "dbname") != 0) {
            append_word(&url, option->keyword, option->val);
        }
    }
    PQconninfoFree(options);
    append_word(&url, "dbname", name);
    mneme_buffer_append_byte(&url, '\0');
    int status =
        url.failed ? MNEME_E_NO_MEMORY
                   : mneme_config_set(config, MNEME_SETTING_DATABASE_URL, url.data, MNEME_FROM_OPTION, error);
    mneme_buffer_clean_up(&url);
    return status;
}

/* Of all that the template depends on. */
static int digest_of_tables(uint64_t *digest, const struct mneme_config *config, struct mneme_error *error) {
    int status = MNEME_OK;
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    *digest = mneme_hash_mix((uint64_t)utc.tm_year, (uint64_t)utc.tm_mon);
    for (size_t p = 0; p < MNEME_PROJECTIONS && status == MNEME_OK; p++) {
        const struct mneme_migration_set *set = mneme_projection_migrations[p];
        char name[MNEME_PG_NAME_BYTES];
        status = mneme_pg_schema_name(name, config, (enum mneme_projection)p, error);
        if (status == MNEME_OK) {
            *digest = mneme_hash_bytes(*digest, name, strlen(name));
            for (size_t i = 0; set != NULL && i < set->count; i++) {
                const struct mneme_migration *migration = &set->migrations[i];
                *digest = mneme_hash_bytes(*digest, migration->name, strlen(migration->name));
                *digest = mneme_hash_bytes(*digest, migration->sql, strlen(migration->sql));
            }
        }
    }
    return status;
}

static int make_tables(const struct mneme_config *config, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t p = 0; p < MNEME_PROJECTIONS && status == MNEME_OK; p++) {
        enum mneme_projection projection = (enum mneme_projection)p;
        struct mneme_postgres *postgres = NULL;
        char name[MNEME_PG_NAME_BYTES];
        if (!mneme_projections[p].has_schema) {
            continue;
        }
        status = mneme_pg_schema_name(name, config, projection, error);
        if (status == MNEME_OK) {
            status = mneme_pg_connect_to(&postgres, config, projection, "mneme-test", error);
        }
        if (status == MNEME_OK) {
            status = mneme_migrate(postgres, name, *mneme_projection_migrations[p], NULL, NULL, error);
        }
        mneme_pg_close(postgres);
    }
    return status;
}

/* In place of what one that was interrupted has left. */
static int make_template(struct mneme_postgres *server, const char *name, struct mneme_config *config,
                         const char *server_url, struct mneme_error *error) {
    char sql[256];
    snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS \"%s\"", name);
    int status = mneme_pg_run(server, sql, error);
    if (status == MNEME_OK) {
        snprintf(sql, sizeof sql, "CREATE DATABASE \"%s\" TEMPLATE template0 ENCODING 'UTF8'", name);
        status = mneme_pg_run(server, sql, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fixture_use_database(config, server_url, name, error);
    }
    if (status == MNEME_OK) {
        status = make_tables(config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_config_set(config, MNEME_SETTING_DATABASE_URL, server_url, MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        snprintf(sql, sizeof sql, "ALTER DATABASE \"%s\" ALLOW_CONNECTIONS false", name);
        status = mneme_pg_run(server, sql, error);
    }
    return status;
}

int mneme_fixture_template(char name[MNEME_FIXTURE_TEMPLATE_BYTES], struct mneme_config *config,
                           const char *server_url, struct mneme_error *error) {
    struct mneme_postgres *server = NULL;
    PGresult *found = NULL;
    uint64_t digest = 0;
    int status = digest_of_tables(&digest, config, error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect(&server, config, "mneme-test", error);
    }
    char sql[256];
    if (status == MNEME_OK) {
        snprintf(name, MNEME_FIXTURE_TEMPLATE_BYTES, "mneme_test_template_%016" PRIx64, digest);
        /* Held until the connection ends. */
        snprintf(sql, sizeof sql, "SELECT pg_advisory_lock(hashtextextended('%s', 0))", name);
        status = mneme_pg_run(server, sql, error);
    }
    if (status == MNEME_OK) {
        snprintf(sql, sizeof sql, "SELECT 1 FROM pg_database WHERE datname = '%s' AND NOT datallowconn",
                 name);
        status = mneme_pg_query(&found, server, sql, NULL, false, error);
    }
    if (status == MNEME_OK && PQntuples(found) == 0) {
        status = make_template(server, name, config, server_url, error);
    }
    PQclear(found);
    mneme_pg_close(server);
    return status;
}
