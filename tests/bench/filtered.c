/*
 * Vector search within one scope of many: never fewer answers than there are, and those that comparing every
 * document of the scope gives.
 *
 * usage: mneme_bench_filtered [--vectors N] [--queries N] [--k N] [--dimensions N] [--jobs N]
 *
 * The vectors lie in clusters, loaded once and indexed. Each document belongs to one of 50, to one of 1,000
 * and to one of 100,000 owners, by its run, agent and user, so that one index serves all three; and to the
 * tenant. Each question asks for the k nearest in the scope of an owner by chance. Exact answers come from
 * the same interface by the inner product, which for vectors of length 1 gives the same order and has no
 * index. `short` counts answers with fewer than k, and fewer than the scope has; `overlap` is the share of
 * the exact answers that were given; `scanned` the share of questions for which the whole scope was compared.
 * The default size takes long to build: --vectors 100000 shows the same in a minute.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/postgres/schema.h"
#include "consumers/store/migrate.h"
#include "tests/support/bench.h"
#include "tests/support/embedding_load.h"
#include "tests/support/fixture.h"

#define CHUNK 5000
#define WARM_UP 10

/* How many owners there are, and by which part of a scope. */
static const struct {
    const char *name;
    long owners;
    size_t member; /* of the scope */
} variants[] = {
    {"user", 100000, offsetof(struct mneme_vector_scope, user_id)},
    {"agent", 1000, offsetof(struct mneme_vector_scope, agent_id)},
    {"tenant", 1, SIZE_MAX},
    {"run", 50, offsetof(struct mneme_vector_scope, run_id)},
};
#define VARIANTS (sizeof variants / sizeof *variants)

struct bench {
    long vectors, queries, k, dimensions, jobs;
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres;
    struct mneme_generation generation;
    struct mneme_embedding_load load;
    void *store;
    double *millis, *exact_millis;
    double load_seconds, index_seconds;
};

static double seconds_since(int64_t started) {
    return (double)(mneme_clock_monotonic_micros() - started) / 1e6;
}

static int set_up(struct bench *bench, struct mneme_error *error) {
    char schema[MNEME_PG_NAME_BYTES];
    int status = mneme_fixture_set_up(&bench->fixture, MNEME_FIXTURE_POSTGRES, 0, error);
    const struct mneme_config *config = bench->fixture.config;
    if (status == MNEME_OK) {
        status = mneme_pg_schema_name(schema, config, MNEME_PROJECTION_VECTORS, error);
    }
    if (status == MNEME_OK) {
        status =
            mneme_pg_connect_to(&bench->postgres, config, MNEME_PROJECTION_VECTORS, "mneme-bench", error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate(bench->postgres, schema, mneme_migrations_vectors, NULL, NULL, error);
    }
    bench->load = (struct mneme_embedding_load){.vectors = bench->vectors,
                                                .users = variants[0].owners,
                                                .dimensions = (int)bench->dimensions,
                                                .model = "bench"};
    bench->generation = (struct mneme_generation){.state = MNEME_GENERATION_FILLING,
                                                  .store = &mneme_pgvector_store,
                                                  .metric = MNEME_METRIC_COSINE,
                                                  .dimensions = (int32_t)bench->dimensions,
                                                  .model = "bench",
                                                  .topic = "bench"};
    if (status == MNEME_OK) {
        status = mneme_generation_add(&bench->generation, bench->postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vector_store_open(&bench->store, config, bench->postgres, &bench->generation, error);
    }
    return status == MNEME_OK ? mneme_pgvector_store.make(bench->store, error) : status;
}

/* The owner's name, in the arena. */
static struct mneme_str owner(struct mneme_arena *arena, size_t variant, long number) {
    char name[48];
    long among =
        (long)(((uint64_t)number * UINT64_C(0x9E3779B97F4A7C15) >> 20) % (uint64_t)variants[variant].owners);
    snprintf(name, sizeof name, "%s-%ld", variants[variant].name, among);
    return mneme_arena_copy(arena, mneme_str_from(name));
}

static int fill(struct bench *bench, struct mneme_error *error) {
    struct mneme_vector_change *changes = calloc(CHUNK, sizeof *changes);
    struct mneme_arena arena;
    int status = changes == NULL ? MNEME_E_NO_MEMORY : MNEME_OK;
    int64_t started = mneme_clock_monotonic_micros();
    mneme_arena_init(&arena, (size_t)1 << 20);
    for (long from = 0; from < bench->vectors && status == MNEME_OK; from += CHUNK) {
        size_t count = (size_t)(bench->vectors - from < CHUNK ? bench->vectors - from : CHUNK);
        mneme_arena_reset(&arena, SIZE_MAX);
        for (size_t i = 0; i < count; i++) {
            long number = from + (long)i;
            changes[i] = mneme_embedding_load_change(&bench->load, number, &arena);
            changes[i].scope.user_id = owner(&arena, 0, number);
            changes[i].scope.agent_id = owner(&arena, 1, number);
            changes[i].scope.run_id = owner(&arena, 3, number);
        }
        status = mneme_pgvector_store.load(bench->store, changes, count, error);
    }
    bench->load_seconds = seconds_since(started);
    fprintf(stderr, "loaded %ld vectors in %.0f s; now the indexes\n", bench->vectors, bench->load_seconds);
    started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = mneme_pgvector_store.finish_load(bench->store, (unsigned)bench->jobs, error);
    }
    bench->index_seconds = seconds_since(started);
    fprintf(stderr, "indexed in %.0f s\n", bench->index_seconds);
    free(changes);
    mneme_arena_clean_up(&arena);
    return status;
}

static int compare_doubles(const void *a, const void *b) {
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

/* The value below which that share of them lies. */
static double percentile(double *values, long count, double share) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    long place = (long)ceil(share * (double)count) - 1;
    return values[place < 0 ? 0 : place];
}

static size_t count_common(const struct mneme_vector_matches *a, const struct mneme_vector_matches *b) {
    size_t common = 0;
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            common += mneme_str_equal(a->items[i].key.ref, b->items[k].key.ref) ? 1 : 0;
        }
    }
    return common;
}

