/*
 * How soon a published event can be read in Postgres, under a steady load and when nothing else goes on.
 *
 * usage: mneme_bench_fresh [--rate N] [--seconds N] [--idle N] [--runs N] [--recall-rate N]
 *
 * From the call of mneme_publish, with the settings as they come (a publisher gathers for 5 ms), until
 * another session sees the event: a thread asks for the rows of the table progress again and again, half a
 * millisecond after each answer; an event is visible as soon as its partition's next offset, which moves in
 * the same transaction as the rows, is behind it. One worker, 8 partitions, 1,000 events/s. Idle is one event
 * at a time, 20 ms after the one before was seen. acknowledged is the part until the brokers had it. ours is
 * the median of the runs' 99th percentiles under load, limit the goal; all in milliseconds.
 *
 * Before that, and left out with --recall-rate 0: until a memory is found by its words (searchable), and by
 * its vector, too (recallable), at --recall-rate memories a second (20) and idle. Workers of all projections
 * run then, and the endpoint of the settings embeds. Who looks asks every 2 ms.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "tests/support/bench_recallable.h"

#define PARTITIONS 8
#define LOOK_AGAIN_MICROS 500
#define IDLE_PAUSE_MICROS 20000
#define PATIENCE_MICROS INT64_C(30000000)
#define USERS 5000
#define GOAL_MS 50.0
#define IDLE_GOAL_MS 15.0

struct sample {
    int64_t published, acknowledged; /* monotonic microseconds */
    struct mneme_position position;
    atomic_bool is_acknowledged;
};

/* When a partition's next offset was first seen to be so far. */
struct move {
    int64_t seen, next_offset;
};

struct moves {
    struct move *items;
    size_t count, capacity;
};

struct watcher {
    const struct mneme_config *config;
    const char *schema;
    pthread_t thread;
    atomic_bool stop, failed;
    _Atomic int64_t next_offsets[PARTITIONS];
    struct moves moves[PARTITIONS]; /* the thread's until it is joined */
};

struct percentiles {
    double p50, p99, acknowledged_p50;
};

struct bench {
    long rate, seconds, idle, runs, recall_rate;
    struct mneme_bench_ground ground;
    struct mneme_client *client;
    struct watcher watcher;
    struct sample *samples;
};

/* --- who looks --- */

