/*
 * How fast the hot tier answers: a memory by its id, the working memory of a conversation, and how soon a
 * write can be read with --at-least.
 *
 * usage: mneme_bench_redis [--rate N] [--samples N] [--questions N] [--runs N]
 *
 * Workers of postgres and redis run, 8 partitions, and --rate events a second are published by another thread
 * throughout the first part. visible: from the call of mneme_publish, with the settings as they come, until a
 * reader that was given the event's position has the memory from Redis; acknowledged is the part until the
 * brokers had it. working: 50 turns and 20 context keys, read whole. get: memories by id one after the other,
 * as rows, against GET of the same keys by hiredis, with a round trip each, in turns. In ms and questions/s;
 * medians of the runs.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "queries/working.h"
#include "stores/redis/reader.h"
#include "tests/support/bench_drain.h"
#include "tests/support/bench_hot_get.h"

#define PARTITIONS 8
#define SCHEMA "bench_redis"
#define USERS 500
#define TURNS 50
#define KEYS 20
#define MEMORIES 1000
#define WARM_UP 100
#define PATIENCE_MS 30000
#define VISIBLE_GOAL_MS 20.0
#define WORKING_GOAL_MS 1.0

struct bench {
    long rate, samples, questions, runs;
    struct mneme_bench_ground ground;
    struct mneme_client *client;
    struct mneme_hot_reader *reader;
    struct mneme_arena arena; /* of an answer */
    struct mneme_hot_memory_id memories[MEMORIES];
    char users[MEMORIES][16];
    double *millis, *acknowledged; /* of one run */
};

struct run {
    double p50, p99, acknowledged_p50, per_second, bare_per_second;
};

static int compare(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double *values, long count, long share) {
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count * share / 100];
}

static double millis_since(int64_t started) {
    return (double)(mneme_clock_monotonic_micros() - started) / 1e3;
}

/* --- events --- */

static int make_memory(struct mneme_event *event, struct mneme_client *client, const char *user,
                       struct mneme_error *error) {
    int status = mneme_event_init(event, client, MNEME_EVENT_MEMORY_CREATED, error);
    if (status == MNEME_OK) {
        event->scope.user_id = mneme_str_from(user);
        event->payload.memory_created.memory_type = MNEME_STR_LIT("fact");
        event->payload.memory_created.content =
            MNEME_STR_LIT("{\"text\":\"Prefers the window seat on the morning train and coffee without "
                          "sugar, as she told on the way to the garden of her sister.\"}");
    }
    return status;
}

/* Publishes at a steady rate until it is told to stop. */
struct load {
    struct bench *bench;
    pthread_t thread;
    atomic_bool stop;
    int status;
    struct mneme_error error;
};

static void *publish_steadily(void *context) {
    struct load *load = context;
    int64_t start = mneme_clock_monotonic_micros();
    for (long i = 0; !atomic_load(&load->stop) && load->status == MNEME_OK; i++) {
        struct mneme_event event;
        char user[16];
        int64_t ahead = start + i * 1000000 / load->bench->rate - mneme_clock_monotonic_micros();
        if (ahead > 0) {
            mneme_clock_pause(ahead);
        }
        snprintf(user, sizeof user, "load-%ld", i % USERS);
        load->status = make_memory(&event, load->bench->client, user, &load->error);
        if (load->status == MNEME_OK) {
            load->status = mneme_publish(load->bench->client, &event, NULL, NULL, &load->error);
        }
    }
    return NULL;
}

/* --- visible --- */

