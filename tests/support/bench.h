/*
 * What benchmarks share.
 */
#ifndef MNEME_TESTS_BENCH_H
#define MNEME_TESTS_BENCH_H

#include <stdbool.h>
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

/* The same of the process's parent and all its children, those that have ended included: of a whole Postgres
 * server by the pid of any session. */
double mneme_bench_family_cpu_seconds(long pid);

/* An option with a whole number, as in --runs 3; a flag takes none and sets 1. */
struct mneme_bench_option {
    const char *name; /* without the dashes */
    long *value;
    long least, most;
    bool is_flag;
};

/* Reads the command line; false after it has told on stderr what it may be. */
bool mneme_bench_read_options(int argc, char **argv, const struct mneme_bench_option *options, size_t count);

#endif
