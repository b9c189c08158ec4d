/*
 * What benchmarks share.
 */
#include "tests/support/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double mneme_bench_median(const double *values, size_t count) {
    double sorted[MNEME_BENCH_MAX_RUNS];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double mneme_bench_cpu_seconds(long pid) {
    char path[64];
    char line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[len] = '\0';
    /* The program's name, in brackets, may hold anything; behind it stand the state and ten numbers, and then
     * user and system time in ticks. */
    char *at = strrchr(line, ')');
    if (at == NULL || at[1] != ' ') {
        return 0;
    }
    at += 3;
    unsigned long ticks[12];
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        ticks[i] = strtoul(at, &at, 10);
    }
    return (double)(ticks[10] + ticks[11]) / (double)sysconf(_SC_CLK_TCK);
}
