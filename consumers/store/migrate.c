/*
 * A lock of the database lets one process migrate a schema at a time; a process that waited finds everything
 * done.
 */
#include "consumers/store/migrate.h"

#include <endian.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define CHECKSUM_BYTES 65 /* hexadecimal SHA-256 and a NUL */

static int checksum(char text[CHECKSUM_BYTES], const struct mneme_migration *migration,
                    struct mneme_error *error) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(migration->sql, strlen(migration->sql), digest, &len, EVP_sha256(), NULL) != 1) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "the tables were not checked: OpenSSL has no SHA-256");
    }
    for (unsigned i = 0; i < len; i++) {
        snprintf(text + (size_t)i * 2, 3, "%02x", digest[i]);
    }
    return MNEME_OK;
}

/* One applied migration against the one of the same place in the set. */
static int compare(struct mneme_migration_set set, size_t place, long long version, const char *name,
                   const char *recorded, struct mneme_error *error) {
    if (place >= set.count || set.migrations[place].version != version) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "the tables were not used: migration %04lld_%s is applied but this program "
                               "does not have it, so it is older than the database; use a newer mneme",
                               version, name);
    }
    char expected[CHECKSUM_BYTES];
    int status = checksum(expected, &set.migrations[place], error);
    if (status == MNEME_OK && strcmp(expected, recorded) != 0) {
        return mneme_error_set(
            error, MNEME_E_UNSAFE,
            "the tables were not used: migration %04lld_%s was applied with another text than this program "
            "has; use the mneme that made the tables, or make them again with `mneme rebuild PROJECTION`",
            version, name);
    }
    return status;
}

int mneme_migrate_count(size_t *applied, struct mneme_postgres *postgres, struct mneme_migration_set set,
                        struct mneme_error *error) {
    PGresult *rows = NULL;
    *applied = 0;
    struct mneme_pg_params own = {0};
    mneme_pg_param_str(&own,
                       mneme_str_from(mneme_pg_own_schema(postgres))); /* others of the path have one too */
    int status = mneme_pg_query(&rows, postgres,
                                "SELECT to_regclass(format('%I.schema_migrations', $1::text)) IS NOT NULL",
                                &own, true, error);
    mneme_pg_params_clean_up(&own);
    if (status != MNEME_OK) {
        return status;
    }
    bool is_there = PQgetvalue(rows, 0, 0)[0] != 0;
    PQclear(rows);
    if (!is_there) {
        return MNEME_OK;
    }
    status = mneme_pg_query(&rows, postgres, mneme_sql_migrate_list, NULL, true, error);
    if (status != MNEME_OK) {
        return status;
    }
    for (int i = 0; i < PQntuples(rows) && status == MNEME_OK; i++) {
        uint64_t version;
        memcpy(&version, PQgetvalue(rows, i, 0), sizeof version);
        status = compare(set, (size_t)i, (long long)be64toh(version), PQgetvalue(rows, i, 1),
                         PQgetvalue(rows, i, 2), error);
        *applied += status == MNEME_OK ? 1 : 0;
    }
    PQclear(rows);
    return status;
}

int mneme_migrate_check(struct mneme_postgres *postgres, struct mneme_migration_set set,
                        struct mneme_error *error) {
    size_t applied;
    int status = mneme_migrate_count(&applied, postgres, set, error);
    if (status == MNEME_OK && applied < set.count) {
        return mneme_error_set(
            error, MNEME_E_NOT_FOUND,
            "the tables are not ready: %zu of %zu migrations are applied; run `mneme migrate`", applied,
            set.count);
    }
    return status;
}

static int run_with_schema(struct mneme_postgres *postgres, const char *sql, const char *schema,
                           struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(schema));
    int status = mneme_pg_query(NULL, postgres, sql, &params, true, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int make_schema(struct mneme_postgres *postgres, const char *schema, struct mneme_error *error) {
    char *name = PQescapeIdentifier(mneme_pg_raw(postgres), schema, strlen(schema));
    if (name == NULL) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "the schema was not made: MNEME_PG_SCHEMA is not a valid schema name; correct it");
    }
    struct mneme_buffer sql = {0};
    mneme_buffer_printf(&sql, "CREATE SCHEMA IF NOT EXISTS %s", name);
    mneme_buffer_append_byte(&sql, 0);
    PQfreemem(name);
    int status = sql.failed
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY, "the schema was not made: out of memory")
                     : mneme_pg_run(postgres, sql.data, error);
    mneme_buffer_clean_up(&sql);
    return status == MNEME_OK ? mneme_pg_run(postgres, mneme_sql_migrate_table, error) : status;
}

int mneme_migrate_within(struct mneme_postgres *postgres, const char *schema, struct mneme_migration_set set,
                         struct mneme_error *error) {
    int status = make_schema(postgres, schema, error);
    for (size_t i = 0; i < set.count && status == MNEME_OK; i++) {
        status = mneme_pg_run(postgres, set.migrations[i].sql, error);
    }
    return status;
}

static int apply_one(struct mneme_postgres *postgres, const struct mneme_migration *migration,
                     struct mneme_error *error) {
    char text[CHECKSUM_BYTES];
    int status = checksum(text, migration, error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "BEGIN", error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, migration->sql, error);
    }
    if (status == MNEME_OK) {
        struct mneme_pg_params params = {0};
        mneme_pg_param_long(&params, migration->version);
        mneme_pg_param_str(&params, mneme_str_from(migration->name));
        mneme_pg_param_str(&params, mneme_str_from(text));
        status = mneme_pg_query(
            NULL, postgres,
            "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1::integer, $2, $3)", &params,
            true, error);
        mneme_pg_params_clean_up(&params);
    }
    if (status == MNEME_OK) {
        return mneme_pg_run(postgres, "COMMIT", error);
    }
    /* If the rollback fails too, the connection is lost and the transaction with it. */
    (void)mneme_pg_run(postgres, "ROLLBACK", NULL);
    return mneme_error_set(error, (enum mneme_status)status, "migration %04d_%s was not applied: %s",
                           migration->version, migration->name, error == NULL ? "" : error->message);
}

static int apply_missing(struct mneme_postgres *postgres, struct mneme_migration_set set,
                         void (*on_applied)(void *, const struct mneme_migration *), void *context,
                         struct mneme_error *error) {
    size_t applied;
    int status = mneme_migrate_count(&applied, postgres, set, error);
    for (size_t i = applied; i < set.count && status == MNEME_OK; i++) {
        status = apply_one(postgres, &set.migrations[i], error);
        if (status == MNEME_OK && on_applied != NULL) {
            on_applied(context, &set.migrations[i]);
        }
    }
    return status;
}

int mneme_migrate(struct mneme_postgres *postgres, const char *schema, struct mneme_migration_set set,
                  void (*on_applied)(void *, const struct mneme_migration *), void *context,
                  struct mneme_error *error) {
    int status = mneme_pg_require_session(postgres, "nothing was migrated", error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "SET lock_timeout = '60s'", error);
    }
    if (status == MNEME_OK) {
        status = run_with_schema(
            postgres, "SELECT pg_advisory_lock(hashtextextended('mneme migrate ' || $1, 0))", schema, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    status = make_schema(postgres, schema, error);
    if (status == MNEME_OK) {
        status = apply_missing(postgres, set, on_applied, context, error);
    }
    struct mneme_error ignored = {0};
    int unlocked =
        run_with_schema(postgres, "SELECT pg_advisory_unlock(hashtextextended('mneme migrate ' || $1, 0))",
                        schema, status == MNEME_OK ? error : &ignored);
    return status == MNEME_OK ? unlocked : status;
}
