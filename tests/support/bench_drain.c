/*
 * Workers are processes of their own, as a user starts them: their memory and processor time are theirs
 * alone.
 */
#include "tests/support/bench_drain.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "consumers/store/migrate.h"
#include "queries/log_ends.h"
#include "queries/position_wait.h"

#define DRAIN_TIMEOUT_MS 1800000
#define KAFKA_TIMEOUT_MS 10000
#define MAX_PARTITIONS 64
#define JOIN_LOOK_MICROS 5000

int mneme_bench_ground_init(struct mneme_bench_ground *ground, int partitions, struct mneme_error *error) {
    *ground = (struct mneme_bench_ground){0};
    int status = mneme_fixture_set_up(&ground->fixture, MNEME_FIXTURE_POSTGRES | MNEME_FIXTURE_TOPIC,
                                      partitions, error);
    return status == MNEME_OK ? mneme_pg_connect(&ground->postgres, ground->fixture.config, "bench", error)
                              : status;
}

void mneme_bench_ground_clean_up(struct mneme_bench_ground *ground) {
    mneme_pg_close(ground->postgres);
    mneme_fixture_tear_down(&ground->fixture);
}

int mneme_bench_publish(struct mneme_bench_ground *ground, const struct mneme_load_options *load,
                        struct mneme_error *error) {
    const struct mneme_client_setting settings[] = {{"MNEME_TOPIC_PREFIX", ground->fixture.topic_prefix}};
    struct mneme_client *client = NULL;
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_open(&client, NULL, settings, 1, error);
    if (status == MNEME_OK) {
        status = mneme_load_publish(client, load, error);
    }
    int closed = mneme_close(client, 10000, status == MNEME_OK ? error : NULL);
    if (status == MNEME_OK && closed == MNEME_OK) {
        ground->published += load->events;
        fprintf(stderr, "published %ld events in %.1f s\n", load->events,
                (double)(mneme_clock_monotonic_micros() - started) / 1e6);
    }
    return status == MNEME_OK ? closed : status;
}

/* The first column of the first row, as a number. */
static int ask(long *value, struct mneme_bench_ground *ground, const char *sql, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, ground->postgres, sql, NULL, false, error);
    *value = status == MNEME_OK ? strtol(PQgetvalue(rows, 0, 0), NULL, 10) : 0;
    PQclear(rows);
    return status;
}

int mneme_bench_schema(struct mneme_bench_ground *ground, const char *schema, struct mneme_error *error) {
    char sql[128];
    snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE; SET search_path = %s", schema, schema);
    int status = mneme_pg_run(ground->postgres, sql, error);
    if (status == MNEME_OK) {
        status = mneme_migrate(ground->postgres, schema, mneme_migrations_postgres, NULL, NULL, error);
    }
    return status == MNEME_OK ? mneme_pg_run(ground->postgres, "CHECKPOINT", error) : status;
}

/* The path of the program `mneme` in this one's folder. */
static bool find_program(char *path, size_t size) {
    ssize_t len = readlink("/proc/self/exe", path, size - sizeof "mneme");
    while (len > 0 && path[len - 1] != '/') {
        len--;
    }
    if (len > 0) {
        memcpy(path + len, "mneme", sizeof "mneme");
    }
    return len > 0;
}

/* Sets the variable and gives what it was, which the caller hands to put_back. */
static char *replace_variable(const char *name, const char *value) {
    const char *before = getenv(name);
    char *kept = before == NULL ? NULL : strdup(before);
    setenv(name, value, 1);
    return kept;
}

static void put_back(const char *name, char *value) {
    if (value == NULL) {
        unsetenv(name);
    } else {
        setenv(name, value, 1);
    }
    free(value);
}

int mneme_bench_worker_start(pid_t *pid, const struct mneme_bench_ground *ground, const char *schema,
                             struct mneme_error *error) {
    char *arguments[] = {"mneme", "work", "postgres", NULL};
    return mneme_bench_start(pid, ground, schema, arguments, error);
}

/* What a program says on stdout belongs beside the bench's figures, not among them. */
static bool spawn(pid_t *pid, const char *path, char *const *arguments) {
    posix_spawn_file_actions_t actions;
    bool is_started = posix_spawn_file_actions_init(&actions) == 0 &&
                      posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO) == 0 &&
                      posix_spawn(pid, path, &actions, NULL, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return is_started;
}

