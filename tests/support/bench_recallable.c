/*
 * One thread publishes and looks, in turns: it knows the ids of what it published, so it asks for just those
 * that it has not found yet, by their keys. A row of full text has its words in it, and is visible with them;
 * the vector is asked for in the store, as recall does.
 */
#include "tests/support/bench_recallable.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/postgres/schema.h"
#include "schemas/embedding.h"
#include "stores/vectors/vectors.h"
#include "tests/support/fixture_topic.h"
#include "tests/support/recall_ground.h"

#define STREAM "user-1"
#define LOOK_AGAIN_MICROS 2000
#define IDLE_PAUSE_MICROS 20000
#define PATIENCE_MICROS INT64_C(60000000)
#define WARM_UP 20     /* connections are made, code is paged in */
#define MOST_ASKED 128 /* in one look, the oldest first */

enum stage { SEARCHABLE, RECALLABLE, STAGES };
enum figure { IDLE_P50, IDLE_P99, LOADED_P50, LOADED_P99, FIGURES };

static const char *const stage_names[STAGES] = {"searchable", "recallable"};
static char *const projections[] = {"postgres", "search", "embed", "vectors"};
#define WORKERS (sizeof projections / sizeof *projections)

struct sample {
    char id[MNEME_UUID_TEXT_BYTES];
    int64_t published, seen[STAGES]; /* monotonic microseconds; 0 until it is */
};

struct bench {
    struct mneme_bench_ground *ground;
    const struct mneme_bench_recallable *load;
    struct mneme_client *client;
    struct mneme_postgres *postgres; /* looks into all schemas */
    struct mneme_vectors *vectors;
    float *floats; /* of one look */
    struct sample *samples;
    double *millis;
    long published, seen[STAGES]; /* samples of this round: all before these are */
    long texts;                   /* of all rounds: no text comes twice, since its vector would be known */
    int64_t seen_last;
    double figures[STAGES][FIGURES][MNEME_BENCH_MAX_RUNS];
};

/* --- looking --- */

static int find_words(bool *found, struct bench *bench, const struct mneme_str *refs, size_t count,
                      struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str_array(&params, refs, count);
    int status =
        mneme_pg_query(&rows, bench->postgres,
                       "SELECT d.ref IS NOT NULL FROM unnest($1::text[]) WITH ORDINALITY AS asked(ref, "
                       "place) LEFT JOIN documents AS d ON (d.tenant, d.stream_id, d.kind, d.ref) = "
                       "('default', '" STREAM "', 'memory', asked.ref) ORDER BY asked.place",
                       &params, false, error);
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        found[i] = PQgetvalue(rows, (int)i, 0)[0] == 't';
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int find_vectors(bool *found, struct bench *bench, const struct mneme_str *refs, size_t count,
                        struct mneme_error *error) {
    struct mneme_vector_document_key keys[MOST_ASKED];
    for (size_t i = 0; i < count; i++) {
        keys[i] = (struct mneme_vector_document_key){MNEME_STR_LIT(STREAM), MNEME_STR_LIT("memory"), refs[i]};
    }
    return mneme_vectors_fetch(bench->floats, found, bench->vectors, MNEME_STR_LIT("default"), keys, count,
                               error);
}

/* What has words and a vector is recallable, so that only those that have words are asked for vectors. */
static int look(struct bench *bench, enum stage stage, struct mneme_error *error) {
    struct sample *asked[MOST_ASKED];
    struct mneme_str refs[MOST_ASKED];
    bool found[MOST_ASKED] = {false};
    size_t count = 0;
    long end = stage == SEARCHABLE ? bench->published : bench->seen[SEARCHABLE];
    for (long i = bench->seen[stage]; i < end && count < MOST_ASKED; i++) {
        if (bench->samples[i].seen[stage] == 0) {
            asked[count] = &bench->samples[i];
            refs[count++] = (struct mneme_str){bench->samples[i].id, MNEME_UUID_TEXT_BYTES};
        }
    }
    if (count == 0) {
        return MNEME_OK;
    }
    int status = stage == SEARCHABLE ? find_words(found, bench, refs, count, error)
                                     : find_vectors(found, bench, refs, count, error);
    int64_t now = mneme_clock_monotonic_micros();
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        if (found[i]) {
            asked[i]->seen[stage] = bench->seen_last = now;
        }
    }
    while (bench->seen[stage] < end && bench->samples[bench->seen[stage]].seen[stage] != 0) {
        bench->seen[stage]++;
    }
    return status;
}

/* --- publishing --- */