static bool note_move(struct watcher *watcher, int partition, int64_t next_offset, int64_t now) {
    struct moves *moves = &watcher->moves[partition];
    if (next_offset <= atomic_load(&watcher->next_offsets[partition])) {
        return true;
    }
    if (moves->count == moves->capacity) {
        size_t capacity = moves->capacity == 0 ? 4096 : moves->capacity * 2;
        struct move *items = realloc(moves->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        moves->items = items;
        moves->capacity = capacity;
    }
    moves->items[moves->count++] = (struct move){now, next_offset};
    atomic_store(&watcher->next_offsets[partition], next_offset);
    return true;
}

static bool look(struct watcher *watcher, struct mneme_postgres *postgres, struct mneme_error *error) {
    PGresult *rows = NULL;
    if (mneme_pg_query(&rows, postgres, "SELECT partition, next_offset FROM progress", NULL, false, error) !=
        MNEME_OK) {
        return false;
    }
    int64_t now = mneme_clock_monotonic_micros();
    bool is_fine = true;
    for (int i = 0; i < PQntuples(rows); i++) {
        int partition = (int)strtol(PQgetvalue(rows, i, 0), NULL, 10);
        is_fine = is_fine && partition < PARTITIONS &&
                  note_move(watcher, partition, strtoll(PQgetvalue(rows, i, 1), NULL, 10), now);
    }
    PQclear(rows);
    return is_fine;
}

static void *watch(void *argument) {
    struct watcher *watcher = argument;
    struct mneme_postgres *postgres = NULL;
    struct mneme_error error = {0};
    char sql[128];
    snprintf(sql, sizeof sql, "SET search_path = %s", watcher->schema);
    bool is_fine = mneme_pg_connect(&postgres, watcher->config, "bench-watch", &error) == MNEME_OK &&
                   mneme_pg_run(postgres, sql, &error) == MNEME_OK;
    while (is_fine && !atomic_load(&watcher->stop)) {
        is_fine = look(watcher, postgres, &error);
        mneme_clock_pause(LOOK_AGAIN_MICROS);
    }
    if (!is_fine) {
        fprintf(stderr, "mneme_bench_fresh: nobody looks any more: %s\n", error.message);
        atomic_store(&watcher->failed, true);
    }
    mneme_pg_close(postgres);
    return NULL;
}

static bool is_visible(struct watcher *watcher, const struct sample *sample) {
    return atomic_load(&sample->is_acknowledged) &&
           atomic_load(&watcher->next_offsets[sample->position.partition]) > sample->position.offset;
}

static int wait_visible(struct bench *bench, const struct sample *sample, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + PATIENCE_MICROS;
    while (!is_visible(&bench->watcher, sample)) {
        if (atomic_load(&bench->watcher.failed) || mneme_clock_monotonic_micros() > deadline) {
            return mneme_error_set(error, MNEME_E_TIMEOUT, "an event was not visible in time");
        }
        mneme_clock_pause(LOOK_AGAIN_MICROS);
    }
    return MNEME_OK;
}

/* When the event was first seen: moves of a partition are in their order. */
static int64_t seen_at(const struct watcher *watcher, const struct mneme_position *position) {
    const struct moves *moves = &watcher->moves[position->partition];
    size_t low = 0;
    size_t high = moves->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (moves->items[middle].next_offset > position->offset) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return moves->items[low].seen;
}

/* --- who publishes --- */

static void take_receipt(const struct mneme_receipt *receipt, void *context) {
    struct sample *sample = context;
    if (receipt->status == MNEME_OK) {
        sample->acknowledged = mneme_clock_monotonic_micros();
        sample->position = receipt->position;
        atomic_store(&sample->is_acknowledged, true);
    }
}

static int publish(struct bench *bench, struct sample *sample, long number, struct mneme_error *error) {
    struct mneme_event event;
    char user[32];
    int len = snprintf(user, sizeof user, "user-%ld", number % USERS);
    int status = mneme_event_init(&event, bench->client, MNEME_EVENT_MEMORY_CREATED, error);
    if (status == MNEME_OK) {
        event.scope.user_id = (struct mneme_str){user, (size_t)len};
        event.payload.memory_created.memory_type = MNEME_STR_LIT("fact");
        event.payload.memory_created.content =
            MNEME_STR_LIT("{\"text\":\"Prefers the window seat on the morning train and coffee without "
                          "sugar, as she told on the way to the garden of her sister.\"}");
        atomic_store(&sample->is_acknowledged, false);
        sample->published = mneme_clock_monotonic_micros();
        status = mneme_publish(bench->client, &event, take_receipt, sample, error);
    }
    return status;
}

/* One after the other, each when it is due, whatever became of those before. */
static int publish_steadily(struct bench *bench, long count, struct mneme_error *error) {
    int64_t start = mneme_clock_monotonic_micros();
    int status = MNEME_OK;
    for (long i = 0; i < count && status == MNEME_OK; i++) {
        int64_t ahead = start + i * 1000000 / bench->rate - mneme_clock_monotonic_micros();
        if (ahead > 0) {
            mneme_clock_pause(ahead);
        }
        status = publish(bench, &bench->samples[i], i, error);
    }
    for (long i = 0; i < count && status == MNEME_OK; i++) {
        status = wait_visible(bench, &bench->samples[i], error);
    }
    return status;
}

static int publish_singly(struct bench *bench, long count, struct mneme_error *error) {
    int status = MNEME_OK;
    for (long i = 0; i < count && status == MNEME_OK; i++) {
        mneme_clock_pause(IDLE_PAUSE_MICROS);
        status = publish(bench, &bench->samples[i], i, error);
        if (status == MNEME_OK) {
            status = wait_visible(bench, &bench->samples[i], error);
        }
    }
    return status;
}

/* --- runs --- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ends the watch and looks at its notes. */
static int sum_up(struct percentiles *out, struct bench *bench, long count, struct mneme_error *error) {
    double *visible = calloc((size_t)count * 2, sizeof *visible);
    if (visible == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was summed up: out of memory");
    }
    double *acknowledged = visible + count;
    for (long i = 0; i < count; i++) {
        const struct sample *sample = &bench->samples[i];
        visible[i] = (double)(seen_at(&bench->watcher, &sample->position) - sample->published) / 1000;
        acknowledged[i] = (double)(sample->acknowledged - sample->published) / 1000;
    }
    qsort(visible, (size_t)count, sizeof *visible, compare);
    qsort(acknowledged, (size_t)count, sizeof *acknowledged, compare);
    *out = (struct percentiles){visible[count / 2], visible[count * 99 / 100], acknowledged[count / 2]};
    free(visible);
    return MNEME_OK;
}

static int measure(struct percentiles *out, struct bench *bench, bool is_idle, struct mneme_error *error) {
    long count = is_idle ? bench->idle : bench->rate * bench->seconds;
    struct watcher *watcher = &bench->watcher;
    *watcher = (struct watcher){.config = bench->ground.fixture.config, .schema = "bench_fresh"};
    if (pthread_create(&watcher->thread, NULL, watch, watcher) != 0) {
        return mneme_error_set(error, MNEME_E_INTERNAL, "nobody looks: no thread was started");
    }
    int status = is_idle ? publish_singly(bench, count, error) : publish_steadily(bench, count, error);
    /* Receipts point into the samples. */
    int flushed = mneme_flush(bench->client, -1, status == MNEME_OK ? error : NULL);
    status = status == MNEME_OK ? flushed : status;
    atomic_store(&watcher->stop, true);
    pthread_join(watcher->thread, NULL);
    if (status == MNEME_OK) {
        status = sum_up(out, bench, count, error);
    }
    for (int i = 0; i < PARTITIONS; i++) {
        free(watcher->moves[i].items);
    }
    return status;
}

static double median_of(const struct percentiles *all, long runs, size_t offset) {
    double values[MNEME_BENCH_MAX_RUNS];
    for (long i = 0; i < runs; i++) {
        memcpy(&values[i], (const char *)&all[i] + offset, sizeof values[i]);
    }
    return mneme_bench_median(values, (size_t)runs);
}

#define MEDIAN(all, field) median_of(all, bench->runs, offsetof(struct percentiles, field))

static void report(const struct bench *bench, const struct percentiles *loaded,
                   const struct percentiles *idle) {
    double p99 = MEDIAN(loaded, p99);
    printf("{\"bench\":\"fresh\",\"variant\":\"idle\",\"p50_ms\":%.1f,\"p99_ms\":%.1f,"
           "\"acknowledged_p50_ms\":%.1f,\"ours\":%.1f,\"limit\":%.0f,\"ratio\":%.2f,\"unit\":\"ms\"}\n",
           MEDIAN(idle, p50), MEDIAN(idle, p99), MEDIAN(idle, acknowledged_p50), MEDIAN(idle, p50),
           IDLE_GOAL_MS, IDLE_GOAL_MS / MEDIAN(idle, p50));
    printf("{\"bench\":\"fresh\",\"rate\":%ld,\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"acknowledged_p50_ms\":%.1f,"
           "\"idle_p50_ms\":%.1f,\"ours\":%.1f,\"limit\":%.0f,\"ratio\":%.2f,\"unit\":\"ms\",\"runs\":[",
           bench->rate, MEDIAN(loaded, p50), p99, MEDIAN(loaded, acknowledged_p50), MEDIAN(idle, p50), p99,
           GOAL_MS, GOAL_MS / p99);
    for (long i = 0; i < bench->runs; i++) {
        printf("%s[%.1f,%.1f]", i > 0 ? "," : "", loaded[i].p50, loaded[i].p99);
    }
    printf("]}\n");
}

static int run_all(struct bench *bench, struct mneme_error *error) {
    struct percentiles loaded[MNEME_BENCH_MAX_RUNS];
    struct percentiles idle[MNEME_BENCH_MAX_RUNS];
    struct percentiles first;
    long idle_count = bench->idle;
    bench->idle = 20; /* connections are made, code is paged in */
    int status = measure(&first, bench, true, error);
    bench->idle = idle_count;
    for (long run = 0; run < bench->runs && status == MNEME_OK; run++) {
        status = measure(&idle[run], bench, true, error);
        if (status == MNEME_OK) {
            status = measure(&loaded[run], bench, false, error);
        }
        if (status == MNEME_OK) {
            fprintf(stderr, "run %ld: idle p50 %.1f, p99 %.1f ms; loaded p50 %.1f, p99 %.1f ms\n", run + 1,
                    idle[run].p50, idle[run].p99, loaded[run].p50, loaded[run].p99);
        }
    }
    if (status == MNEME_OK) {
        report(bench, loaded, idle);
    }
    return status;
}

static int with_worker(struct bench *bench, struct mneme_error *error) {
    const struct mneme_client_setting settings[] = {
        {"MNEME_TOPIC_PREFIX", bench->ground.fixture.topic_prefix}};
    pid_t worker;
    int status = mneme_bench_schema(&bench->ground, "bench_fresh", error);
    if (status == MNEME_OK) {
        status = mneme_open(&bench->client, NULL, settings, 1, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_bench_worker_start(&worker, &bench->ground, "bench_fresh", error);
    if (status == MNEME_OK) {
        status = run_all(bench, error);
        (void)mneme_bench_worker_stop(worker);
    }
    int closed = mneme_close(bench->client, 10000, status == MNEME_OK ? error : NULL);
    return status == MNEME_OK ? closed : status;
}

int main(int argc, char **argv) {
    static struct bench bench = {.rate = 1000, .seconds = 10, .idle = 200, .runs = 3, .recall_rate = 20};
    const struct mneme_bench_option options[] = {{"rate", &bench.rate, 1, 1000000, false},
                                                 {"seconds", &bench.seconds, 1, 3600, false},
                                                 {"idle", &bench.idle, 1, 100000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false},
                                                 {"recall-rate", &bench.recall_rate, 0, 10000, false}};
    struct mneme_error error = {0};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    size_t samples =
        (size_t)(bench.rate * bench.seconds > bench.idle ? bench.rate * bench.seconds : bench.idle);
    bench.samples = calloc(samples > 20 ? samples : 20, sizeof *bench.samples);
    int status = bench.samples == NULL
                     ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "out of memory; measure for a shorter time")
                     : mneme_bench_ground_init(&bench.ground, PARTITIONS, &error);
    if (status == MNEME_OK && bench.recall_rate > 0) {
        const struct mneme_bench_recallable load = {bench.recall_rate, bench.seconds, bench.idle, bench.runs};
        status = mneme_bench_recallable(&bench.ground, &load, &error);
    }
    if (status == MNEME_OK) {
        status = with_worker(&bench, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_fresh: %s\n", error.message);
    }
    mneme_bench_ground_clean_up(&bench.ground);
    free(bench.samples);
    return status == MNEME_OK ? 0 : 1;
}
