/*
 * Asking a large collection of raw vectors: through its index, which a bulk load ends with.
 *
 * usage: mneme_bench_raw_vectors [--vectors N] [--queries N] [--k N] [--dimensions N] [--jobs N]
 *
 * The vectors lie in clusters, all in one collection. Each question is asked in turn of Mneme (ours), of the
 * same index by a bare statement of pgvector with the same settings (limit), and of all vectors, compared one
 * by one by a bare statement as well (exact). `overlap` is the share of the exact answers that ours has. Two
 * lines: ours against the bare statement, and exact against ours.
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
#define WARM_UP 20
#define MAX_DIMENSIONS 2000

enum { OURS, BARE, EXACT, WAYS };

struct bench {
    long vectors, queries, k, dimensions, jobs;
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres;     /* of Mneme, … */
    struct mneme_postgres *bare, *exact; /* … and of the statements */
    struct mneme_generation generation;
    struct mneme_embedding_load load;
    void *store;
    double *millis[WAYS];
    size_t common;
    double load_seconds, index_seconds;
};

static double seconds_since(int64_t started) {
    return (double)(mneme_clock_monotonic_micros() - started) / 1e6;
}

static int connect_all(struct bench *bench, struct mneme_error *error) {
    struct mneme_postgres **connections[] = {&bench->postgres, &bench->bare, &bench->exact};
    int status = MNEME_OK;
    for (size_t i = 0; i < sizeof connections / sizeof *connections && status == MNEME_OK; i++) {
        status = mneme_pg_connect_to(connections[i], bench->fixture.config, MNEME_PROJECTION_VECTORS,
                                     "mneme-bench", error);
    }
    return status;
}

