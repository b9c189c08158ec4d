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
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "consumers/postgres/migrate.h"
#include "queries/log_ends.h"
#include "queries/position_wait.h"
#include "tests/support/bench.h"
#include "tests/support/copy_limit.h"
#include "tests/support/fixture.h"
#include "tests/support/load.h"

#define DRAIN_TIMEOUT_MS 1800000
#define KAFKA_TIMEOUT_MS 10000
#define PARTITIONS 8

struct bench {
    struct mneme_load_options load;
    long runs;
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres;
};

static int publish(struct bench *bench, struct mneme_error *error) {
    const struct mneme_client_setting settings[] = {{"MNEME_TOPIC_PREFIX", bench->fixture.topic_prefix}};
    struct mneme_client *client = NULL;
    int status = mneme_open(&client, NULL, settings, 1, error);
    if (status == MNEME_OK) {
        int64_t started = mneme_clock_monotonic_micros();
        status = mneme_load_publish(client, &bench->load, error);
        fprintf(stderr, "published %ld events in %.1f s\n", bench->load.events,
                (double)(mneme_clock_monotonic_micros() - started) / 1e6);
    }
    int closed = mneme_close(client, 10000, status == MNEME_OK ? error : NULL);
    return status == MNEME_OK ? closed : status;
}

/* The first column of the first row, as a number. */
static int ask(long *value, struct bench *bench, const char *sql, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, bench->postgres, sql, NULL, false, error);
    *value = status == MNEME_OK ? strtol(PQgetvalue(rows, 0, 0), NULL, 10) : 0;
    PQclear(rows);
    return status;
}

/* A fresh schema with the tables, which the connection looks into from now on. */
static int make_schema(struct bench *bench, const char *schema, struct mneme_error *error) {
    char sql[128];
    snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE; SET search_path = %s", schema, schema);
    int status = mneme_pg_run(bench->postgres, sql, error);
    if (status == MNEME_OK) {
        status = mneme_migrate(bench->postgres, schema, mneme_migrations_built_in(), NULL, NULL, error);
    }
    return status == MNEME_OK ? mneme_pg_run(bench->postgres, "CHECKPOINT", error) : status;
}

/* Starts the program beside this one. */
static int start_worker(pid_t *pid, const struct bench *bench, const char *schema,
                        struct mneme_error *error) {
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    while (len > 0 && path[len - 1] != '/') {
        len--;
    }
    if (len <= 0) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "the worker was not started: this program's path is unknown");
    }
    memcpy(path + len, "mneme", sizeof "mneme");
    char *arguments[] = {path, "work", "postgres", NULL};
    if (setenv("MNEME_TOPIC_PREFIX", bench->fixture.topic_prefix, 1) != 0 ||
        setenv("MNEME_PG_SCHEMA", schema, 1) != 0 ||
        setenv("DATABASE_URL", mneme_config_string(bench->fixture.config, MNEME_SETTING_DATABASE_URL), 1) !=
            0 ||
        posix_spawn(pid, path, NULL, NULL, arguments, environ) != 0) {
        return mneme_error_set(error, MNEME_E_INTERNAL, "%s was not started; build it beside this program",
                               path);
    }
    return MNEME_OK;
}

static pid_t running_worker;

static bool has_worker_ended(void) {
    siginfo_t state = {0};
    return waitid(P_PID, (id_t)running_worker, &state, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           state.si_pid == running_worker;
}

/* The last event of each partition that has any. */
static int find_ends(struct mneme_position ends[PARTITIONS], size_t *count, const struct bench *bench,
                     const char *topic, struct mneme_error *error) {
    struct mneme_log_probe *probe = NULL;
    struct mneme_log_ends log = {0};
    int status = mneme_log_probe_open(&probe, bench->fixture.config, error);
    if (status == MNEME_OK) {
        status = mneme_log_ends_read(&log, probe, topic, KAFKA_TIMEOUT_MS, error);
    }
    *count = 0;
    for (int32_t i = 0; status == MNEME_OK && i < log.partition_count && i < PARTITIONS; i++) {
        if (log.end_offsets[i] > 0) {
            ends[(*count)++] = (struct mneme_position){.partition = i, .offset = log.end_offsets[i] - 1};
        }
    }
    mneme_log_ends_clean_up(&log);
    mneme_log_probe_close(probe);
    return status;
}

/* Waits as any reader of the tables would. */
static int wait_for_end(struct bench *bench, pid_t pid, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_position ends[PARTITIONS];
    size_t count = 0;
    const struct mneme_query_wait wait = {.timeout_ms = DRAIN_TIMEOUT_MS, .interrupted = has_worker_ended};
    running_worker = pid;
    int status = mneme_kafka_events_topic(topic, bench->fixture.config, error);
    if (status == MNEME_OK) {
        status = find_ends(ends, &count, bench, topic, error);
    }
    return status == MNEME_OK ? mneme_position_wait(bench->postgres, MNEME_TABLES_PROJECTION, topic, ends,
                                                    count, &wait, error)
                              : status;
}

static int check_rows(struct bench *bench, struct mneme_error *error) {
    long accepted;
    int status = ask(&accepted, bench, "SELECT count(*) FROM events WHERE verdict = 'accepted'", error);
    return status == MNEME_OK && accepted != bench->load.events
               ? mneme_error_set(error, MNEME_E_INTERNAL, "%ld of %ld events were accepted", accepted,
                                 bench->load.events)
               : status;
}

/* The processor time of the worker's session; 0 when the server runs elsewhere. */
static int server_seconds(double *seconds, struct bench *bench, struct mneme_error *error) {
    long pid;
    int status =
        ask(&pid, bench,
            "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE datname = current_database() AND "
            "application_name LIKE 'mneme-postgres%'",
            error);
    *seconds = mneme_bench_cpu_seconds(pid);
    return status;
}

static int drain(struct mneme_bench_time *time, struct bench *bench, const char *schema,
                 struct mneme_error *error) {
    pid_t pid;
    struct rusage usage;
    int status = make_schema(bench, schema, error);
    int64_t started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = start_worker(&pid, bench, schema, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    status = wait_for_end(bench, pid, error);
    time->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    if (status == MNEME_OK) {
        status = server_seconds(&time->cpu_seconds, bench, error);
    }
    int state;
    kill(pid, SIGTERM);
    if (wait4(pid, &state, 0, &usage) == pid) {
        fprintf(stderr, "worker: %.1f s of processor time, %ld MB at most\n",
                (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
                usage.ru_maxrss / 1024);
    }
    return status == MNEME_OK ? check_rows(bench, error) : status;
}

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
        int status = drain(&fold[run], bench, "bench_fold", error);
        if (status == MNEME_OK) {
            status = mneme_pg_run(bench->postgres, "DROP SCHEMA IF EXISTS bench_copy CASCADE", error);
        }
        if (status == MNEME_OK) {
            status = mneme_copy_limit(&copy[run], bench->fixture.config, "bench_fold", "bench_copy", error);
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
    int status = mneme_fixture_set_up(&bench.fixture, MNEME_FIXTURE_POSTGRES | MNEME_FIXTURE_TOPIC,
                                      PARTITIONS, &error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect(&bench.postgres, bench.fixture.config, "bench", &error);
    }
    if (status == MNEME_OK) {
        status = publish(&bench, &error);
    }
    if (status == MNEME_OK) {
        status = run_all(&bench, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_fold: %s\n", error.message);
    }
    mneme_pg_close(bench.postgres);
    mneme_fixture_tear_down(&bench.fixture);
    return status == MNEME_OK ? 0 : 1;
}
