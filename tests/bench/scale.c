/*
 * What further workers bring, and what partitions cost: the same backlog, drained by 1, 2, 4 and 8 workers,
 * on topics of 1, 2, 4 and 8 partitions.
 *
 * usage: mneme_bench_scale [--events N] [--runs N] [--partitions N] [--workers N]
 *
 * The events are published once for each number of partitions (or only for that of --partitions), and drained
 * in turns by one worker and by more that start together (or only by that many as --workers says), each time
 * into a fresh schema; joining the group counts. A first drain, which is not measured, warms the server up.
 * One line for each number of workers above one: ours is the median rate with so many, limit that with one;
 * the last line is of two workers. joined are the same rates from when every worker had its partitions; a
 * backlog that lasts for minutes is drained at these. Beside the rates stand the seconds of processor time of
 * the workers and of the whole server for each drain, and in use the share of the machine's processors that
 * anybody used meanwhile: where one worker, its session and the broker use a share s, more workers cannot
 * bring more than 1 / s.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/support/bench_drain.h"

static const long all_counts[] = {1, 2, 4, 8}; /* of partitions and of workers */
#define COUNTS (sizeof all_counts / sizeof *all_counts)

struct drain_set {
    double rates[MNEME_BENCH_MAX_RUNS];
    double joined_rates[MNEME_BENCH_MAX_RUNS];
    double worker_cpu[MNEME_BENCH_MAX_RUNS];
    double server_cpu[MNEME_BENCH_MAX_RUNS];
    double in_use[MNEME_BENCH_MAX_RUNS];
};

struct bench {
    long events, runs, partitions, workers;
    bool is_warm;
    struct mneme_bench_ground ground;
    struct drain_set sets[COUNTS]; /* by place in all_counts */
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

static int drain_once(struct bench *bench, size_t place, long run, struct mneme_error *error) {
    struct drain_set *set = &bench->sets[place];
    struct mneme_bench_drain drain;
    double before = machine_seconds();
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_bench_drain(&drain, &bench->ground, "bench_scale", (size_t)all_counts[place], error);
    double used = machine_seconds() - before;
    double seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    if (status == MNEME_OK) {
        set->rates[run] = (double)bench->events / drain.time.seconds;
        set->joined_rates[run] =
            (double)(bench->events - drain.joined_events) / (drain.time.seconds - drain.joined_seconds);
        set->worker_cpu[run] = drain.worker_cpu_seconds;
        set->server_cpu[run] = drain.server_cpu_seconds;
        set->in_use[run] = used / seconds / (double)sysconf(_SC_NPROCESSORS_ONLN);
    }
    return status;
}

static bool is_wanted(const struct bench *bench, size_t place) {
    return place == 0 || bench->workers == 0 || bench->workers == all_counts[place];
}

static void report(const struct bench *bench, long partitions, size_t place) {
    const struct drain_set *one = &bench->sets[0];
    const struct drain_set *more = &bench->sets[place];
    size_t runs = (size_t)bench->runs;
    double rate = mneme_bench_median(more->rates, runs);
    double limit = mneme_bench_median(one->rates, runs);
    printf("{\"bench\":\"scale\",\"partitions\":%ld,\"workers\":%ld,\"events\":%ld,", partitions,
           all_counts[place], bench->events);
    double joined = mneme_bench_median(more->joined_rates, runs);
    double one_joined = mneme_bench_median(one->joined_rates, runs);
    printf("\"joined\":[%.0f,%.0f],\"joined_ratio\":%.3f,", one_joined, joined, joined / one_joined);
    printf("\"worker_cpu_s\":[%.1f,%.1f],\"server_cpu_s\":[%.1f,%.1f],\"in_use\":[%.2f,%.2f],",
           mneme_bench_median(one->worker_cpu, runs), mneme_bench_median(more->worker_cpu, runs),
           mneme_bench_median(one->server_cpu, runs), mneme_bench_median(more->server_cpu, runs),
           mneme_bench_median(one->in_use, runs), mneme_bench_median(more->in_use, runs));
    printf("\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,\"unit\":\"events/s\",\"runs\":[", rate, limit,
           rate / limit);
    for (long run = 0; run < bench->runs; run++) {
        printf("%s[%.0f,%.0f]", run > 0 ? "," : "", one->rates[run], more->rates[run]);
    }
    printf("]}\n");
    (void)fflush(stdout);
}

static int drain_all(struct bench *bench, struct mneme_error *error) {
    int status = MNEME_OK;
    if (!bench->is_warm) {
        status = drain_once(bench, 0, 0, error); /* overwritten by the first that counts */
        bench->is_warm = true;
    }
    for (long run = 0; run < bench->runs && status == MNEME_OK; run++) {
        for (size_t place = 0; place < COUNTS && status == MNEME_OK; place++) {
            status = is_wanted(bench, place) ? drain_once(bench, place, run, error) : MNEME_OK;
        }
    }
    return status;
}

static int measure(struct bench *bench, long partitions, struct mneme_error *error) {
    const struct mneme_load_options load = {
        .events = bench->events, .users = 5000, .update_percent = 10, .delete_percent = 2};
    int status = mneme_bench_ground_init(&bench->ground, (int)partitions, error);
    if (status == MNEME_OK) {
        status = mneme_bench_publish(&bench->ground, &load, error);
    }
    if (status == MNEME_OK) {
        status = drain_all(bench, error);
    }
    for (size_t place = COUNTS - 1; place > 0 && status == MNEME_OK; place--) {
        if (is_wanted(bench, place)) {
            report(bench, partitions, place);
        }
    }
    mneme_bench_ground_clean_up(&bench->ground);
    return status;
}

static bool is_a_count(long number) {
    for (size_t i = 0; i < COUNTS; i++) {
        if (number == all_counts[i]) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv) {
    static struct bench bench = {.events = 300000, .runs = 3};
    const struct mneme_bench_option options[] = {{"events", &bench.events, 1, 100000000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false},
                                                 {"partitions", &bench.partitions, 1, 64, false},
                                                 {"workers", &bench.workers, 2, 8, false}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    if (bench.workers > 0 && !is_a_count(bench.workers)) {
        fprintf(stderr, "mneme_bench_scale: --workers may be 2, 4 or 8\n");
        return 2;
    }
    struct mneme_error error = {0};
    int status = MNEME_OK;
    if (bench.partitions > 0) {
        status = measure(&bench, bench.partitions, &error);
    } else {
        for (size_t i = 0; i < COUNTS && status == MNEME_OK; i++) {
            status = measure(&bench, all_counts[i], &error);
        }
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_scale: %s\n", error.message);
    }
    return status == MNEME_OK ? 0 : 1;
}
