/*
 * Collections of raw vectors that have grown: each gets an index of its own, and gives what comparing all of
 * its vectors gives. Rows are put straight into the table where only their being there matters.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"
#include "tests/support/running_worker.h"
#include "tests/support/vector_case.h"

#define LARGE 2000 /* so many are worth an index here, where builds are to be short */
#define DIMENSIONS 8
#define QUESTIONS 100
#define K 10

/* A name that is quoted by whoever builds a statement of it. */
#define ODD_TENANT "o'neil \\ \"x\"; {g}"
#define ODD_COLLECTION "it''s $1 %L \\'; -- {table}\n\xc3\xb6"

static struct mneme_vector_case vectors;
static void *maintenance;

static void tear_down(void) {
    if (maintenance != NULL) {
        mneme_pgvector_store.maintain_close(maintenance);
        maintenance = NULL;
    }
    mneme_vector_case_tear_down(&vectors);
}

TestSuite(raw_vector_indexes, .fini = tear_down, .timeout = 120);

#define OK(call) cr_assert_eq(call, MNEME_OK, "%s", vectors.error.message)

static int64_t number(struct mneme_postgres *postgres, const char *sql) {
    PGresult *rows = NULL;
    OK(mneme_pg_query(&rows, postgres, sql, NULL, false, &vectors.error));
    int64_t value = PQntuples(rows) == 0 ? 0 : strtoll(PQgetvalue(rows, 0, 0), NULL, 10);
    PQclear(rows);
    return value;
}

/* --- what is there --- */

static void add_collection(const char *tenant, const char *collection, int dimensions,
                           enum mneme_vector_metric metric) {
    struct mneme_vector_collection made;
    OK(mneme_vector_collection_ensure(&made, vectors.postgres, &vectors.generation, mneme_str_from(tenant),
                                      mneme_str_from(collection), (size_t)dimensions, metric,
                                      &vectors.error));
}

/* Vectors by chance, v1 to vN; metadata tell the number's remainders. */
static void fill(const char *tenant, const char *collection, enum mneme_vector_metric metric, long count) {
    struct mneme_pg_params params = {0};
    add_collection(tenant, collection, DIMENSIONS, metric);
    mneme_pg_param_str(&params, mneme_str_from(tenant));
    mneme_pg_param_str(&params, mneme_str_from(collection));
    mneme_pg_param_long(&params, count);
    OK(mneme_pg_query(NULL, vectors.postgres,
                      "INSERT INTO raw_vectors_1 "
                      "SELECT n, $1, 's', 'vector', format('v%s/%s', n, $2::text), $2, 'v' || n, "
                      "ARRAY[random() - 0.5, random() - 0.5, random() - 0.5, random() - 0.5, random() - 0.5, "
                      "random() - 0.5, random() - 0.5, random() - 0.5]::real[]::vector, "
                      "json_build_object('half', n % 2, 'rare', n % 500) "
                      "FROM generate_series(1, $3::bigint) AS n",
                      &params, false, &vectors.error));
    mneme_pg_params_clean_up(&params);
}

#define VALID_INDEXES                                                                                        \
    "SELECT count(*) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid "                               \
    "WHERE c.relname LIKE 'raw\\_vectors\\_1\\_nearest\\_%' AND x.indisvalid"
#define INDEX_OF_ALL                                                                                         \
    "(SELECT max(oid::bigint)::oid FROM pg_class WHERE relname LIKE 'raw\\_vectors\\_1\\_nearest\\_%')"

static bool are_indexed(void *context) {
    mneme_pgvector_store.maintain(maintenance, false);
    return number(vectors.postgres, VALID_INDEXES) >= *(const int64_t *)context;
}

/* As a worker does it. */
static void maintain(int64_t indexes) {
    OK(mneme_pgvector_store.maintain_open(&maintenance, vectors.fixture.config, &vectors.generation,
                                          &vectors.error));
    mneme_pgvector_maintain_from(maintenance, LARGE);
    cr_assert(mneme_wait_until(are_indexed, &indexes), "there is no index");
    mneme_pgvector_store.maintain_close(maintenance);
    maintenance = NULL;
}

