/*
 * What benches of workers share: a backlog is published once, and `mneme work postgres` processes drain it
 * into a fresh schema of the fixture's database, watched from outside.
 */
#ifndef MNEME_TESTS_BENCH_DRAIN_H
#define MNEME_TESTS_BENCH_DRAIN_H

#include <sys/types.h>

#include "common/postgres/postgres.h"
#include "tests/support/bench.h"
#include "tests/support/fixture.h"
#include "tests/support/load.h"

#define MNEME_BENCH_MAX_WORKERS 8

struct mneme_bench_ground {
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres; /* looks into the schema of the drain */
    long published;                  /* events so far */
};

/* A database, a topic and a connection; the ground is to be cleaned up even after an error. */
int mneme_bench_ground_init(struct mneme_bench_ground *ground, int partitions, struct mneme_error *error);
void mneme_bench_ground_clean_up(struct mneme_bench_ground *ground);

/* Publishes the load, and says on stderr how long it took. */
int mneme_bench_publish(struct mneme_bench_ground *ground, const struct mneme_load_options *load,
                        struct mneme_error *error);

/* A fresh schema with the tables, which the connection looks into from now on. */
int mneme_bench_schema(struct mneme_bench_ground *ground, const char *schema, struct mneme_error *error);

/* Starts the program beside this one on the ground and that schema, with these arguments (the first is its
 * name, the last NULL); its stdout goes to stderr. */
int mneme_bench_start(pid_t *pid, const struct mneme_bench_ground *ground, const char *schema,
                      char *const *arguments, struct mneme_error *error);

/* Starts a worker: the program beside this one, with this one's environment. */
int mneme_bench_worker_start(pid_t *pid, const struct mneme_bench_ground *ground, const char *schema,
                             struct mneme_error *error);

struct mneme_bench_usage {
    double cpu_seconds;
    double peak_rss_mb;
};

/* Waits for the end of a process; *state is as waitpid gives it. */
struct mneme_bench_usage mneme_bench_wait(pid_t pid, int *state);

/* Asks it to end and waits for it. */
struct mneme_bench_usage mneme_bench_worker_stop(pid_t pid);

/* Waits until the schema's tables have all of the log, or a worker has ended. */
int mneme_bench_wait_for_end(struct mneme_bench_ground *ground, const pid_t *workers, size_t count,
                             struct mneme_error *error);

/* The same for another projection, whose schema the ground's connection looks into. */
int mneme_bench_wait_for_projection(struct mneme_bench_ground *ground, const char *projection,
                                    const pid_t *workers, size_t count, struct mneme_error *error);

struct mneme_bench_drain {
    struct mneme_bench_time
        time;                  /* from the start of the first worker; cpu_seconds: of the workers' sessions */
    double joined_seconds;     /* of time.seconds: until every worker that can have a partition had one */
    long joined_events;        /* folded by then */
    double worker_cpu_seconds; /* of all workers */
    double server_cpu_seconds; /* of all processes of the server, also those that write its log */
    double peak_rss_mb;        /* of the largest worker */
};

/* Drains the whole log with so many workers into a fresh schema, and checks that every event was accepted. */
int mneme_bench_drain(struct mneme_bench_drain *drain, struct mneme_bench_ground *ground, const char *schema,
                      size_t workers, struct mneme_error *error);

#endif
