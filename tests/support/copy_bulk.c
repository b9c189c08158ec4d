/*
 * Tables and indexes are taken from the catalogue, so that whatever the fold fills is copied. Parts of a
 * divided table are tables of their own here.
 */
#include "tests/support/copy_bulk.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"

#define CHUNK_BYTES (256 * 1024)

/* Of each table with rows: COPY out, CREATE TABLE, COPY in. $1 the schema that is copied, $2 the other. */
static const char tables_sql[] =
    "SELECT format('COPY %I.%I TO STDOUT (FORMAT binary)', $1::text, relname), "
    "format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING DEFAULTS)%s', $2::text, relname, $1::text, relname, "
    "coalesce(' WITH (' || array_to_string(reloptions, ', ') || ')', '')), "
    "format('COPY %I.%I FROM STDIN (FORMAT binary)', $2::text, relname) "
    "FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind = 'r' "
    "AND relname NOT IN ('schema_migrations', 'progress') ORDER BY relname";

static const char indexes_sql[] = "SELECT replace(replace(pg_get_indexdef(i.indexrelid), format(' ON %I.', "
                                  "$1::text), format(' ON %I.', $2::text)), "
                                  "format(' ON ONLY %I.', $1::text), format(' ON %I.', $2::text)) "
                                  "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
                                  "WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r' "
                                  "AND c.relname NOT IN ('schema_migrations', 'progress')";

static int told(struct mneme_error *error, PGconn *connection) {
    return mneme_error_set(error, MNEME_E_UNAVAILABLE, "rows were not copied: %s",
                           PQerrorMessage(connection));
}

static int export_rows(FILE *file, struct mneme_postgres *postgres, const char *sql,
                       struct mneme_error *error) {
    int status = mneme_pg_copy_out_begin(postgres, sql, error);
    if (status != MNEME_OK) {
        return status;
    }
    char *message = NULL;
    size_t len = 0;
    bool is_written = true;
    while ((status = mneme_pg_copy_out_next(&message, &len, postgres, error)) == MNEME_OK &&
           message != NULL) {
        is_written = fwrite(message, len, 1, file) == 1 && is_written;
        PQfreemem(message);
    }
    rewind(file);
    int ended = mneme_pg_copy_out_end(postgres, error);
    if (status == MNEME_OK && !is_written) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE, "rows were not copied: a temporary file is full");
    }
    return status == MNEME_OK ? ended : status;
}

static int import_rows(FILE *file, PGconn *connection, const char *sql, struct mneme_error *error) {
    static char chunk[CHUNK_BYTES];
    PGresult *result = PQexec(connection, sql);
    bool is_fine = PQresultStatus(result) == PGRES_COPY_IN;
    PQclear(result);
    size_t len;
    while (is_fine && (len = fread(chunk, 1, sizeof chunk, file)) > 0) {
        is_fine = PQputCopyData(connection, chunk, (int)len) == 1;
    }
    is_fine = is_fine && PQputCopyEnd(connection, NULL) == 1;
    for (result = PQgetResult(connection); result != NULL; result = PQgetResult(connection)) {
        is_fine = is_fine && PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
    }
    return is_fine ? MNEME_OK : told(error, connection);
}

static int list(PGresult **out, struct mneme_postgres *postgres, const char *sql, const char *from,
                const char *to, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(from));
    mneme_pg_param_str(&params, mneme_str_from(to));
    int status = mneme_pg_query(out, postgres, sql, &params, false, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int copy_all(struct mneme_copy_bulk *bulk, struct mneme_postgres *postgres, PGresult *tables,
                    FILE **files, struct mneme_error *error) {
    int status = MNEME_OK;
    for (int i = 0; i < PQntuples(tables) && status == MNEME_OK; i++) {
        files[i] = tmpfile();
        status = files[i] == NULL
                     ? mneme_error_set(error, MNEME_E_UNAVAILABLE, "no temporary file could be made")
                     : export_rows(files[i], postgres, PQgetvalue(tables, i, 0), error);
    }
    for (int i = 0; i < PQntuples(tables) && status == MNEME_OK; i++) {
        status = mneme_pg_run(postgres, PQgetvalue(tables, i, 1), error);
    }
    /* What the export left to be written is not the import's work. */
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "CHECKPOINT", error);
    }
    int64_t started = mneme_clock_monotonic_micros();
    bulk->server_cpu_seconds = mneme_bench_family_cpu_seconds(PQbackendPID(mneme_pg_raw(postgres)));
    for (int i = 0; i < PQntuples(tables) && status == MNEME_OK; i++) {
        status = import_rows(files[i], mneme_pg_raw(postgres), PQgetvalue(tables, i, 2), error);
    }
    bulk->copy_seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return status;
}

static int build_all(struct mneme_copy_bulk *bulk, struct mneme_postgres *postgres, PGresult *indexes,
                     struct mneme_error *error) {
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_pg_run(postgres, "SET maintenance_work_mem = '512MB'", error);
    for (int i = 0; i < PQntuples(indexes) && status == MNEME_OK; i++) {
        status = mneme_pg_run(postgres, PQgetvalue(indexes, i, 0), error);
    }
    bulk->index_seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    bulk->server_cpu_seconds =
        mneme_bench_family_cpu_seconds(PQbackendPID(mneme_pg_raw(postgres))) - bulk->server_cpu_seconds;
    return status;
}

int mneme_copy_bulk(struct mneme_copy_bulk *bulk, const struct mneme_config *config, const char *from,
                    const char *to, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    PGresult *tables = NULL;
    PGresult *indexes = NULL;
    char sql[128];
    snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", to, to);
    *bulk = (struct mneme_copy_bulk){0};
    int status = mneme_pg_connect(&postgres, config, "bench copy", error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, sql, error);
    }
    if (status == MNEME_OK) {
        status = list(&tables, postgres, tables_sql, from, to, error);
    }
    if (status == MNEME_OK) {
        status = list(&indexes, postgres, indexes_sql, from, to, error);
    }
    size_t count = tables == NULL ? 0 : (size_t)PQntuples(tables);
    FILE **files = calloc(count + 1, sizeof *files);
    if (status == MNEME_OK && files == NULL) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY, "rows were not copied: out of memory");
    }
    if (status == MNEME_OK) {
        status = copy_all(bulk, postgres, tables, files, error);
    }
    if (status == MNEME_OK) {
        status = build_all(bulk, postgres, indexes, error);
    }
    for (size_t i = 0; files != NULL && i < count; i++) {
        if (files[i] != NULL) {
            fclose(files[i]);
        }
    }
    free(files);
    PQclear(tables);
    PQclear(indexes);
    mneme_pg_close(postgres);
    return status;
}
