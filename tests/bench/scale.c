/*
 * What a second worker brings, and what partitions cost: the same backlog, drained by one and by two workers,
 * on topics of 1, 2, 4 and 8 partitions.
 *
 * usage: mneme_bench_scale [--events N] [--runs N] [--partitions N]
 *
 * The events are published once for each number of partitions (or only for that of --partitions), and drained
 * in turns by one worker and by two that start together, each time into a fresh schema; joining the group
 * counts. ours is the median rate with two workers and 8 partitions, limit that with one. Beside the rates
 * stand the seconds of processor time of the workers and of the whole server for each drain, and in use the
 * share of the machine's processors that anybody used meanwhile: with other work beside it, or when worker,
 * server and broker take all there is, a second worker finds nothing left to use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/bench_drain.h"

#define WORKER_COUNTS 2 /* one, two */

static const long all_partitions[] = {1, 2, 4, 8};

struct drain_set {
    double rates[MNEME_BENCH_MAX_RUNS];
    double worker_cpu[MNEME_BENCH_MAX_RUNS];
    double server_cpu[MNEME_BENCH_MAX_RUNS];
    double in_use[MNEME_BENCH_MAX_RUNS];
};

struct bench {
    long events, runs, partitions;
    struct mneme_bench_ground ground;
    struct drain_set sets[WORKER_COUNTS]; /* by workers - 1 */
};

/* Seconds of processor time that anybody on this machine has used since it started. */
static double machine_seconds(void) {
    char line[256] = "";
    FILE *file = fopen("/proc/stat", "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        line[0] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    unsigned long long ticks = 0;
    char *at = line + strcspn(line, " ");
    for (int i = 0; i < 3; i++) { /* user, nice, system */
        ticks += strtoull(at, &at, 10);
    }
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static int drain_once(struct bench *bench, size_t workers, long run, struct mneme_error *error) {
    struct drain_set *set = &bench->sets[workers - 1];
    struct mneme_bench_drain drain;
    double before = machine_seconds();
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_bench_drain(&drain, &bench->ground, "bench_scale", workers, error);
    double used = machine_seconds() - before;
    double seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    if (status == MNEME_OK) {
        set->rates[run] = (double)bench->events / drain.time.seconds;
        set->worker_cpu[run] = drain.worker_cpu_seconds;
        set->server_cpu[run] = drain.server_cpu_seconds;
        set->in_use[run] = used / seconds / (double)sysconf(_SC_NPROCESSORS_ONLN);
    }
    return status;
}

static void print_runs(const struct bench *bench) {
    printf("\"runs\":[");
    for (long run = 0; run < bench->runs; run++) {
        printf("%s[%.0f,%.0f]", run > 0 ? "," : "", bench->sets[0].rates[run], bench->sets[1].rates[run]);
    }
    printf("]}\n");
}

static void report(const struct bench *bench, long partitions) {
    size_t runs = (size_t)bench->runs;
    double rates[WORKER_COUNTS];
    printf("{\"bench\":\"scale\",\"partitions\":%ld,", partitions);
    for (int i = 0; i < WORKER_COUNTS; i++) {
        const struct drain_set *set = &bench->sets[i];
        rates[i] = mneme_bench_median(set->rates, runs);
        printf("\"worker_cpu_s_%d\":%.1f,\"server_cpu_s_%d\":%.1f,\"in_use_%d\":%.2f,", i + 1,
               mneme_bench_median(set->worker_cpu, runs), i + 1, mneme_bench_median(set->server_cpu, runs),
               i + 1, mneme_bench_median(set->in_use, runs));
    }
    printf("\"events\":%ld,\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,\"unit\":\"events/s\",", bench->events,
           rates[1], rates[0], rates[1] / rates[0]);
    print_runs(bench);
    (void)fflush(stdout);
}

static int measure(struct bench *bench, long partitions, struct mneme_error *error) {
    const struct mneme_load_options load = {
        .events = bench->events, .users = 5000, .update_percent = 10, .delete_percent = 2};
    int status = mneme_bench_ground_init(&bench->ground, (int)partitions, error);
    if (status == MNEME_OK) {
        status = mneme_bench_publish(&bench->ground, &load, error);
    }
    for (long run = 0; run < bench->runs && status == MNEME_OK; run++) {
        for (size_t workers = 1; workers <= WORKER_COUNTS && status == MNEME_OK; workers++) {
            status = drain_once(bench, workers, run, error);
        }
    }
    if (status == MNEME_OK) {
        report(bench, partitions);
    }
    mneme_bench_ground_clean_up(&bench->ground);
    return status;
}

int main(int argc, char **argv) {
    static struct bench bench = {.events = 200000, .runs = 3};
    const struct mneme_bench_option options[] = {{"events", &bench.events, 1, 100000000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false},
                                                 {"partitions", &bench.partitions, 1, 64, false}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    struct mneme_error error = {0};
    int status = MNEME_OK;
    if (bench.partitions > 0) {
        status = measure(&bench, bench.partitions, &error);
    } else {
        for (size_t i = 0; i < sizeof all_partitions / sizeof *all_partitions && status == MNEME_OK; i++) {
            status = measure(&bench, all_partitions[i], &error);
        }
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_scale: %s\n", error.message);
    }
    return status == MNEME_OK ? 0 : 1;
}