static void set_up(enum mneme_generation_state state) {
    mneme_vector_case_set_up(&vectors, "pgvector", state, MNEME_METRIC_COSINE);
    struct mneme_pgvector *store = vectors.store;
    store->least_indexed = LARGE;
}

/* --- asking --- */

static struct mneme_raw_question question = {.tenant = MNEME_STR_LIT("acme"),
                                             .collection = MNEME_STR_LIT("c"),
                                             .dimensions = DIMENSIONS,
                                             .k = K,
                                             .min_similarity = -INFINITY};

static void ask(const float *vector) {
    question.vector = vector;
    OK(mneme_vectors_query_raw(&vectors.raw_matches, vectors.vectors, &question, &vectors.error));
}

/* How often the reader has used indexes of collections; the server forgets it between transactions, so it is
 * compared within one. */
static int64_t scans(void) {
    return number(vectors.reader,
                  "SELECT coalesce(sum(pg_stat_get_xact_numscans(oid)), 0) FROM pg_class WHERE "
                  "relkind = 'i' AND relname LIKE 'raw\\_vectors\\_1\\_nearest\\_%'");
}

static void next_vector(float *out) {
    static uint64_t chance = 20260101;
    for (int i = 0; i < DIMENSIONS; i++) {
        chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (float)(chance >> 40) / 16777216.0F - 0.5F;
    }
}

/* The ids that comparing all of them gives. */
static PGresult *compare_all(const char *operator) {
    char sql[512];
    PGresult *rows = NULL;
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, question.tenant);
    mneme_pg_param_str(&params, question.collection);
    mneme_pg_param_str(&params, question.filter_json);
    mneme_pg_param_float_array(&params, question.vector, question.dimensions);
    mneme_pg_param_long(&params, (int64_t)question.k);
    snprintf(sql, sizeof sql,
             "SELECT vector_id FROM raw_vectors_1 WHERE tenant = $1 AND collection = $2 "
             "AND ($3::jsonb IS NULL OR metadata::jsonb @> $3::jsonb) "
             "ORDER BY embedding %s $4::real[]::vector, vector_id LIMIT $5::bigint",
             operator);
    OK(mneme_pg_query(&rows, vectors.postgres, sql, &params, false, &vectors.error));
    mneme_pg_params_clean_up(&params);
    return rows;
}

/* How many of the answers are among those. */
static size_t count_common(const char *operator) {
    PGresult *exact = compare_all(operator);
    size_t common = 0;
    cr_expect_eq(vectors.raw_matches.count, (size_t)PQntuples(exact), "%zu instead of %d",
                 vectors.raw_matches.count, PQntuples(exact));
    for (size_t i = 0; i < vectors.raw_matches.count; i++) {
        for (int row = 0; row < PQntuples(exact); row++) {
            common +=
                mneme_str_equal(vectors.raw_matches.items[i].id, mneme_str_from(PQgetvalue(exact, row, 0)))
                    ? 1
                    : 0;
        }
    }
    PQclear(exact);
    return common;
}

static void expect_order(void) {
    for (size_t i = 1; i < vectors.raw_matches.count; i++) {
        cr_expect_leq(vectors.raw_matches.items[i].similarity, vectors.raw_matches.items[i - 1].similarity);
    }
}

/* Asks many times; expects what comparing all gives, by the index. */
static void expect_nearest(const char *operator) {
    size_t common = 0;
    OK(mneme_pg_run(vectors.reader, "BEGIN", &vectors.error));
    int64_t before = scans();
    for (int i = 0; i < QUESTIONS; i++) {
        float vector[DIMENSIONS];
        next_vector(vector);
        ask(vector);
        expect_order();
        common += count_common(operator);
    }
    cr_expect_eq(scans() - before, QUESTIONS, "%lld", (long long)(scans() - before));
    OK(mneme_pg_run(vectors.reader, "COMMIT", &vectors.error));
    cr_expect_geq(common, QUESTIONS * K * 99 / 100, "%zu of %d", common, QUESTIONS * K);
}