static int set_up(struct bench *bench, struct mneme_error *error) {
    char schema[MNEME_PG_NAME_BYTES];
    int status = mneme_fixture_set_up(&bench->fixture, MNEME_FIXTURE_POSTGRES, 0, error);
    const struct mneme_config *config = bench->fixture.config;
    if (status == MNEME_OK) {
        status = mneme_pg_schema_name(schema, config, MNEME_PROJECTION_VECTORS, error);
    }
    if (status == MNEME_OK) {
        status = connect_all(bench, error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate(bench->postgres, schema, mneme_migrations_vectors, NULL, NULL, error);
    }
    bench->load = (struct mneme_embedding_load){
        .vectors = bench->vectors, .users = 1, .dimensions = (int)bench->dimensions, .model = "bench"};
    bench->generation = (struct mneme_generation){.state = MNEME_GENERATION_FILLING,
                                                  .store = &mneme_pgvector_store,
                                                  .metric = MNEME_METRIC_COSINE,
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

/* A document of the load as a raw vector. */
static struct mneme_vector_change raw_change(const struct bench *bench, long number,
                                             struct mneme_arena *arena) {
    char id[32];
    struct mneme_vector_change change = mneme_embedding_load_change(&bench->load, number, arena);
    snprintf(id, sizeof id, "v%ld", number);
    change.vector_id = mneme_arena_copy(arena, mneme_str_from(id));
    change.document.kind = MNEME_STR_LIT(MNEME_RAW_KIND);
    change.document.ref = change.vector_id;
    change.collection = MNEME_STR_LIT("bench");
    return change;
}

static int load_all(struct bench *bench, struct mneme_vector_change *changes, struct mneme_error *error) {
    struct mneme_arena arena;
    int status = MNEME_OK;
    mneme_arena_init(&arena, (size_t)1 << 20);
    for (long from = 0; from < bench->vectors && status == MNEME_OK; from += CHUNK) {
        size_t count = (size_t)(bench->vectors - from < CHUNK ? bench->vectors - from : CHUNK);
        mneme_arena_reset(&arena, SIZE_MAX);
        for (size_t i = 0; i < count; i++) {
            changes[i] = raw_change(bench, from + (long)i, &arena);
        }
        status = mneme_vector_changes_check(changes, count, bench->postgres, &bench->generation, error);
        if (status == MNEME_OK) {
            status = mneme_pgvector_store.load(bench->store, changes, count, error);
        }
    }
    mneme_arena_clean_up(&arena);
    return status;
}

static int fill(struct bench *bench, struct mneme_error *error) {
    struct mneme_vector_change *changes = calloc(CHUNK, sizeof *changes);
    int64_t started = mneme_clock_monotonic_micros();
    int status = changes == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory")
                                 : load_all(bench, changes, error);
    bench->load_seconds = seconds_since(started);
    fprintf(stderr, "loaded %ld vectors in %.0f s; now the index\n", bench->vectors, bench->load_seconds);
    started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = mneme_pgvector_store.finish_load(bench->store, (unsigned)bench->jobs, error);
    }
    bench->index_seconds = seconds_since(started);
    fprintf(stderr, "indexed in %.0f s\n", bench->index_seconds);
    free(changes);
    return status;
}

/* --- the statements by themselves --- */

static int set_bare(struct bench *bench, struct mneme_error *error) {
    char settings[256];
    long candidates = 2 * bench->k < 400 ? 400 : 2 * bench->k;
    snprintf(settings, sizeof settings,
             "SET hnsw.ef_search = %ld; SET hnsw.iterative_scan = relaxed_order; SET jit = off; "
             "SET plan_cache_mode = force_custom_plan; SET enable_sort = off",
             candidates > 1000 ? 1000 : candidates);
    int status = mneme_pg_set(bench->bare, settings, error);
    return status == MNEME_OK
               ? mneme_pg_set(bench->exact, "SET jit = off; SET plan_cache_mode = force_custom_plan", error)
               : status;
}

static int ask_bare(PGresult **out, struct bench *bench, const float *vector, bool is_exact,
                    struct mneme_error *error) {
    char sql[384];
    char cast[24] = "";
    struct mneme_pg_params params = {0};
    if (!is_exact) {
        snprintf(cast, sizeof cast, "::vector(%ld)", bench->dimensions);
    }
    snprintf(sql, sizeof sql,
             "SELECT vector_id, metadata::text, embedding <=> $1::real[]::vector FROM raw_vectors_%d "
             "WHERE tenant = 'default' AND collection = 'bench' "
             "ORDER BY embedding%s <=> $1::real[]::vector%s LIMIT $2::bigint",
             bench->generation.number, cast, cast);
    mneme_pg_param_float_array(&params, vector, (size_t)bench->dimensions);
    mneme_pg_param_long(&params, bench->k);
    int status = mneme_pg_query(out, is_exact ? bench->exact : bench->bare, sql, &params, true, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static size_t count_common(const struct mneme_raw_matches *found, const PGresult *exact) {
    size_t common = 0;
    for (size_t i = 0; i < found->count; i++) {
        for (int row = 0; row < PQntuples(exact); row++) {
            common += mneme_str_equal(found->items[i].id, mneme_str_from(PQgetvalue(exact, row, 0))) ? 1 : 0;
        }
    }
    return common;
}

/* --- one question --- */

static int ask(struct bench *bench, struct mneme_vectors *vectors, struct mneme_raw_matches *found,
               long query, struct mneme_error *error) {
    static float floats[MAX_DIMENSIONS];
    double millis[WAYS] = {0};
    PGresult *bare = NULL;
    PGresult *exact = NULL;
    struct mneme_raw_question question = {.tenant = MNEME_STR_LIT("default"),
                                          .collection = MNEME_STR_LIT("bench"),
                                          .vector = floats,
                                          .dimensions = (size_t)bench->dimensions,
                                          .k = (size_t)bench->k,
                                          .min_similarity = -INFINITY};
    mneme_embedding_load_vector(floats, &bench->load, bench->vectors + WARM_UP + query);
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_vectors_query_raw(found, vectors, &question, error);
    millis[OURS] = seconds_since(started) * 1e3;
    started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = ask_bare(&bare, bench, floats, false, error);
    }
    millis[BARE] = seconds_since(started) * 1e3;
    started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = ask_bare(&exact, bench, floats, true, error);
    }
    millis[EXACT] = seconds_since(started) * 1e3;
    for (int way = 0; way < WAYS && query >= 0; way++) {
        bench->millis[way][query] = millis[way];
    }
    bench->common += query >= 0 && status == MNEME_OK ? count_common(found, exact) : 0;
    PQclear(bare);
    PQclear(exact);
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

static void print_line(struct bench *bench, const char *name, int ours, int limit) {
    double p50 = percentile(bench->millis[ours], bench->queries, 0.5);
    double limit_p50 = percentile(bench->millis[limit], bench->queries, 0.5);
    printf("{\"bench\":\"raw-vectors\",\"case\":\"%s\",\"vectors\":%ld,\"dimensions\":%ld,\"k\":%ld,"
           "\"queries\":%ld,\"overlap\":%.4f,\"ours\":%.2f,\"limit\":%.2f,\"ratio\":%.3f,\"unit\":\"ms\","
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"limit_p99_ms\":%.2f,\"load_s\":%.0f,\"index_s\":%.0f}\n",
           name, bench->vectors, bench->dimensions, bench->k, bench->queries,
           (double)bench->common / (double)(bench->queries * bench->k), p50, limit_p50, limit_p50 / p50, p50,
           percentile(bench->millis[ours], bench->queries, 0.99),
           percentile(bench->millis[limit], bench->queries, 0.99), bench->load_seconds, bench->index_seconds);
}

static int measure(struct bench *bench, struct mneme_error *error) {
    struct mneme_vectors *vectors = NULL;
    struct mneme_raw_matches found = {0};
    int status = set_bare(bench, error);
    if (status == MNEME_OK) {
        status = mneme_vectors_open(&vectors, bench->fixture.config, bench->postgres, "bench", error);
    }
    for (long query = -WARM_UP; query < bench->queries && status == MNEME_OK; query++) {
        status = ask(bench, vectors, &found, query, error);
    }
    mneme_raw_matches_clean_up(&found);
    mneme_vectors_close(vectors);
    if (status == MNEME_OK) {
        print_line(bench, "exact", OURS, EXACT);
        print_line(bench, "bare", OURS, BARE);
    }
    return status;
}

static void tear_down(struct bench *bench) {
    if (bench->store != NULL) {
        mneme_pgvector_store.close(bench->store);
    }
    mneme_pg_close(bench->postgres);
    mneme_pg_close(bench->bare);
    mneme_pg_close(bench->exact);
    mneme_fixture_tear_down(&bench->fixture);
    for (int way = 0; way < WAYS; way++) {
        free(bench->millis[way]);
    }
}

int main(int argc, char **argv) {
    static struct bench bench = {.vectors = 100000, .queries = 200, .k = 10, .dimensions = 384, .jobs = 2};
    const struct mneme_bench_option options[] = {{"vectors", &bench.vectors, 20000, 100000000, false},
                                                 {"queries", &bench.queries, 1, 100000, false},
                                                 {"k", &bench.k, 1, MNEME_VECTORS_MAX_K, false},
                                                 {"dimensions", &bench.dimensions, 1, MAX_DIMENSIONS, false},
                                                 {"jobs", &bench.jobs, 1, 64, false}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    struct mneme_error error = {0};
    int status = MNEME_OK;
    for (int way = 0; way < WAYS && status == MNEME_OK; way++) {
        bench.millis[way] = calloc((size_t)bench.queries, sizeof **bench.millis);
        status = bench.millis[way] == NULL ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "out of memory")
                                           : MNEME_OK;
    }
    if (status == MNEME_OK) {
        status = set_up(&bench, &error);
    }
    if (status == MNEME_OK) {
        status = fill(&bench, &error);
    }
    if (status == MNEME_OK) {
        status = measure(&bench, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_raw_vectors: %s\n", error.message);
    }
    tear_down(&bench);
    return status == MNEME_OK ? 0 : 1;
}
