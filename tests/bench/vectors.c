/*
 * How fast vectors come into their stores.
 *
 * usage: mneme_bench_vectors [--vectors N] [--dimensions N] [--runs N] [--jobs N]
 *
 * The embeddings are published once. In each run they are folded from the topic, as a worker does it, into
 * pgvector with its approximate index in place (live), then that is rebuilt from the topic beside it, with
 * everything that belongs to it: bulk load, indexes, catching up, the switch (rebuild). And they are folded
 * into Chroma (ours), and the bodies of the very same upserts are sent to a fresh collection of Chroma once
 * more, with nothing else (limit). Two lines: rebuild against live, then Chroma against bare upserts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/postgres/schema.h"
#include "consumers/runtime/refold.h"
#include "consumers/store/migrate.h"
#include "consumers/vectors/rebuild.h"
#include "consumers/vectors/vectors_projection.h"
#include "stores/vectors/chroma/chroma.h"
#include "tests/support/bench.h"
#include "tests/support/embedding_load.h"
#include "tests/support/fixture.h"
#include "tests/support/fixture_topic.h"

#define MODEL "bench"
#define PARTITIONS "8"
#define UPSERT 1000 /* vectors of one request, as the store makes them */

enum { LIVE, REBUILD, CHROMA, BARE, WAYS };

struct bench {
    long vectors, dimensions, runs, jobs;
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres; /* looks into the schema of the run */
    struct mneme_embedding_load load;
    double rates[WAYS][MNEME_BENCH_MAX_RUNS];
};

static int set(struct bench *bench, enum mneme_setting setting, const char *value,
               struct mneme_error *error) {
    return mneme_config_set(bench->fixture.config, setting, value, MNEME_FROM_OPTION, error);
}

static double rate_since(const struct bench *bench, int64_t started) {
    return (double)bench->vectors / ((double)(mneme_clock_monotonic_micros() - started) / 1e6);
}

/* A fresh schema, whose first generation will be in that store. */
static int begin(struct bench *bench, const char *store, long run, struct mneme_error *error) {
    char schema[48];
    snprintf(schema, sizeof schema, "bench_%s_%ld", store, run);
    int status = set(bench, MNEME_SETTING_VECTORS_SCHEMA, schema, error);
    if (status == MNEME_OK) {
        status = set(bench, MNEME_SETTING_VECTOR_STORE, store, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&bench->postgres, bench->fixture.config, MNEME_PROJECTION_VECTORS,
                                     "mneme-bench", error);
    }
    return status == MNEME_OK
               ? mneme_migrate(bench->postgres, schema, mneme_migrations_vectors, NULL, NULL, error)
               : status;
}

/* Drops what the generation holds. */
static int drop_one(void *context, const struct mneme_generation *generation) {
    struct bench *bench = context;
    void *store;
    int status = mneme_vector_store_open(&store, bench->fixture.config, bench->postgres, generation, NULL);
    if (status == MNEME_OK) {
        status = generation->store->drop(store, NULL);
        generation->store->close(store);
    }
    return status;
}

static void end(struct bench *bench) {
    if (bench->postgres != NULL) {
        (void)mneme_generation_each(bench->postgres, drop_one, bench, NULL);
    }
    mneme_pg_close(bench->postgres);
    bench->postgres = NULL;
}

/* Folds the topic as one worker does it. */
static int fold(struct bench *bench, double *rate, struct mneme_error *error) {
    struct mneme_refold *refold = NULL;
    const struct mneme_refold_options options = {
        .projection = &mneme_vectors_projection, .config = bench->fixture.config, .jobs = 1};
    int64_t ends[64] = {0};
    int status = mneme_refold_open(&refold, &options, error);
    if (status == MNEME_OK) {
        status = mneme_log_reader_resolve(ends, mneme_refold_reader(refold),
                                          &(struct mneme_log_point){.kind = MNEME_LOG_END}, 10000, error);
    }
    int64_t started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = mneme_refold_run(refold, ends, error);
    }
    *rate = rate_since(bench, started);
    mneme_refold_close(refold);
    return status;
}

