/*
 * How fast one worker makes full text of a backlog, against INSERT … SELECT to_tsvector of the very rows that
 * it wrote into the same empty tables with the same indexes.
 *
 * usage: mneme_bench_search_fold [--events N] [--runs N]
 *
 * Publishes the events once, and folds them into the ledger. Each run drains them with one `mneme work
 * search` into a fresh schema, from the start of the process until the progress has come to the end of the
 * log, and then inserts its rows from a table that has all but the words; limit = events / seconds of that.
 * Versions that are over count, since both write them. server_cpu_ratio compares the processor time of the
 * session in the same way: on a busy machine it tells more than the clock.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "consumers/store/migrate.h"
#include "tests/support/bench_drain.h"

#define PARTITIONS 8
#define LEDGER "bench_words"
#define SEARCH LEDGER "_search"
#define LIMIT "bench_limit"

struct bench {
    long events, runs;
    struct mneme_bench_ground ground;
    struct mneme_bench_time fold[MNEME_BENCH_MAX_RUNS], limit[MNEME_BENCH_MAX_RUNS];
};

static int make_tables(struct bench *bench, const char *schema, struct mneme_error *error) {
    char sql[256];
    snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE; SET search_path = %s, " LEDGER ", public",
             schema, schema);
    struct mneme_postgres *postgres = bench->ground.postgres;
    int status = mneme_pg_run(postgres, sql, error);
    if (status == MNEME_OK) {
        status = mneme_migrate(postgres, schema, mneme_migrations_search, NULL, NULL, error);
    }
    return status == MNEME_OK ? mneme_pg_run(postgres, "CHECKPOINT", error) : status;
}

/* The processor time of the worker's sessions; 0 when the server runs elsewhere. */
static int session_seconds(double *seconds, struct bench *bench, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, bench->ground.postgres,
                                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
                                "application_name LIKE 'mneme-search%'",
                                NULL, false, error);
    *seconds = 0;
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        *seconds += mneme_bench_cpu_seconds(strtol(PQgetvalue(rows, i, 0), NULL, 10));
    }
    PQclear(rows);
    return status;
}

static int run_fold(struct bench *bench, struct mneme_bench_time *time, struct mneme_error *error) {
    char *arguments[] = {"mneme", "work", "search", NULL};
    pid_t worker;
    int status = make_tables(bench, SEARCH, error);
    int64_t started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = mneme_bench_start(&worker, &bench->ground, LEDGER, arguments, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_bench_wait_for_projection(&bench->ground, "search", &worker, 1, error);
    time->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    if (status == MNEME_OK) {
        status = session_seconds(&time->cpu_seconds, bench, error);
    }
    mneme_bench_worker_stop(worker);
    return status;
}

/* The rows without their words. The load's texts are in ASCII, so that nothing of them is segmented. */
static const char *const prepare_limit[] = {
    "DROP TABLE IF EXISTS bench_source",
    "CREATE TABLE bench_source AS SELECT d.*, NULL::bigint AS superseded_sequence, NULL::timestamptz AS "
    "valid_to, "
    "to_char(created_at, '[FMDD FMMonth FMYYYY] ') || text AS lexical_text FROM " SEARCH ".documents d "
    "UNION ALL SELECT h.*, to_char(created_at, '[FMDD FMMonth FMYYYY] ') || text FROM " SEARCH
    ".documents_history h",
    "ALTER TABLE bench_source DROP COLUMN lexemes",
    "VACUUM ANALYZE bench_source",
};

#define IDENTITY "tenant, stream_id, kind, ref, source_sequence, created_at, text"
#define COLUMNS                                                                                              \
    "tenant, stream_id, kind, ref, user_id, agent_id, run_id, conversation_id, position, speaker, role, "    \
    "created_at, source_sequence, valid_from, text, to_tsvector('english', lexical_text), length"

static const char *const run_limit_sql =
    "SET synchronous_commit = off; INSERT INTO documents SELECT " COLUMNS
    " FROM bench_source WHERE superseded_sequence IS NULL; INSERT INTO documents_history SELECT " COLUMNS
    ", superseded_sequence, valid_to FROM bench_source WHERE superseded_sequence IS NOT NULL";

static int run_limit(struct bench *bench, struct mneme_bench_time *time, struct mneme_error *error) {
    struct mneme_postgres *postgres = bench->ground.postgres;
    int status = make_tables(bench, LIMIT, error);
    for (size_t i = 0; status == MNEME_OK && i < sizeof prepare_limit / sizeof *prepare_limit; i++) {
        status = mneme_pg_run(postgres, prepare_limit[i], error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "CHECKPOINT", error);
    }
    long session = PQbackendPID(mneme_pg_raw(postgres));
    double cpu = mneme_bench_cpu_seconds(session);
    int64_t started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, run_limit_sql, error);
    }
    time->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    time->cpu_seconds = mneme_bench_cpu_seconds(session) - cpu;
    return status;
}

