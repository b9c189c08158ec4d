/*
 * How fast one worker folds a backlog, against COPY of the very rows that it wrote into the same empty tables
 * with the same indexes.
 *
 * usage: mneme_bench_fold [--events N] [--runs N] [--texts DIR]
 *
 * Publishes the events once. Each run drains them with one `mneme work postgres` into a fresh schema, from
 * the start of the process until the progress has come to the end of the log, and then copies its rows; limit
 * = events / seconds of COPY. Every run is checked to have every event accepted. server_cpu_ratio compares
 * the processor time of the server's process in the same way (COPY / fold): on a busy machine it tells more
 * than the clock.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/bench_drain.h"
#include "tests/support/copy_limit.h"

#define PARTITIONS 8

struct bench {
    struct mneme_load_options load;
    long runs;
    struct mneme_bench_ground ground;
};

static double median_of(const struct mneme_bench_time *times, size_t count, bool is_cpu) {
    double values[MNEME_BENCH_MAX_RUNS];
    for (size_t i = 0; i < count; i++) {
        values[i] = is_cpu ? times[i].cpu_seconds : times[i].seconds;
    }
    return mneme_bench_median(values, count);
}

static void report(const struct bench *bench, const struct mneme_bench_time *fold,
                   const struct mneme_bench_time *copy) {
    size_t runs = (size_t)bench->runs;
    double events = (double)bench->load.events;
    double ours = events / median_of(fold, runs, false);
    double limit = events / median_of(copy, runs, false);
    double cpu = median_of(fold, runs, true);
    printf("{\"bench\":\"fold\",\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,\"unit\":\"events/"
           "s\",\"events\":%ld,",
           ours, limit, ours / limit, bench->load.events);
    if (cpu > 0) {
        printf("\"server_cpu_ratio\":%.3f,", median_of(copy, runs, true) / cpu);
    }
    printf("\"runs\":[");
    for (size_t i = 0; i < runs; i++) {
        printf("%s[%.0f,%.0f]", i > 0 ? "," : "", events / fold[i].seconds, events / copy[i].seconds);
    }
    printf("]}\n");
}

static int run_all(struct bench *bench, struct mneme_error *error) {
    struct mneme_bench_time fold[MNEME_BENCH_MAX_RUNS] = {0};
    struct mneme_bench_time copy[MNEME_BENCH_MAX_RUNS] = {0};
    double events = (double)bench->load.events;
    for (long run = 0; run < bench->runs; run++) {
        struct mneme_bench_drain drain;
        int status = mneme_bench_drain(&drain, &bench->ground, "bench_fold", 1, error);
        fold[run] = drain.time;
        if (status == MNEME_OK) {
            status = mneme_pg_run(bench->ground.postgres, "DROP SCHEMA IF EXISTS bench_copy CASCADE", error);
        }
        if (status == MNEME_OK) {
            status =
                mneme_copy_limit(&copy[run], bench->ground.fixture.config, "bench_fold", "bench_copy", error);
        }
        if (status != MNEME_OK) {
            return status;
        }
        fprintf(stderr,
                "run %ld: fold %.0f events/s, %.1f s, %.1f s of the server's processor time; "
                "COPY %.0f events/s, %.1f s, %.1f s\n",
                run + 1, events / fold[run].seconds, fold[run].seconds, fold[run].cpu_seconds,
                events / copy[run].seconds, copy[run].seconds, copy[run].cpu_seconds);
    }
    report(bench, fold, copy);
    return MNEME_OK;
}

static bool parse(struct bench *bench, int argc, char **argv) {
    bench->load = (struct mneme_load_options){
        .events = 1000000, .users = 5000, .update_percent = 10, .delete_percent = 2};
    bench->runs = 3;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--events") == 0) {
            bench->load.events = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--runs") == 0) {
            bench->runs = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--texts") == 0) {
            bench->load.texts = argv[i + 1];
        } else {
            return false;
        }
    }
    return argc % 2 == 1 && bench->load.events > 0 && bench->runs > 0 && bench->runs <= MNEME_BENCH_MAX_RUNS;
}

int main(int argc, char **argv) {
    struct bench bench = {0};
    struct mneme_error error = {0};
    if (!parse(&bench, argc, argv)) {
        fprintf(stderr, "usage: mneme_bench_fold [--events N] [--runs N] [--texts DIR]\n");
        return 2;
    }
    int status = mneme_bench_ground_init(&bench.ground, PARTITIONS, &error);
    if (status == MNEME_OK) {
        status = mneme_bench_publish(&bench.ground, &bench.load, &error);
    }
    if (status == MNEME_OK) {
        status = run_all(&bench, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_fold: %s\n", error.message);
    }
    mneme_bench_ground_clean_up(&bench.ground);
    return status == MNEME_OK ? 0 : 1;
}
