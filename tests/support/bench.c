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

/* The first 17 numbers of /proc/PID/stat behind the program's name and the state; false when it is not there.
 */
static bool read_stat(unsigned long numbers[17], long pid) {
    char path[64];
    char line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[len] = '\0';
    /* The name, in brackets, may hold anything. */
    char *at = strrchr(line, ')');
    if (at == NULL || at[1] != ' ') {
        return false;
    }
    at += 3;
    for (size_t i = 0; i < 17; i++) {
        numbers[i] = strtoul(at, &at, 10);
    }
    return true;
}

/* Places in /proc/PID/stat, from behind the state. */
enum { PARENT = 0, USER = 10, SYSTEM = 11, CHILDREN_USER = 12, CHILDREN_SYSTEM = 13 };

double mneme_bench_cpu_seconds(long pid) {
    unsigned long numbers[17];
    return read_stat(numbers, pid) ? (double)(numbers[USER] + numbers[SYSTEM]) / (double)sysconf(_SC_CLK_TCK)
                                   : 0;
}

double mneme_bench_family_cpu_seconds(long pid) {
    unsigned long numbers[17];
    char path[96];
    if (!read_stat(numbers, pid) || !read_stat(numbers, (long)numbers[PARENT])) {
        return 0;
    }
    double seconds =
        (double)(numbers[USER] + numbers[SYSTEM] + numbers[CHILDREN_USER] + numbers[CHILDREN_SYSTEM]) /
        (double)sysconf(_SC_CLK_TCK);
    (void)read_stat(numbers, pid);
    snprintf(path, sizeof path, "/proc/%lu/task/%lu/children", numbers[PARENT], numbers[PARENT]);
    FILE *file = fopen(path, "r");
    char child[32];
    while (file != NULL && fscanf(file, "%31s", child) == 1) {
        seconds += mneme_bench_cpu_seconds(strtol(child, NULL, 10));
    }
    if (file != NULL) {
        fclose(file);
    }
    return seconds;
}

static const struct mneme_bench_option *find_option(const struct mneme_bench_option *options, size_t count,
                                                    const char *argument) {
    for (size_t i = 0; i < count && strncmp(argument, "--", 2) == 0; i++) {
        if (strcmp(argument + 2, options[i].name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* Takes the option at argv[*at] and moves on. */
static bool take_option(const struct mneme_bench_option *options, size_t count, int *at, char **argv) {
    const struct mneme_bench_option *option = find_option(options, count, argv[*at]);
    if (option == NULL) {
        return false;
    }
    (*at)++;
    if (option->is_flag) {
        *option->value = 1;
        return true;
    }
    char *end = "";
    *option->value = argv[*at] == NULL ? 0 : strtol(argv[*at], &end, 10);
    bool is_number = argv[*at] != NULL && *end == '\0';
    (*at)++;
    return is_number && *option->value >= option->least && *option->value <= option->most;
}

bool mneme_bench_read_options(int argc, char **argv, const struct mneme_bench_option *options, size_t count) {
    bool is_fine = true;
    for (int at = 1; at < argc && is_fine;) {
        is_fine = take_option(options, count, &at, argv);
    }
    if (!is_fine) {
        fprintf(stderr, "usage: %s", argv[0]);
        for (size_t i = 0; i < count; i++) {
            fprintf(stderr, options[i].is_flag ? " [--%s]" : " [--%s N]", options[i].name);
        }
        fputc('\n', stderr);
    }
    return is_fine;
}