/* --- tests --- */

static const struct {
    enum mneme_vector_metric metric;
    const char *operator;
} metrics[] = {{MNEME_METRIC_COSINE, "<=>"}, {MNEME_METRIC_EUCLIDEAN, "<->"}, {MNEME_METRIC_DOT, "<#>"}};
static size_t places[] = {0, 1, 2};

ParameterizedTestParameters(raw_vector_indexes, a_collection_that_has_grown_gets_one) {
    return cr_make_param_array(size_t, places, 3, NULL);
}
ParameterizedTest(const size_t *place, raw_vector_indexes, a_collection_that_has_grown_gets_one) {
    set_up(MNEME_GENERATION_ACTIVE);
    fill(ODD_TENANT, ODD_COLLECTION, metrics[*place].metric, LARGE);
    maintain(1);
    question.tenant = MNEME_STR_LIT(ODD_TENANT);
    question.collection = MNEME_STR_LIT(ODD_COLLECTION);
    expect_nearest(metrics[*place].operator);
}

Test(raw_vector_indexes, a_bulk_load_ends_with_them) {
    set_up(MNEME_GENERATION_FILLING);
    fill("acme", "c", MNEME_METRIC_EUCLIDEAN, LARGE);
    fill("acme", "few", MNEME_METRIC_COSINE, LARGE - 1);
    OK(mneme_pgvector_store.finish_load(vectors.store, 2, &vectors.error));
    cr_assert_eq(number(vectors.postgres, VALID_INDEXES), 1);
    OK(mneme_pgvector_store.finish_load(vectors.store, 1, &vectors.error));
    cr_assert_eq(number(vectors.postgres, VALID_INDEXES), 1, "again is harmless");
    expect_nearest("<->");
    float vector[DIMENSIONS];
    next_vector(vector);
    question.collection = MNEME_STR_LIT("few");
    ask(vector);
    cr_expect_eq(count_common("<=>"), K);
}

/* The second worker leaves it to the first, and finds nothing to do later. */
Test(raw_vector_indexes, small_collections_get_none_and_one_process_builds_at_a_time) {
    void *second;
    int64_t wanted = 1;
    set_up(MNEME_GENERATION_ACTIVE);
    fill("acme", "a", MNEME_METRIC_COSINE, LARGE - 1);
    fill("acme", "c", MNEME_METRIC_COSINE, LARGE);
    fill("other", "c", MNEME_METRIC_COSINE, 10);
    OK(mneme_pgvector_store.maintain_open(&second, vectors.fixture.config, &vectors.generation,
                                          &vectors.error));
    OK(mneme_pgvector_store.maintain_open(&maintenance, vectors.fixture.config, &vectors.generation,
                                          &vectors.error));
    mneme_pgvector_maintain_from(second, LARGE);
    mneme_pgvector_maintain_from(maintenance, LARGE);
    mneme_pgvector_store.maintain(maintenance, false);
    mneme_pgvector_store.maintain(second, false);
    cr_expect_eq(number(vectors.postgres,
                        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                        "WHERE l.locktype = 'advisory' AND d.datname = current_database()"),
                 1);
    cr_assert(mneme_wait_until(are_indexed, &wanted));
    mneme_pgvector_store.maintain_close(second);
    cr_expect_eq(number(vectors.postgres, "SELECT count(*) FROM pg_class WHERE relkind = 'i' AND relname "
                                          "LIKE 'raw\\_vectors\\_1\\_nearest\\_%'"),
                 1);
    float vector[DIMENSIONS];
    next_vector(vector);
    question.collection = MNEME_STR_LIT("a");
    ask(vector);
    cr_expect_eq(count_common("<=>"), K);
    question.collection = MNEME_STR_LIT("c");
    question.tenant = MNEME_STR_LIT("other");
    question.k = 20;
    ask(vector);
    cr_expect_eq(count_common("<=>"), 10, "all that there are");
}