static int rebuild(struct bench *bench, double *rate, struct mneme_error *error) {
    struct mneme_rebuild_outcome outcome;
    const struct mneme_rebuild_options options = {.config = bench->fixture.config,
                                                  .projection = &mneme_vectors_projection,
                                                  .jobs = (unsigned)bench->jobs};
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_rebuild_run(&outcome, &options, error);
    *rate = rate_since(bench, started);
    for (int i = 0; i < MNEME_REBUILD_PHASES && status == MNEME_OK; i++) {
        fprintf(stderr, "%s %.2f s%s", mneme_rebuild_phase_names[i], outcome.seconds[i],
                i + 1 < MNEME_REBUILD_PHASES ? ", " : "\n");
    }
    return status;
}

/* Writes the load by the store itself, and keeps the bodies of its upserts. */
static int record(struct bench *bench, struct mneme_chroma *store, struct mneme_buffer *bodies, size_t count,
                  struct mneme_error *error) {
    struct mneme_vector_change *changes = calloc(UPSERT, sizeof *changes);
    struct mneme_arena arena;
    int status = changes == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory") : MNEME_OK;
    mneme_arena_init(&arena, (size_t)1 << 20);
    for (size_t k = 0; k < count && status == MNEME_OK; k++) {
        mneme_arena_reset(&arena, SIZE_MAX);
        for (size_t i = 0; i < UPSERT; i++) {
            changes[i] = mneme_embedding_load_change(&bench->load, (long)(k * UPSERT + i), &arena);
        }
        status = mneme_chroma_store.write(store, changes, UPSERT, error);
        mneme_buffer_append_str(&bodies[k], mneme_buffer_str(&store->request));
    }
    free(changes);
    mneme_arena_clean_up(&arena);
    return status;
}

/* The same bodies into a collection that nothing else is in. */
static int replay(struct bench *bench, struct mneme_chroma *store, const struct mneme_buffer *bodies,
                  size_t count, double *rate, struct mneme_error *error) {
    struct mneme_chroma_place place;
    char path[96];
    int status = mneme_chroma_find(&place, store, MNEME_STR_LIT("bare"), MNEME_STR_NULL, MNEME_METRIC_COSINE,
                                   true, error);
    snprintf(path, sizeof path, "/collections/%s/upsert", place.id);
    int64_t started = mneme_clock_monotonic_micros();
    for (size_t k = 0; k < count && status == MNEME_OK; k++) {
        mneme_buffer_clear(&store->request);
        mneme_buffer_append_str(&store->request, mneme_buffer_str(&bodies[k]));
        status = mneme_chroma_call(NULL, store, "POST", path, true, "no upsert", error);
    }
    *rate = rate_since(bench, started);
    return status;
}

static int send_bare(struct bench *bench, double *rate, struct mneme_error *error) {
    size_t count = (size_t)(bench->vectors / UPSERT);
    struct mneme_generation generation = {.state = MNEME_GENERATION_FILLING,
                                          .store = &mneme_chroma_store,
                                          .metric = MNEME_METRIC_COSINE,
                                          .dimensions = (int32_t)bench->dimensions,
                                          .model = "bare",
                                          .topic = "bare"};
    struct mneme_buffer *bodies = calloc(count, sizeof *bodies);
    void *store = NULL;
    int status = bodies == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory")
                                : mneme_generation_add(&generation, bench->postgres, error);
    if (status == MNEME_OK) {
        status = mneme_vector_store_open(&store, bench->fixture.config, bench->postgres, &generation, error);
    }
    if (status == MNEME_OK) {
        status = record(bench, store, bodies, count, error);
    }
    if (status == MNEME_OK) {
        status = replay(bench, store, bodies, count, rate, error);
    }
    if (store != NULL) {
        mneme_chroma_store.close(store);
    }
    for (size_t k = 0; bodies != NULL && k < count; k++) {
        mneme_buffer_clean_up(&bodies[k]);
    }
    free(bodies);
    return status;
}