int mneme_bench_start(pid_t *pid, const struct mneme_bench_ground *ground, const char *schema,
                      char *const *arguments, struct mneme_error *error) {
    char path[4096];
    const struct {
        const char *name, *value;
    } variables[] = {
        {"MNEME_TOPIC_PREFIX", ground->fixture.topic_prefix},
        {"MNEME_PG_SCHEMA", schema},
        {"DATABASE_URL", mneme_config_string(ground->fixture.config, MNEME_SETTING_DATABASE_URL)},
    };
    enum { COUNT = sizeof variables / sizeof *variables };
    char *before[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        before[i] = replace_variable(variables[i].name, variables[i].value);
    }
    bool is_started = find_program(path, sizeof path) && spawn(pid, path, arguments);
    for (size_t i = 0; i < COUNT; i++) {
        put_back(variables[i].name, before[i]);
    }
    return is_started
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_INTERNAL,
                                 "nothing was started: there is no mneme beside this program; build it");
}

struct mneme_bench_usage mneme_bench_worker_stop(pid_t pid) {
    int state;
    kill(pid, SIGTERM);
    return mneme_bench_wait(pid, &state);
}

struct mneme_bench_usage mneme_bench_wait(pid_t pid, int *state) {
    struct rusage usage;
    if (wait4(pid, state, 0, &usage) != pid) {
        return (struct mneme_bench_usage){0};
    }
    return (struct mneme_bench_usage){
        .cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        .peak_rss_mb = (double)usage.ru_maxrss / 1024,
    };
}

/* Workers that somebody waits for. */
struct watched {
    const pid_t *workers;
    size_t count;
};

static bool has_worker_ended(void *context) {
    const struct watched *watched = context;
    for (size_t i = 0; i < watched->count; i++) {
        siginfo_t state = {0};
        if (waitid(P_PID, (id_t)watched->workers[i], &state, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            state.si_pid == watched->workers[i]) {
            return true;
        }
    }
    return false;
}

/* The last event of each partition that has any. */
static int find_ends(struct mneme_position ends[MAX_PARTITIONS], size_t *count,
                     const struct mneme_bench_ground *ground, const char *topic, struct mneme_error *error) {
    struct mneme_log_probe *probe = NULL;
    struct mneme_log_ends log = {0};
    int status = mneme_log_probe_open(&probe, ground->fixture.config, error);
    if (status == MNEME_OK) {
        status = mneme_log_ends_read(&log, probe, topic, KAFKA_TIMEOUT_MS, error);
    }
    *count = 0;
    for (int32_t i = 0; status == MNEME_OK && i < log.partition_count && i < MAX_PARTITIONS; i++) {
        if (log.end_offsets[i] > 0) {
            ends[(*count)++] = (struct mneme_position){.partition = i, .offset = log.end_offsets[i] - 1};
        }
    }
    mneme_log_ends_clean_up(&log);
    mneme_log_probe_close(probe);
    return status;
}

int mneme_bench_wait_for_projection(struct mneme_bench_ground *ground, const char *projection,
                                    const pid_t *workers, size_t count, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_position ends[MAX_PARTITIONS];
    size_t end_count = 0;
    struct watched watched = {workers, count};
    const struct mneme_cancel cancel = {.is_cancelled = has_worker_ended, .context = &watched};
    const struct mneme_query_wait wait = {.timeout_ms = DRAIN_TIMEOUT_MS, .cancel = &cancel};
    int status = mneme_kafka_events_topic(topic, ground->fixture.config, error);
    if (status == MNEME_OK) {
        status = find_ends(ends, &end_count, ground, topic, error);
    }
    return status == MNEME_OK
               ? mneme_position_wait(ground->postgres, projection, topic, ends, end_count, &wait, error)
               : status;
}

int mneme_bench_wait_for_end(struct mneme_bench_ground *ground, const pid_t *workers, size_t count,
                             struct mneme_error *error) {
    return mneme_bench_wait_for_projection(ground, mneme_projections[MNEME_PROJECTION_POSTGRES].name, workers,
                                           count, error);
}

/* The processor time of the workers' sessions; 0 when the server runs elsewhere. */
static int session_seconds(double *seconds, struct mneme_bench_ground *ground, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, ground->postgres,
                                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
                                "application_name LIKE 'mneme-postgres%'",
                                NULL, false, error);
    *seconds = 0;
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        *seconds += mneme_bench_cpu_seconds(strtol(PQgetvalue(rows, i, 0), NULL, 10));
    }
    PQclear(rows);
    return status;
}