static void expect_filters(const float *vector) {
    question.filter_json = MNEME_STR_LIT("{\"half\":1}");
    expect_nearest("<=>");
    question.filter_json = MNEME_STR_LIT("{\"rare\":7}"); /* five vectors */
    ask(vector);
    cr_expect_eq(count_common("<=>"), 5);
    question.k = 2;
    ask(vector);
    cr_expect_eq(count_common("<=>"), 2);
    question.filter_json = MNEME_STR_LIT("{\"rare\":-1}");
    ask(vector);
    cr_expect_eq(vectors.raw_matches.count, 0);
    question.filter_json = MNEME_STR_NULL;
    for (size_t k = 30; k <= 1230; k += 400) { /* the last ones are too many for the index */
        question.k = k;
        ask(vector);
        expect_order();
        cr_expect_geq(count_common("<=>"), k * 99 / 100);
    }
    question.k = K;
}

/* The nearest ones are deleted; others take their place. */
static void delete_nearest(const float *vector) {
    struct mneme_vector_change changes[K];
    char id[K][32];
    ask(vector);
    cr_assert_eq(vectors.raw_matches.count, K);
    for (size_t i = 0; i < K; i++) {
        snprintf(id[i], sizeof id[i], "%.*s", MNEME_STR_ARG(vectors.raw_matches.items[i].id));
        changes[i] = mneme_vector_case_gone(
            mneme_vector_case_raw(&vectors, "acme", "c", id[i], 1, NULL, vector, DIMENSIONS), 2 * LARGE);
    }
    OK(mneme_vector_case_write(&vectors, changes, K, true));
    ask(vector);
    for (size_t i = 0; i < K * K; i++) {
        cr_expect_not(mneme_str_equal(vectors.raw_matches.items[i / K].id, mneme_str_from(id[i % K])));
    }
    cr_expect_geq(count_common("<=>"), K - 1);
}

/* A vector that is written, and moved, is found where it is now. */
static void move_one(const float *vector) {
    float opposite[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) {
        opposite[i] = -vector[i];
    }
    struct mneme_vector_change change =
        mneme_vector_case_raw(&vectors, "acme", "c", "new", 2 * LARGE + 1, NULL, vector, DIMENSIONS);
    OK(mneme_vector_case_write(&vectors, &change, 1, true));
    ask(vector);
    cr_expect(mneme_str_equal(vectors.raw_matches.items[0].id, MNEME_STR_LIT("new")));
    change = mneme_vector_case_raw(&vectors, "acme", "c", "new", 2 * LARGE + 2, NULL, opposite, DIMENSIONS);
    OK(mneme_vector_case_write(&vectors, &change, 1, true));
    ask(vector);
    cr_expect_not(mneme_str_equal(vectors.raw_matches.items[0].id, MNEME_STR_LIT("new")));
    ask(opposite);
    cr_expect(mneme_str_equal(vectors.raw_matches.items[0].id, MNEME_STR_LIT("new")));
}

/* What a build that was ended has left is replaced. */
static void replace_invalid(const float *vector) {
    int64_t former = number(vectors.postgres, "SELECT " INDEX_OF_ALL "::bigint");
    OK(mneme_pg_run(vectors.postgres,
                    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = " INDEX_OF_ALL,
                    &vectors.error));
    ask(vector);
    cr_expect_eq(count_common("<=>"), K, "all are compared");
    maintain(1);
    cr_expect_neq(number(vectors.postgres, "SELECT " INDEX_OF_ALL "::bigint"), former);
    expect_nearest("<=>");
}