/* Both must have written the same documents; words are made by other rules on either side. */
static int compare(struct bench *bench, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, bench->ground.postgres,
                                "SELECT count(*) FROM (SELECT " IDENTITY " FROM " SEARCH
                                ".documents EXCEPT SELECT " IDENTITY " FROM " LIMIT ".documents) AS d",
                                NULL, false, error);
    if (status == MNEME_OK && strcmp(PQgetvalue(rows, 0, 0), "0") != 0) {
        status =
            mneme_error_set(error, MNEME_E_INTERNAL, "%s documents differ between the fold and its limit",
                            PQgetvalue(rows, 0, 0));
    }
    PQclear(rows);
    return status;
}

static double median_of(const struct mneme_bench_time *times, long count, bool is_cpu) {
    double values[MNEME_BENCH_MAX_RUNS];
    for (long i = 0; i < count; i++) {
        values[i] = is_cpu ? times[i].cpu_seconds : times[i].seconds;
    }
    return mneme_bench_median(values, (size_t)count);
}

static void report(const struct bench *bench) {
    double events = (double)bench->events;
    double ours = events / median_of(bench->fold, bench->runs, false);
    double limit = events / median_of(bench->limit, bench->runs, false);
    double cpu = median_of(bench->fold, bench->runs, true);
    printf("{\"bench\":\"search-fold\",\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,\"unit\":\"events/s\","
           "\"events\":%ld,",
           ours, limit, ours / limit, bench->events);
    if (cpu > 0) {
        printf("\"server_cpu_ratio\":%.3f,", median_of(bench->limit, bench->runs, true) / cpu);
    }
    printf("\"runs\":[");
    for (long i = 0; i < bench->runs; i++) {
        printf("%s[%.0f,%.0f]", i > 0 ? "," : "", events / bench->fold[i].seconds,
               events / bench->limit[i].seconds);
    }
    printf("]}\n");
}

static int run_all(struct bench *bench, struct mneme_error *error) {
    struct mneme_bench_drain drain;
    int status = mneme_bench_drain(&drain, &bench->ground, LEDGER, 1, error);
    for (long run = 0; run < bench->runs && status == MNEME_OK; run++) {
        status = run_fold(bench, &bench->fold[run], error);
        if (status == MNEME_OK) {
            status = run_limit(bench, &bench->limit[run], error);
        }
        if (status == MNEME_OK) {
            status = compare(bench, error);
        }
        fprintf(stderr, "run %ld: fold %.1f s, %.1f s of the server's processor time; limit %.1f s, %.1f s\n",
                run + 1, bench->fold[run].seconds, bench->fold[run].cpu_seconds, bench->limit[run].seconds,
                bench->limit[run].cpu_seconds);
    }
    return status;
}

int main(int argc, char **argv) {
    struct bench bench = {.events = 300000, .runs = 3};
    struct mneme_error error = {0};
    const struct mneme_bench_option options[] = {
        {.name = "events", .value = &bench.events, .least = 1, .most = 100000000},
        {.name = "runs", .value = &bench.runs, .least = 1, .most = MNEME_BENCH_MAX_RUNS},
    };
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    const struct mneme_load_options load = {
        .events = bench.events, .users = 5000, .update_percent = 10, .delete_percent = 2};
    int status = mneme_bench_ground_init(&bench.ground, PARTITIONS, &error);
    if (status == MNEME_OK) {
        status = mneme_bench_publish(&bench.ground, &load, &error);
    }
    if (status == MNEME_OK) {
        status = run_all(&bench, &error);
    }
    if (status == MNEME_OK) {
        report(&bench);
    } else {
        fprintf(stderr, "mneme_bench_search_fold: %s\n", error.message);
    }
    mneme_bench_ground_clean_up(&bench.ground);
    return status == MNEME_OK ? 0 : 1;
}
