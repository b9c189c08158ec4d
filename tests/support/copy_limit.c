/*
 * COPY as psql's \copy does it: text, one statement for each table that has rows, in the order in which they
 * lie.
 */
#include "tests/support/copy_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "consumers/store/migrate.h"

#define CHUNK_BYTES (256 * 1024)

/* All that a fold writes rows into; the ledger's months are one table. */
static const char tables_sql[] =
    "SELECT relname FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p') "
    "AND NOT relispartition AND relname NOT IN ('schema_migrations', 'progress') ORDER BY relname";

static int told(struct mneme_error *error, PGconn *connection, const char *what) {
    return mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s was not copied: %s", what,
                           PQerrorMessage(connection));
}

static int export_table(FILE *file, PGconn *connection, const char *schema, const char *table,
                        struct mneme_error *error) {
    char sql[256];
    snprintf(sql, sizeof sql, "COPY (SELECT * FROM %s.%s) TO STDOUT", schema, table);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType state = PQresultStatus(result);
    PQclear(result);
    if (state != PGRES_COPY_OUT) {
        return told(error, connection, table);
    }
    char *row = NULL;
    int len;
    bool is_written = true;
    while ((len = PQgetCopyData(connection, &row, 0)) > 0) {
        is_written = fwrite(row, (size_t)len, 1, file) == 1 && is_written;
        PQfreemem(row);
    }
    for (result = PQgetResult(connection); result != NULL; result = PQgetResult(connection)) {
        PQclear(result);
    }
    rewind(file);
    return len == -1 && is_written ? MNEME_OK : told(error, connection, table);
}

static int import_table(FILE *file, PGconn *connection, const char *schema, const char *table,
                        struct mneme_error *error) {
    static char chunk[CHUNK_BYTES];
    char sql[256];
    snprintf(sql, sizeof sql, "COPY %s.%s FROM STDIN", schema, table);
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
    return is_fine ? MNEME_OK : told(error, connection, table);
}

static int make_tables(struct mneme_postgres *postgres, const char *schema, const char *from,
                       struct mneme_error *error) {
    char sql[256];
    snprintf(sql, sizeof sql, "SET search_path = %s", schema);
    int status = mneme_pg_run(postgres, sql, error);
    if (status == MNEME_OK) {
        status = mneme_migrate(postgres, schema, mneme_migrations_postgres, NULL, NULL, error);
    }
    if (status == MNEME_OK) {
        snprintf(sql, sizeof sql,
                 "SELECT ledger_make_month(recorded_at, true) FROM (SELECT DISTINCT "
                 "date_trunc('month', recorded_at) AS recorded_at FROM %s.events) months",
                 from);
        status = mneme_pg_run(postgres, sql, error);
    }
    /* What the export left to be written is not the import's work. */
    return status == MNEME_OK ? mneme_pg_run(postgres, "CHECKPOINT", error) : status;
}

static int list_tables(PGresult **tables, struct mneme_postgres *postgres, const char *schema,
                       struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(schema));
    int status = mneme_pg_query(tables, postgres, tables_sql, &params, false, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_copy_limit(struct mneme_bench_time *time, const struct mneme_config *config, const char *from,
                     const char *to, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    PGresult *tables = NULL;
    int status = mneme_pg_connect(&postgres, config, "bench copy", error);
    if (status == MNEME_OK) {
        status = list_tables(&tables, postgres, from, error);
    }
    int count = status == MNEME_OK ? PQntuples(tables) : 0;
    FILE **files = calloc((size_t)count + 1, sizeof(FILE *));
    if (files == NULL) {
        abort();
    }
    for (int i = 0; i < count && status == MNEME_OK; i++) {
        files[i] = tmpfile();
        status = files[i] == NULL
                     ? mneme_error_set(error, MNEME_E_UNAVAILABLE, "no temporary file could be made")
                     : export_table(files[i], mneme_pg_raw(postgres), from, PQgetvalue(tables, i, 0), error);
    }
    if (status == MNEME_OK) {
        status = make_tables(postgres, to, from, error);
    }
    long server = status == MNEME_OK ? PQbackendPID(mneme_pg_raw(postgres)) : 0;
    double cpu = mneme_bench_cpu_seconds(server);
    int64_t started = mneme_clock_monotonic_micros();
    for (int i = 0; i < count && status == MNEME_OK; i++) {
        if (getc(files[i]) != EOF) { /* the table has rows */
            rewind(files[i]);
            status = import_table(files[i], mneme_pg_raw(postgres), to, PQgetvalue(tables, i, 0), error);
        }
    }
    time->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    time->cpu_seconds = mneme_bench_cpu_seconds(server) - cpu;
    for (int i = 0; i < count; i++) {
        if (files[i] != NULL) {
            fclose(files[i]);
        }
    }
    free(files);
    PQclear(tables);
    mneme_pg_close(postgres);
    return status;
}