Test(raw_vector_indexes, answers_are_those_of_comparing_all) {
    float vector[DIMENSIONS];
    set_up(MNEME_GENERATION_ACTIVE);
    fill("acme", "c", MNEME_METRIC_COSINE, LARGE + 100);
    maintain(1);
    next_vector(vector);
    expect_filters(vector);
    for (int i = 0; i < 3; i++) {
        delete_nearest(vector);
    }
    move_one(vector);
    replace_invalid(vector);
}

/* --- many dimensions --- */

#define WIDE 2001

static void add_wide(const char *collection, int dimensions, enum mneme_vector_metric metric) {
    char sql[512];
    add_collection("acme", collection, dimensions, metric);
    snprintf(sql, sizeof sql,
             "INSERT INTO raw_vectors_1 SELECT n, 'acme', 's', 'vector', 'v' || n || '/%s', '%s', 'v' || n, "
             "(SELECT array_agg(1e6 * ((m * 7 + n * n) %% 1009 - 500)) "
             "FROM generate_series(1, %d) AS m)::real[]::vector "
             "FROM generate_series(1, 30) AS n",
             collection, collection, dimensions);
    OK(mneme_pg_run(vectors.postgres, sql, &vectors.error));
}

/* Numbers that half of the precision does not hold are no reason not to be written. The index believes that
 * it is large. */
Test(raw_vector_indexes, collections_of_many_dimensions_have_half_of_the_precision) {
    set_up(MNEME_GENERATION_ACTIVE);
    add_wide("half", WIDE, MNEME_METRIC_COSINE);
    add_wide("dot", WIDE, MNEME_METRIC_DOT);
    add_wide("full", 2000, MNEME_METRIC_DOT);
    add_wide("none", 4001, MNEME_METRIC_COSINE);
    struct mneme_pgvector *store = vectors.store;
    PGresult *rows = NULL;
    mneme_pg_params_clear(&store->params);
    mneme_pg_param_long(&store->params, 30);
    mneme_pg_param_str(&store->params, MNEME_STR_NULL);
    mneme_pg_param_str(&store->params, MNEME_STR_LIT(""));
    OK(mneme_pgvector_sql(store, mneme_sql_pgvector_raw_indexes, MNEME_METRIC_COSINE, "", &vectors.error));
    OK(mneme_pg_query(&rows, vectors.postgres, store->sql.data, &store->params, false, &vectors.error));
    cr_assert_eq(PQntuples(rows), 2);
    for (int row = 0; row < 2; row++) {
        OK(mneme_pg_run(vectors.postgres, PQgetvalue(rows, row, LACKING_CREATE), &vectors.error));
    }
    PQclear(rows);
    OK(mneme_pg_run(vectors.postgres,
                    "UPDATE pg_class SET reltuples = 20000 WHERE relname LIKE 'raw\\_vectors\\_1\\_nearest%'",
                    &vectors.error));
    static float vector[4001];
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        vector[i] = 3e6F * sqrtf((float)(i + 4)) * (i % 4 == 3 ? -1.0F : 1.0F);
    }
    static const struct {
        struct mneme_str collection;
        size_t dimensions;
        const char *operator;
        int64_t scans;
    } cases[] = {{MNEME_STR_LIT("half"), WIDE, "<=>", 1},
                 {MNEME_STR_LIT("dot"), WIDE, "<#>", 0},
                 {MNEME_STR_LIT("full"), 2000, "<#>", 1},
                 {MNEME_STR_LIT("none"), 4001, "<=>", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        question.collection = cases[i].collection;
        question.dimensions = cases[i].dimensions;
        OK(mneme_pg_run(vectors.reader, "BEGIN", &vectors.error));
        int64_t before = scans();
        ask(vector);
        cr_expect_eq(count_common(cases[i].operator), K, "case %zu", i);
        cr_expect_eq(scans() - before, cases[i].scans, "case %zu", i);
        OK(mneme_pg_run(vectors.reader, "COMMIT", &vectors.error));
    }
}