struct outcome {
    long short_answers, scanned;
    size_t wanted, common;
};

static int ask(struct bench *bench, struct mneme_vectors *vectors, size_t variant, long query,
               struct outcome *outcome, struct mneme_error *error) {
    static float floats[4096];
    struct mneme_vector_matches found = {0};
    struct mneme_vector_matches exact = {0};
    struct mneme_arena arena;
    struct mneme_vector_question question = {.scope = {.tenant = MNEME_STR_LIT("default")},
                                             .vector = floats,
                                             .dimensions = (size_t)bench->dimensions,
                                             .k = (size_t)bench->k,
                                             .min_similarity = -INFINITY};
    mneme_arena_init(&arena, 0);
    /* Questions are new points of the clusters; whose they are is decided by a document. */
    mneme_embedding_load_vector(floats, &bench->load, bench->vectors + query);
    struct mneme_str name = owner(&arena, variant, (query * 7919) % bench->vectors);
    if (variants[variant].member != SIZE_MAX) {
        memcpy((char *)&question.scope + variants[variant].member, &name, sizeof name);
    }
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_vectors_query(&found, vectors, &question, error);
    if (query >= 0) {
        bench->millis[query] = seconds_since(started) * 1000;
    }
    question.metric = MNEME_METRIC_DOT;
    started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = mneme_vectors_query(&exact, vectors, &question, error);
    }
    if (query >= 0 && status == MNEME_OK) {
        bench->exact_millis[query] = seconds_since(started) * 1000;
        outcome->short_answers += found.count < exact.count ? 1 : 0;
        outcome->scanned += found.is_exact ? 1 : 0;
        outcome->wanted += exact.count;
        outcome->common += count_common(&found, &exact);
    }
    mneme_vector_matches_clean_up(&found);
    mneme_vector_matches_clean_up(&exact);
    mneme_arena_clean_up(&arena);
    return status;
}

static int measure(struct bench *bench, size_t variant, struct mneme_error *error) {
    struct mneme_vectors *vectors = NULL;
    struct outcome outcome = {0};
    int status = mneme_vectors_open(&vectors, bench->fixture.config, bench->postgres, "bench", error);
    for (long query = -WARM_UP; query < bench->queries && status == MNEME_OK; query++) {
        status = ask(bench, vectors, variant, query, &outcome, error);
    }
    mneme_vectors_close(vectors);
    if (status != MNEME_OK) {
        return status;
    }
    double p50 = percentile(bench->millis, bench->queries, 0.5);
    double exact_p50 = percentile(bench->exact_millis, bench->queries, 0.5);
    printf(
        "{\"bench\":\"filtered\",\"scope\":\"%s\",\"owners\":%ld,\"vectors\":%ld,\"k\":%ld,\"queries\":%ld,"
        "\"short\":%ld,\"overlap\":%.4f,\"scanned\":%.2f,\"ours\":%.2f,\"limit\":%.2f,\"ratio\":%.3f,"
        "\"unit\":\"ms\",\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"exact_p99_ms\":%.2f,\"load_s\":%.0f,"
        "\"index_s\":%.0f}\n",
        variants[variant].name, variants[variant].owners, bench->vectors, bench->k, bench->queries,
        outcome.short_answers, outcome.wanted == 0 ? 1 : (double)outcome.common / (double)outcome.wanted,
        (double)outcome.scanned / (double)bench->queries, p50, exact_p50, exact_p50 / p50, p50,
        percentile(bench->millis, bench->queries, 0.99),
        percentile(bench->exact_millis, bench->queries, 0.99), bench->load_seconds, bench->index_seconds);
    return fflush(stdout) == 0 ? MNEME_OK : mneme_error_set(error, MNEME_E_INTERNAL, "stdout is closed");
}

int main(int argc, char **argv) {
    static struct bench bench = {.vectors = 1000000, .queries = 200, .k = 10, .dimensions = 384, .jobs = 2};
    const struct mneme_bench_option options[] = {{"vectors", &bench.vectors, 1000, 100000000, false},
                                                 {"queries", &bench.queries, 1, 100000, false},
                                                 {"k", &bench.k, 1, MNEME_VECTORS_MAX_K, false},
                                                 {"dimensions", &bench.dimensions, 1, 2000, false},
                                                 {"jobs", &bench.jobs, 1, 64, false}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    struct mneme_error error = {0};
    bench.millis = calloc((size_t)bench.queries, sizeof *bench.millis);
    bench.exact_millis = calloc((size_t)bench.queries, sizeof *bench.exact_millis);
    int status = bench.millis == NULL || bench.exact_millis == NULL
                     ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "out of memory")
                     : set_up(&bench, &error);
    if (status == MNEME_OK) {
        status = fill(&bench, &error);
    }
    for (size_t variant = 0; variant < VARIANTS && status == MNEME_OK; variant++) {
        status = measure(&bench, variant, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_filtered: %s\n", error.message);
    }
    if (bench.store != NULL) {
        mneme_pgvector_store.close(bench.store);
    }
    mneme_pg_close(bench.postgres);
    mneme_fixture_tear_down(&bench.fixture);
    free(bench.millis);
    free(bench.exact_millis);
    return status == MNEME_OK ? 0 : 1;
}