/* Publishes one memory and reads it; notes how long that took. */
static int sample(struct bench *bench, long number, struct mneme_error *error) {
    struct mneme_event event;
    struct mneme_receipt receipt;
    struct mneme_hot_memory memory;
    bool found;
    long place = number % MEMORIES;
    snprintf(bench->users[place], sizeof bench->users[place], "user-%ld", number % USERS);
    int status = make_memory(&event, bench->client, bench->users[place], error);
    int64_t started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = mneme_publish_wait(&receipt, bench->client, &event, PATIENCE_MS, error);
    }
    bench->acknowledged[number] = millis_since(started);
    if (status != MNEME_OK) {
        return status;
    }
    bench->memories[place] = (struct mneme_hot_memory_id){event.tenant, mneme_str_from(bench->users[place]),
                                                          event.payload.memory_created.memory_id};
    mneme_arena_reset(&bench->arena, SIZE_MAX);
    /* It gives up when Redis is slow or a worker is not there yet; then it is asked anew. */
    while (!mneme_hot_reader_wait(bench->reader, &receipt.position, 1, PATIENCE_MS, NULL) ||
           mneme_hot_reader_memories(&memory, &found, bench->reader, &bench->memories[place], 1,
                                     &bench->arena) != 1) {
        if (millis_since(started) > PATIENCE_MS) {
            return mneme_error_set(error, MNEME_E_TIMEOUT, "a memory was not read from Redis in time");
        }
        mneme_clock_pause(1000);
    }
    bench->millis[number] = millis_since(started);
    return MNEME_OK;
}

static int measure_visible(struct run *run, struct bench *bench, struct mneme_error *error) {
    struct load load = {.bench = bench};
    int status = MNEME_OK;
    if (pthread_create(&load.thread, NULL, publish_steadily, &load) != 0) {
        return mneme_error_set(error, MNEME_E_INTERNAL, "nothing was published: no thread was started");
    }
    for (long i = 0; i < bench->samples && status == MNEME_OK; i++) {
        status = sample(bench, i, error);
    }
    atomic_store(&load.stop, true);
    pthread_join(load.thread, NULL);
    if (status == MNEME_OK && load.status != MNEME_OK) {
        *error = load.error;
        status = load.status;
    }
    run->p99 = percentile(bench->millis, bench->samples, 99);
    run->p50 = percentile(bench->millis, bench->samples, 50);
    run->acknowledged_p50 = percentile(bench->acknowledged, bench->samples, 50);
    return status;
}

/* --- working memory --- */

static int publish_line(struct bench *bench, const char *line, struct mneme_error *error) {
    return mneme_publish_json(bench->client, mneme_str_from(line), NULL, NULL, 0, NULL, NULL, error);
}

static int publish_working(struct bench *bench, struct mneme_error *error) {
    char line[512];
    int status = MNEME_OK;
    for (int i = 0; i < TURNS && status == MNEME_OK; i++) {
        snprintf(
            line, sizeof line,
            "{\"type\":\"conversation_turn\",\"user_id\":\"ada\",\"conversation_id\":\"chat\",\"payload\":"
            "{\"role\":\"user\",\"content\":\"Turn %d tells of the window seat on the morning train.\"}}",
            i);
        status = publish_line(bench, line, error);
    }
    for (int i = 0; i < KEYS && status == MNEME_OK; i++) {
        snprintf(line, sizeof line,
                 "{\"type\":\"context_set\",\"user_id\":\"ada\",\"payload\":{\"conversation_id\":\"chat\","
                 "\"key\":\"key %d\",\"value\":{\"step\":%d}}}",
                 i, i);
        status = publish_line(bench, line, error);
    }
    return status == MNEME_OK ? mneme_flush(bench->client, PATIENCE_MS, error) : status;
}

static bool read_working(struct mneme_loaded_working *out, struct bench *bench) {
    static const struct mneme_working_question question = {
        .place = {.tenant = MNEME_STR_LIT("default"),
                  .stream_id = MNEME_STR_LIT("ada"),
                  .conversation_id = MNEME_STR_LIT("chat")}};
    mneme_arena_reset(&bench->arena, SIZE_MAX);
    return mneme_working_hot(out, bench->reader, &question, &bench->arena);
}

