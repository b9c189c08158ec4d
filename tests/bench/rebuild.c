/*
 * How fast the tables are made anew from the log, against what Postgres can do with the same rows, and
 * against a worker that folds the same log.
 *
 * usage: mneme_bench_rebuild [--events N] [--runs N] [--jobs N]
 *
 * The events are published once. Each run drains them with one worker (fold), copies the rows that it wrote
 * by binary COPY into tables without indexes and builds the same indexes afterwards (limit), and then makes
 * the tables anew with `mneme rebuild postgres` (ours), from the start of the process to its end, with
 * everything that belongs to it: topic looked at, schema made, indexes, statistics, switch, the old schema
 * dropped. to_fold is ours against the worker's rate; the seconds of processor time are those of the whole
 * server.
 */
#include <stdio.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "tests/support/bench_drain.h"
#include "tests/support/copy_bulk.h"

#define SCHEMA "bench_rebuild"
#define PARTITIONS 8

enum { FOLD, LIMIT, REBUILD, WAYS };

struct bench {
    long events, runs, jobs;
    struct mneme_bench_ground ground;
    double rates[WAYS][MNEME_BENCH_MAX_RUNS];
    double server_cpu[WAYS][MNEME_BENCH_MAX_RUNS];
    double rss_mb[MNEME_BENCH_MAX_RUNS];
};

static int run_rebuild(struct bench *bench, struct mneme_bench_usage *usage, struct mneme_error *error) {
    char jobs[24];
    pid_t pid;
    snprintf(jobs, sizeof jobs, "%ld", bench->jobs);
    char *arguments[] = {"mneme", "rebuild", "postgres", "--json", "--jobs", jobs, NULL};
    int status = mneme_bench_start(&pid, &bench->ground, SCHEMA, arguments, error);
    if (status != MNEME_OK) {
        return status;
    }
    int state = 0;
    *usage = mneme_bench_wait(pid, &state);
    return WIFEXITED(state) && WEXITSTATUS(state) == 0
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_INTERNAL, "the rebuild failed; its message is above");
}

static int rebuild(struct bench *bench, long run, struct mneme_error *error) {
    struct mneme_bench_usage usage;
    int status = mneme_pg_run(bench->ground.postgres, "DROP SCHEMA bench_limit CASCADE; CHECKPOINT", error);
    long session = PQbackendPID(mneme_pg_raw(bench->ground.postgres));
    double cpu = mneme_bench_family_cpu_seconds(session);
    int64_t started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = run_rebuild(bench, &usage, error);
    }
    if (status == MNEME_OK) {
        bench->rates[REBUILD][run] =
            (double)bench->events / ((double)(mneme_clock_monotonic_micros() - started) / 1e6);
        bench->server_cpu[REBUILD][run] = mneme_bench_family_cpu_seconds(session) - cpu;
        bench->rss_mb[run] = usage.peak_rss_mb;
    }
    return status;
}

static int measure(struct bench *bench, long run, struct mneme_error *error) {
    struct mneme_bench_drain drain;
    struct mneme_copy_bulk bulk;
    double events = (double)bench->events;
    int status = mneme_bench_drain(&drain, &bench->ground, SCHEMA, 1, error);
    if (status == MNEME_OK) {
        status = mneme_copy_bulk(&bulk, bench->ground.fixture.config, SCHEMA, "bench_limit", error);
    }
    if (status == MNEME_OK) {
        status = rebuild(bench, run, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    bench->rates[FOLD][run] = events / drain.time.seconds;
    bench->server_cpu[FOLD][run] = drain.server_cpu_seconds;
    bench->rates[LIMIT][run] = events / (bulk.copy_seconds + bulk.index_seconds);
    bench->server_cpu[LIMIT][run] = bulk.server_cpu_seconds;
    fprintf(stderr, "run %ld: fold %.0f events/s; limit %.0f (COPY %.2f s, indexes %.2f s); rebuild %.0f\n",
            run + 1, bench->rates[FOLD][run], bench->rates[LIMIT][run], bulk.copy_seconds, bulk.index_seconds,
            bench->rates[REBUILD][run]);
    return MNEME_OK;
}

static void report(const struct bench *bench) {
    size_t runs = (size_t)bench->runs;
    double fold = mneme_bench_median(bench->rates[FOLD], runs);
    double limit = mneme_bench_median(bench->rates[LIMIT], runs);
    double ours = mneme_bench_median(bench->rates[REBUILD], runs);
    printf("{\"bench\":\"rebuild\",\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,\"unit\":\"events/"
           "s\",\"events\":%ld,"
           "\"fold\":%.0f,\"to_fold\":%.3f,\"server_cpu_s\":%.1f,\"limit_server_cpu_s\":%.1f,\"peak_rss_mb\":"
           "%.0f,"
           "\"runs\":[",
           ours, limit, ours / limit, bench->events, fold, ours / fold,
           mneme_bench_median(bench->server_cpu[REBUILD], runs),
           mneme_bench_median(bench->server_cpu[LIMIT], runs), mneme_bench_median(bench->rss_mb, runs));
    for (long run = 0; run < bench->runs; run++) {
        printf("%s[%.0f,%.0f,%.0f]", run > 0 ? "," : "", bench->rates[REBUILD][run], bench->rates[LIMIT][run],
               bench->rates[FOLD][run]);
    }
    printf("]}\n");
}

int main(int argc, char **argv) {
    static struct bench bench = {.events = 300000, .runs = 3};
    const struct mneme_bench_option options[] = {{"events", &bench.events, 1, 100000000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false},
                                                 {"jobs", &bench.jobs, 0, 64, false}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    struct mneme_error error = {0};
    const struct mneme_load_options load = {
        .events = bench.events, .users = 5000, .update_percent = 10, .delete_percent = 2};
    int status = mneme_bench_ground_init(&bench.ground, PARTITIONS, &error);
    if (status == MNEME_OK) {
        status = mneme_bench_publish(&bench.ground, &load, &error);
    }
    for (long run = 0; run < bench.runs && status == MNEME_OK; run++) {
        status = measure(&bench, run, &error);
    }
    if (status == MNEME_OK) {
        report(&bench);
    } else {
        fprintf(stderr, "mneme_bench_rebuild: %s\n", error.message);
    }
    mneme_bench_ground_clean_up(&bench.ground);
    return status == MNEME_OK ? 0 : 1;
}