static int check_rows(struct mneme_bench_ground *ground, struct mneme_error *error) {
    long accepted;
    int status = ask(&accepted, ground, "SELECT count(*) FROM events WHERE verdict = 'accepted'", error);
    return status == MNEME_OK && accepted != ground->published
               ? mneme_error_set(error, MNEME_E_INTERNAL, "%ld of %ld events were accepted", accepted,
                                 ground->published)
               : status;
}

/* Waits until every worker that can have a partition has one, or a worker has ended, and notes how much was
 * folded by then. */
static int watch_joining(struct mneme_bench_drain *drain, struct mneme_bench_ground *ground,
                         struct watched *watched, struct mneme_error *error) {
    size_t workers = watched->count;
    long partitions = 0;
    long owners = 0;
    int status = ask(&partitions, ground, "SELECT coalesce(max(topic_partitions), 0) FROM progress", error);
    while (status == MNEME_OK && !has_worker_ended(watched) &&
           (partitions == 0 || owners < (partitions < (long)workers ? partitions : (long)workers))) {
        mneme_clock_pause(JOIN_LOOK_MICROS);
        status = ask(&partitions, ground, "SELECT coalesce(max(topic_partitions), 0) FROM progress", error);
        if (status == MNEME_OK) {
            status = ask(&owners, ground, "SELECT count(DISTINCT owner) FROM progress", error);
        }
    }
    return status == MNEME_OK ? ask(&drain->joined_events, ground,
                                    "SELECT coalesce(sum(next_offset), 0) FROM progress", error)
                              : status;
}

/* What there is to be known while the workers are still there. */
static int watch(struct mneme_bench_drain *drain, struct mneme_bench_ground *ground, const pid_t *workers,
                 size_t count, struct mneme_error *error) {
    int64_t started = mneme_clock_monotonic_micros();
    long session;
    int status = ask(&session, ground, "SELECT pg_backend_pid()", error);
    double server_before = mneme_bench_family_cpu_seconds(session);
    struct watched watched = {workers, count};
    if (status == MNEME_OK) {
        status = watch_joining(drain, ground, &watched, error);
    }
    drain->joined_seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    if (status == MNEME_OK) {
        status = mneme_bench_wait_for_end(ground, workers, count, error);
    }
    drain->time.seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    drain->server_cpu_seconds = mneme_bench_family_cpu_seconds(session) - server_before;
    return status == MNEME_OK ? session_seconds(&drain->time.cpu_seconds, ground, error) : status;
}

int mneme_bench_drain(struct mneme_bench_drain *drain, struct mneme_bench_ground *ground, const char *schema,
                      size_t workers, struct mneme_error *error) {
    pid_t pids[MNEME_BENCH_MAX_WORKERS];
    size_t started = 0;
    *drain = (struct mneme_bench_drain){0};
    int status = mneme_bench_schema(ground, schema, error);
    while (status == MNEME_OK && started < workers && started < MNEME_BENCH_MAX_WORKERS) {
        status = mneme_bench_worker_start(&pids[started], ground, schema, error);
        started += status == MNEME_OK;
    }
    if (status == MNEME_OK) {
        status = watch(drain, ground, pids, started, error);
    }
    for (size_t i = 0; i < started; i++) {
        struct mneme_bench_usage usage = mneme_bench_worker_stop(pids[i]);
        drain->worker_cpu_seconds += usage.cpu_seconds;
        drain->peak_rss_mb = usage.peak_rss_mb > drain->peak_rss_mb ? usage.peak_rss_mb : drain->peak_rss_mb;
    }
    fprintf(
        stderr,
        "%zu worker%s: %.1f s, %.2f of them joining; processor time: workers %.1f s, their sessions %.1f s, "
        "the whole server %.1f s; %.0f MB at most\n",
        started, started == 1 ? "" : "s", drain->time.seconds, drain->joined_seconds,
        drain->worker_cpu_seconds, drain->time.cpu_seconds, drain->server_cpu_seconds, drain->peak_rss_mb);
    return status == MNEME_OK ? check_rows(ground, error) : status;
}