static int publish(struct bench *bench, struct mneme_error *error) {
    struct sample *sample = &bench->samples[bench->published];
    struct mneme_event event;
    char content[256];
    int len =
        snprintf(content, sizeof content,
                 "{\"text\":\"On journey %ld she preferred the window seat of the morning train and coffee "
                 "without sugar, on the way to the garden of her sister.\"}",
                 bench->texts++);
    int status = mneme_event_init(&event, bench->client, MNEME_EVENT_MEMORY_CREATED, error);
    if (status == MNEME_OK) {
        event.scope.user_id = MNEME_STR_LIT(STREAM);
        event.payload.memory_created.memory_type = MNEME_STR_LIT("fact");
        event.payload.memory_created.content = (struct mneme_str){content, (size_t)len};
        *sample = (struct sample){.published = mneme_clock_monotonic_micros()};
        mneme_uuid_format(event.payload.memory_created.memory_id, sample->id);
        status = mneme_publish(bench->client, &event, NULL, NULL, error);
    }
    bench->published++;
    return status;
}

/* When the next is due: at its time, whatever became of those before, or with rate 0 a while after the last
 * was found. */
static int64_t next_due(const struct bench *bench, long rate, int64_t started) {
    if (rate > 0) {
        return started + bench->published * 1000000 / rate;
    }
    return bench->seen[RECALLABLE] == bench->published ? bench->seen_last + IDLE_PAUSE_MICROS : INT64_MAX;
}

/* Publishes so many and returns when all of them are found. */
static int go_round(struct bench *bench, long rate, long count, struct mneme_error *error) {
    int64_t started = mneme_clock_monotonic_micros();
    int status = MNEME_OK;
    bench->published = bench->seen[SEARCHABLE] = bench->seen[RECALLABLE] = 0;
    bench->seen_last = started;
    while (bench->seen[RECALLABLE] < count && status == MNEME_OK) {
        int64_t now = mneme_clock_monotonic_micros();
        if (now - bench->seen_last > PATIENCE_MICROS) {
            return mneme_error_set(error, MNEME_E_TIMEOUT,
                                   "a memory was not found in time: %ld of %ld have words, %ld a vector",
                                   bench->seen[SEARCHABLE], bench->published, bench->seen[RECALLABLE]);
        }
        if (bench->published < count && now >= next_due(bench, rate, started)) {
            status = publish(bench, error);
        }
        for (enum stage stage = SEARCHABLE; stage < STAGES && status == MNEME_OK; stage++) {
            status = look(bench, stage, error);
        }
        mneme_clock_pause(LOOK_AGAIN_MICROS);
    }
    return status;
}

static int measure(struct bench *bench, long run, bool is_idle, struct mneme_error *error) {
    long count = is_idle ? bench->load->idle : bench->load->rate * bench->load->seconds;
    int status = go_round(bench, is_idle ? 0 : bench->load->rate, count, error);
    for (enum stage stage = SEARCHABLE; stage < STAGES && status == MNEME_OK; stage++) {
        double(*figures)[MNEME_BENCH_MAX_RUNS] = &bench->figures[stage][is_idle ? IDLE_P50 : LOADED_P50];
        for (long i = 0; i < count; i++) {
            const struct sample *sample = &bench->samples[i];
            bench->millis[i] = (double)(sample->seen[stage] - sample->published) / 1000;
        }
        figures[0][run] = mneme_recall_ground_percentile(bench->millis, (size_t)count, 0.5);
        figures[1][run] = mneme_recall_ground_percentile(bench->millis, (size_t)count, 0.99);
        fprintf(stderr, "run %ld: %s, %s: p50 %.1f, p99 %.1f ms\n", run + 1, stage_names[stage],
                is_idle ? "idle" : "loaded", figures[0][run], figures[1][run]);
    }
    return status;
}

/* --- runs --- */

/* The first vector tells how long vectors are; until then there is no store to ask. */
static int wait_for_store(struct bench *bench, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + PATIENCE_MICROS;
    int32_t dimensions = 0;
    bench->published = 0;
    int status = publish(bench, error);
    while (status == MNEME_OK && dimensions == 0) {
        mneme_vectors_close(bench->vectors);
        bench->vectors = NULL;
        status =
            mneme_vectors_open(&bench->vectors, bench->ground->fixture.config, bench->postgres, NULL, error);
        if (status == MNEME_OK) {
            dimensions = mneme_vectors_generation(bench->vectors)->dimensions;
        } else if (status == MNEME_E_NOT_FOUND && mneme_clock_monotonic_micros() < deadline) {
            status = MNEME_OK;
        }
        mneme_clock_pause(20000);
    }
    if (status == MNEME_OK) {
        bench->floats = calloc((size_t)dimensions * MOST_ASKED, sizeof *bench->floats);
        status =
            bench->floats == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory") : MNEME_OK;
    }
    return status;
}