static int measure(struct bench *bench, long run, struct mneme_error *error) {
    int status = begin(bench, "pgvector", run, error);
    if (status == MNEME_OK) {
        status = fold(bench, &bench->rates[LIVE][run], error);
    }
    if (status == MNEME_OK) {
        fprintf(stderr, "run %ld: live %.0f vectors/s\n", run + 1, bench->rates[LIVE][run]);
        status = rebuild(bench, &bench->rates[REBUILD][run], error);
    }
    end(bench);
    if (status == MNEME_OK) {
        status = begin(bench, "chroma", run, error);
    }
    if (status == MNEME_OK) {
        status = fold(bench, &bench->rates[CHROMA][run], error);
    }
    if (status == MNEME_OK) {
        status = send_bare(bench, &bench->rates[BARE][run], error);
    }
    end(bench);
    fprintf(stderr, "run %ld: rebuild %.0f vectors/s; Chroma %.0f, bare %.0f\n", run + 1,
            bench->rates[REBUILD][run], bench->rates[CHROMA][run], bench->rates[BARE][run]);
    return status;
}

static void report(const struct bench *bench, const char *variant, int ours, int limit) {
    size_t runs = (size_t)bench->runs;
    double our_rate = mneme_bench_median(bench->rates[ours], runs);
    double limit_rate = mneme_bench_median(bench->rates[limit], runs);
    printf("{\"bench\":\"vectors\",\"variant\":\"%s\",\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,"
           "\"unit\":\"vectors/s\",\"vectors\":%ld,\"dimensions\":%ld,\"runs\":[",
           variant, our_rate, limit_rate, our_rate / limit_rate, bench->vectors, bench->dimensions);
    for (size_t run = 0; run < runs; run++) {
        printf("%s[%.0f,%.0f]", run > 0 ? "," : "", bench->rates[ours][run], bench->rates[limit][run]);
    }
    printf("]}\n");
}

static int set_up(struct bench *bench, struct mneme_error *error) {
    int status = mneme_fixture_set_up(&bench->fixture, MNEME_FIXTURE_POSTGRES, 0, error);
    bench->load = (struct mneme_embedding_load){
        .vectors = bench->vectors, .users = 1000, .dimensions = (int)bench->dimensions, .model = MODEL};
    if (status == MNEME_OK) {
        status = set(bench, MNEME_SETTING_TOPIC_PARTITIONS, PARTITIONS, error);
    }
    if (status == MNEME_OK) {
        status = set(bench, MNEME_SETTING_EMBEDDING_MODEL, MODEL, error);
    }
    return status == MNEME_OK
               ? mneme_embedding_load_publish(bench->fixture.config, &bench->load, 0, bench->vectors, error)
               : status;
}

int main(int argc, char **argv) {
    static struct bench bench = {.vectors = 20000, .dimensions = 384, .runs = 1, .jobs = 2};
    const struct mneme_bench_option options[] = {{"vectors", &bench.vectors, UPSERT, 10000000, false},
                                                 {"dimensions", &bench.dimensions, 1, 2000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false},
                                                 {"jobs", &bench.jobs, 1, 64, false}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    struct mneme_error error = {0};
    char topic[MNEME_TOPIC_NAME_BYTES];
    bench.vectors -= bench.vectors % UPSERT;
    int status = set_up(&bench, &error);
    for (long run = 0; run < bench.runs && status == MNEME_OK; run++) {
        status = measure(&bench, run, &error);
    }
    if (status == MNEME_OK) {
        report(&bench, "rebuild", REBUILD, LIVE);
        report(&bench, "chroma", CHROMA, BARE);
    } else {
        fprintf(stderr, "mneme_bench_vectors: %s\n", error.message);
    }
    end(&bench);
    if (bench.fixture.config != NULL &&
        mneme_embeddings_topic(topic, bench.fixture.config, MODEL, &error) == MNEME_OK) {
        (void)mneme_fixture_delete_topic(bench.fixture.config, topic, &error);
    }
    mneme_fixture_tear_down(&bench.fixture);
    return status == MNEME_OK ? 0 : 1;
}