static int measure_working(struct run *run, struct bench *bench, struct mneme_error *error) {
    struct mneme_loaded_working loaded = {0};
    int64_t deadline = mneme_clock_monotonic_micros() + PATIENCE_MS * 1000;
    int status = MNEME_OK;
    while (status == MNEME_OK && (!read_working(&loaded, bench) || loaded.working.turn_count < TURNS ||
                                  loaded.working.key_count < KEYS)) {
        if (mneme_clock_monotonic_micros() > deadline) {
            status = mneme_error_set(error, MNEME_E_TIMEOUT, "the working memory is not whole");
        }
    }
    for (long i = 0; i < bench->samples && status == MNEME_OK; i++) {
        int64_t started = mneme_clock_monotonic_micros();
        if (!read_working(&loaded, bench)) {
            status = mneme_error_set(error, MNEME_E_UNAVAILABLE, "Redis did not have the working memory");
        }
        bench->millis[i] = millis_since(started);
    }
    run->p99 = percentile(bench->millis, bench->samples, 99);
    run->p50 = percentile(bench->millis, bench->samples, 50);
    return status;
}

/* --- get --- */

static int measure_get(struct run *run, struct bench *bench, struct mneme_error *error) {
    const char *url = mneme_config_string(bench->ground.fixture.config, MNEME_SETTING_REDIS_URL);
    size_t known = (size_t)(bench->samples < MEMORIES ? bench->samples : MEMORIES);
    return mneme_bench_hot_get(&run->per_second, &run->bare_per_second, bench->reader, url, bench->memories,
                               known, bench->questions, error);
}

/* --- all of it --- */

static double median_of(const struct run *runs, long count, size_t offset) {
    double values[MNEME_BENCH_MAX_RUNS];
    for (long i = 0; i < count; i++) {
        memcpy(&values[i], (const char *)&runs[i] + offset, sizeof values[i]);
    }
    return mneme_bench_median(values, (size_t)count);
}

#define MEDIAN(field) median_of(runs, bench->runs, offsetof(struct run, field))

static void report_visible(const struct bench *bench, const struct run *runs) {
    double p99 = MEDIAN(p99);
    printf(
        "{\"bench\":\"redis\",\"variant\":\"visible\",\"rate\":%ld,\"p50_ms\":%.1f,\"p99_ms\":%.1f,"
        "\"acknowledged_p50_ms\":%.1f,\"ours\":%.1f,\"limit\":%.0f,\"ratio\":%.2f,\"unit\":\"ms\",\"runs\":[",
        bench->rate, MEDIAN(p50), p99, MEDIAN(acknowledged_p50), p99, VISIBLE_GOAL_MS, VISIBLE_GOAL_MS / p99);
    for (long i = 0; i < bench->runs; i++) {
        printf("%s[%.1f,%.1f]", i > 0 ? "," : "", runs[i].p50, runs[i].p99);
    }
    printf("]}\n");
    fflush(stdout);
}

static void report_working(const struct bench *bench, const struct run *runs) {
    double p99 = MEDIAN(p99);
    printf("{\"bench\":\"redis\",\"variant\":\"working\",\"turns\":%d,\"keys\":%d,\"p50_ms\":%.3f,\"p99_ms\":"
           "%.3f,"
           "\"ours\":%.3f,\"limit\":%.0f,\"ratio\":%.2f,\"unit\":\"ms\",\"runs\":[",
           TURNS, KEYS, MEDIAN(p50), p99, p99, WORKING_GOAL_MS, WORKING_GOAL_MS / p99);
    for (long i = 0; i < bench->runs; i++) {
        printf("%s[%.3f,%.3f]", i > 0 ? "," : "", runs[i].p50, runs[i].p99);
    }
    printf("]}\n");
    fflush(stdout);
}

static void report_get(const struct bench *bench, const struct run *runs) {
    double ours = MEDIAN(per_second);
    double limit = MEDIAN(bare_per_second);
    printf("{\"bench\":\"redis\",\"variant\":\"get\",\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,"
           "\"unit\":\"questions/s\",\"runs\":[",
           ours, limit, ours / limit);
    for (long i = 0; i < bench->runs; i++) {
        printf("%s[%.0f,%.0f]", i > 0 ? "," : "", runs[i].per_second, runs[i].bare_per_second);
    }
    printf("]}\n");
    fflush(stdout);
}