static void report(const struct bench *bench) {
    long runs = bench->load->runs;
    for (enum stage stage = SEARCHABLE; stage < STAGES; stage++) {
        double medians[FIGURES];
        const double(*figures)[MNEME_BENCH_MAX_RUNS] = bench->figures[stage];
        for (enum figure figure = IDLE_P50; figure < FIGURES; figure++) {
            medians[figure] = mneme_bench_median(figures[figure], (size_t)runs);
        }
        printf("{\"bench\":\"fresh\",\"variant\":\"%s\",\"rate\":%ld,\"p50_ms\":%.1f,\"p99_ms\":%.1f,"
               "\"idle_p50_ms\":%.1f,\"idle_p99_ms\":%.1f,\"model\":\"%s\",\"unit\":\"ms\",\"runs\":[",
               stage_names[stage], bench->load->rate, medians[LOADED_P50], medians[LOADED_P99],
               medians[IDLE_P50], medians[IDLE_P99], mneme_vectors_generation(bench->vectors)->model);
        for (long run = 0; run < runs; run++) {
            printf("%s[%.1f,%.1f]", run > 0 ? "," : "", figures[LOADED_P50][run], figures[LOADED_P99][run]);
        }
        printf("]}\n");
    }
    fflush(stdout);
}

static int run_all(struct bench *bench, struct mneme_error *error) {
    const struct mneme_client_setting settings[] = {
        {"MNEME_TOPIC_PREFIX", bench->ground->fixture.topic_prefix}};
    int status = mneme_open(&bench->client, NULL, settings, 1, error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to_all(&bench->postgres, bench->ground->fixture.config, "bench", error);
    }
    if (status == MNEME_OK) {
        status = wait_for_store(bench, error);
    }
    if (status == MNEME_OK) {
        status = go_round(bench, 0, WARM_UP, error);
    }
    for (long run = 0; run < bench->load->runs && status == MNEME_OK; run++) {
        status = measure(bench, run, true, error);
        if (status == MNEME_OK) {
            status = measure(bench, run, false, error);
        }
    }
    if (status == MNEME_OK) {
        report(bench);
    }
    int closed = mneme_close(bench->client, 10000, status == MNEME_OK ? error : NULL);
    return status == MNEME_OK ? closed : status;
}

static int with_workers(struct bench *bench, struct mneme_error *error) {
    const char *schema = mneme_config_string(bench->ground->fixture.config, MNEME_SETTING_PG_SCHEMA);
    char *migrate[] = {"mneme", "migrate", NULL};
    pid_t pids[WORKERS];
    size_t started = 0;
    int state = 0;
    int status = mneme_bench_start(&pids[0], bench->ground, schema, migrate, error);
    if (status == MNEME_OK) {
        mneme_bench_wait(pids[0], &state);
        status = state == 0 ? MNEME_OK : mneme_error_set(error, MNEME_E_INTERNAL, "no tables were made");
    }
    while (status == MNEME_OK && started < WORKERS) {
        char *work[] = {"mneme", "work", projections[started], NULL};
        status = mneme_bench_start(&pids[started], bench->ground, schema, work, error);
        started += status == MNEME_OK;
    }
    if (status == MNEME_OK) {
        status = run_all(bench, error);
    }
    while (started > 0) {
        mneme_bench_worker_stop(pids[--started]);
    }
    return status;
}

/* The topic that embed made, as the fixture does with its own. */
static void delete_topic(struct bench *bench) {
    const struct mneme_config *config = bench->ground->fixture.config;
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_error error = {0};
    if (mneme_embeddings_topic(topic, config, mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL),
                               &error) != MNEME_OK ||
        mneme_fixture_delete_topic(config, topic, &error) != MNEME_OK) {
        fprintf(stderr, "tear-down: %s\n", error.message);
    }
}

int mneme_bench_recallable(struct mneme_bench_ground *ground, const struct mneme_bench_recallable *load,
                           struct mneme_error *error) {
    long loaded = load->rate * load->seconds;
    long most = loaded > load->idle ? loaded : load->idle;
    size_t count = (size_t)(most > WARM_UP ? most : WARM_UP);
    struct bench *bench = calloc(1, sizeof *bench);
    struct sample *samples = calloc(count, sizeof *samples);
    double *millis = calloc(count, sizeof *millis);
    int status = mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory; measure for a shorter time");
    if (bench != NULL && samples != NULL && millis != NULL) {
        *bench = (struct bench){.ground = ground, .load = load, .samples = samples, .millis = millis};
        status = with_workers(bench, error);
        delete_topic(bench);
        mneme_vectors_close(bench->vectors);
        mneme_pg_close(bench->postgres);
        free(bench->floats);
    }
    free(bench);
    free(samples);
    free(millis);
    return status;
}
