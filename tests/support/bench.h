/*
 * What benchmarks share.
 */
#ifndef MNEME_TESTS_BENCH_H
#define MNEME_TESTS_BENCH_H

#include <stddef.h>

#define MNEME_BENCH_MAX_RUNS 99

struct mneme_bench_time {
    double seconds;     /* on the clock */
    double cpu_seconds; /* processor time of the server's process; 0 when it runs elsewhere */
};

/* The middle value of at most MNEME_BENCH_MAX_RUNS; the mean of the two middle ones of an even count. */
double mneme_bench_median(const double *values, size_t count);

/* Processor time that a process of this machine has used, in seconds; 0 when it cannot be told. A busy
 * machine changes it far less than the time on the clock. */
double mneme_bench_cpu_seconds(long pid);

#endif