static int measure(struct bench *bench, struct mneme_error *error) {
    static const struct {
        int (*measure)(struct run *run, struct bench *bench, struct mneme_error *error);
        void (*report)(const struct bench *bench, const struct run *runs);
    } variants[] = {
        {measure_visible, report_visible}, {measure_working, report_working}, {measure_get, report_get}};
    struct run runs[MNEME_BENCH_MAX_RUNS];
    int status = MNEME_OK;
    for (size_t v = 0; v < sizeof variants / sizeof *variants && status == MNEME_OK; v++) {
        for (long run = 0; run < bench->runs && status == MNEME_OK; run++) {
            status = variants[v].measure(&runs[run], bench, error);
        }
        if (status == MNEME_OK) {
            variants[v].report(bench, runs);
        }
    }
    return status;
}

/* The workers have their partitions, connections are made, code is paged in. */
static int warm_up(struct bench *bench, struct mneme_error *error) {
    int status = MNEME_OK;
    for (long i = 0; i < WARM_UP && status == MNEME_OK; i++) {
        status = sample(bench, i, error);
    }
    return status;
}

static int with_workers(struct bench *bench, struct mneme_error *error) {
    char *const projections[] = {"postgres", "redis"};
    const struct mneme_client_setting settings[] = {
        {"MNEME_TOPIC_PREFIX", bench->ground.fixture.topic_prefix}};
    pid_t workers[2];
    size_t started = 0;
    setenv("MNEME_REDIS_PREFIX", bench->ground.fixture.redis_prefix, 1);
    setenv("MNEME_REDIS_CAPACITY", "10000000", 1); /* what was published stays to be read */
    int status = mneme_config_set(bench->ground.fixture.config, MNEME_SETTING_REDIS_PREFIX,
                                  bench->ground.fixture.redis_prefix, MNEME_FROM_OPTION, error);
    if (status == MNEME_OK) {
        status = mneme_bench_schema(&bench->ground, SCHEMA, error);
    }
    if (status == MNEME_OK) {
        status = mneme_open(&bench->client, NULL, settings, 1, error);
    }
    if (status == MNEME_OK) {
        status = mneme_hot_reader_open(&bench->reader, bench->ground.fixture.config, error);
    }
    for (; started < 2 && status == MNEME_OK; started++) {
        char *arguments[] = {"mneme", "work", projections[started], NULL};
        status = mneme_bench_start(&workers[started], &bench->ground, SCHEMA, arguments, error);
    }
    if (status == MNEME_OK) {
        status = publish_working(bench, error);
    }
    if (status == MNEME_OK) {
        status = warm_up(bench, error);
    }
    if (status == MNEME_OK) {
        status = measure(bench, error);
    }
    while (started > 0) {
        (void)mneme_bench_worker_stop(workers[--started]);
    }
    mneme_hot_reader_close(bench->reader);
    int closed = mneme_close(bench->client, 10000, status == MNEME_OK ? error : NULL);
    return status == MNEME_OK ? closed : status;
}

int main(int argc, char **argv) {
    static struct bench bench = {.rate = 1000, .samples = 1000, .questions = 20000, .runs = 3};
    const struct mneme_bench_option options[] = {{"rate", &bench.rate, 1, 1000000, false},
                                                 {"samples", &bench.samples, WARM_UP, 1000000, false},
                                                 {"questions", &bench.questions, 1, 100000000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false}};
    struct mneme_error error = {0};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    bench.millis = calloc((size_t)bench.samples * 2, sizeof *bench.millis);
    bench.acknowledged = bench.millis + bench.samples;
    mneme_arena_init(&bench.arena, 0);
    int status = bench.millis == NULL ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "out of memory")
                                      : mneme_bench_ground_init(&bench.ground, PARTITIONS, &error);
    if (status == MNEME_OK) {
        status = with_workers(&bench, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_redis: %s\n", error.message);
    }
    mneme_bench_ground_clean_up(&bench.ground);
    mneme_arena_clean_up(&bench.arena);
    free(bench.millis);
    return status == MNEME_OK ? 0 : 1;
}
