/*
 * How much memory a worker takes over a backlog, and whether it grows with it.
 *
 * usage: mneme_bench_memory [--runs N] [--full]
 *
 * One worker drains 100,000 and then 1,000,000 events (with --full also 3,000,000) of one topic, each time
 * from the start into a fresh schema. ours is the median peak of its resident memory with the largest
 * backlog, limit the goal of 200 MB, growth that peak over the one with 100,000.
 */
#include <stdio.h>

#include "tests/support/bench_drain.h"

#define PARTITIONS 8
#define GOAL_MB 200.0

static const long backlogs[] = {100000, 1000000, 3000000};
enum { ALL_BACKLOGS = sizeof backlogs / sizeof *backlogs };

struct bench {
    long runs, is_full;
    struct mneme_bench_ground ground;
    double first_peak_mb;
};

static void report(struct bench *bench, const double *peaks, long events) {
    double peak = mneme_bench_median(peaks, (size_t)bench->runs);
    bench->first_peak_mb = bench->first_peak_mb > 0 ? bench->first_peak_mb : peak;
    printf("{\"bench\":\"memory\",\"events\":%ld,\"peak_rss_mb\":%.0f,\"growth\":%.2f,\"ours\":%.0f,"
           "\"limit\":%.0f,\"ratio\":%.3f,\"unit\":\"MB\",\"runs\":[",
           events, peak, peak / bench->first_peak_mb, peak, GOAL_MB, GOAL_MB / peak);
    for (long run = 0; run < bench->runs; run++) {
        printf("%s%.0f", run > 0 ? "," : "", peaks[run]);
    }
    printf("]}\n");
    (void)fflush(stdout);
}

/* Fills the topic up to so many events and drains it. */
static int measure(struct bench *bench, long events, struct mneme_error *error) {
    double peaks[MNEME_BENCH_MAX_RUNS];
    const struct mneme_load_options load = {
        .events = events - bench->ground.published, .users = 5000, .update_percent = 10, .delete_percent = 2};
    int status = mneme_bench_publish(&bench->ground, &load, error);
    for (long run = 0; run < bench->runs && status == MNEME_OK; run++) {
        struct mneme_bench_drain drain;
        status = mneme_bench_drain(&drain, &bench->ground, "bench_memory", 1, error);
        peaks[run] = drain.peak_rss_mb;
    }
    if (status == MNEME_OK) {
        report(bench, peaks, events);
    }
    return status;
}

int main(int argc, char **argv) {
    struct bench bench = {.runs = 1};
    const struct mneme_bench_option options[] = {{"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false},
                                                 {"full", &bench.is_full, 0, 1, true}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    struct mneme_error error = {0};
    int status = mneme_bench_ground_init(&bench.ground, PARTITIONS, &error);
    for (size_t i = 0; i < ALL_BACKLOGS - (bench.is_full ? 0 : 1) && status == MNEME_OK; i++) {
        status = measure(&bench, backlogs[i], &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_memory: %s\n", error.message);
    }
    mneme_bench_ground_clean_up(&bench.ground);
    return status == MNEME_OK ? 0 : 1;
}
