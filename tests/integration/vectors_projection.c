/*
 * Embeddings from their topic into each of the stores: by a worker, by a rebuild, and compared.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers/vectors/rebuild.h"
#include "consumers/vectors/vectors_projection.h"
#include "tests/support/embedding_load.h"
#include "tests/support/fixture.h"
#include "tests/support/fixture_topic.h"
#include "tests/support/running_worker.h"

#define MODEL "test-model"
#define DIMENSIONS 8
#define PARTITIONS 2

static const char *const stores[] = {"pgvector", "chroma"};
static size_t indexes[] = {0, 1};
static const struct mneme_embedding_load load = {
    .vectors = 200, .users = 4, .dimensions = DIMENSIONS, .model = MODEL};

static struct mneme_fixture fixture;
static struct mneme_postgres *postgres;
static struct mneme_embedding_writer *writer;
static struct mneme_running_worker worker;
static bool is_working;
static struct mneme_arena arena;
static struct mneme_error error;

#define OK(call) cr_assert_eq(call, MNEME_OK, "%s", error.message)

static void set(enum mneme_setting setting, const char *value) {
    OK(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error));
}

static void set_up(void) {
    char partitions[8];
    mneme_arena_init(&arena, 0);
    OK(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TABLES, 0, &error));
    snprintf(partitions, sizeof partitions, "%d", PARTITIONS);
    set(MNEME_SETTING_TOPIC_PARTITIONS, partitions);
    set(MNEME_SETTING_SCHEMA_REGISTRY_URL, "");
    set(MNEME_SETTING_EMBEDDING_MODEL, MODEL);
    OK(mneme_pg_connect_to(&postgres, fixture.config, MNEME_PROJECTION_VECTORS, "test", &error));
    OK(mneme_embedding_writer_open(&writer, fixture.config, MODEL, &error));
}

static int drop_one(void *context, const struct mneme_generation *generation) {
    void *store;
    (void)context;
    int status = mneme_vector_store_open(&store, fixture.config, postgres, generation, &error);
    if (status == MNEME_OK) {
        status = generation->store->drop(store, &error);
        generation->store->close(store);
    }
    return status;
}

static void stop(void) {
    if (is_working) {
        is_working = false;
        cr_assert_eq(mneme_running_worker_stop(&worker), MNEME_OK, "%s", worker.error.message);
    }
}

static void tear_down(void) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    stop();
    (void)mneme_generation_each(postgres, drop_one, NULL, &error);
    mneme_embedding_writer_close(writer);
    if (mneme_embeddings_topic(topic, fixture.config, MODEL, &error) == MNEME_OK) {
        (void)mneme_fixture_delete_topic(fixture.config, topic, &error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(vectors_projection, .init = set_up, .fini = tear_down, .timeout = 120);

#define STORE_TEST(name)                                                                                     \
    ParameterizedTestParameters(vectors_projection, name) {                                                  \
        return cr_make_param_array(size_t, indexes, 2, NULL);                                                \
    }                                                                                                        \
    ParameterizedTest(const size_t *index, vectors_projection, name)

static void start(size_t store) {
    set(MNEME_SETTING_VECTOR_STORE, stores[store]);
    is_working = true;
    mneme_running_worker_start_of(&worker, fixture.config, &mneme_vectors_projection, NULL);
}

/* How far the projection is in all partitions. */
static int64_t progress(void) {
    PGresult *rows = NULL;
    OK(mneme_pg_query(&rows, postgres,
                      "SELECT coalesce(sum(next_offset), 0) FROM progress WHERE projection = 'vectors'", NULL,
                      false, &error));
    int64_t sum = strtoll(PQgetvalue(rows, 0, 0), NULL, 10);
    PQclear(rows);
    return sum;
}

static bool has_come(void *context) {
    return progress() >= *(int64_t *)context;
}

static void wait_for(int64_t records) {
    cr_assert(mneme_wait_until(has_come, &records), "%lld of %lld", (long long)progress(),
              (long long)records);
}

static struct mneme_embedding record(long number) {
    return mneme_embedding_load_record(&load, number, &arena);
}

static void put(long from, long to) {
    for (long i = from; i < to; i++) {
        struct mneme_embedding embedding = record(i);
        OK(mneme_embedding_writer_put(writer, &embedding, &error));
    }
    OK(mneme_embedding_writer_flush(writer, &error));
}

/* The refs that are nearest to a document of the load, in its user's scope. */
static size_t ask(struct mneme_vector_matches *matches, long number, size_t k) {
    struct mneme_vectors *vectors;
    struct mneme_embedding embedding = record(number);
    const struct mneme_vector_question question = {
        .scope = {.tenant = embedding.tenant, .user_id = embedding.user_id},
        .vector = (const float *)(const void *)embedding.vector.data,
        .dimensions = DIMENSIONS,
        .k = k,
        .min_similarity = -INFINITY,
    };
    OK(mneme_vectors_open(&vectors, fixture.config, postgres, NULL, &error));
    OK(mneme_vectors_query(matches, vectors, &question, &error));
    mneme_vectors_close(vectors);
    return matches->count;
}

static bool finds(long number) {
    struct mneme_vector_matches matches = {0};
    bool is_found = ask(&matches, number, 1) == 1 &&
                    mneme_str_equal(matches.items[0].key.ref, record(number).ref) &&
                    fabs(matches.items[0].similarity - 1) < 1e-5;
    mneme_vector_matches_clean_up(&matches);
    return is_found;
}

static void on_table(void *context, const struct mneme_rebuild_table_difference *table) {
    (void)context;
    for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
        if (table->counts[kind] > 0) {
            fprintf(stderr, "%s: %lld %s: %.*s\n", table->table, (long long)table->counts[kind],
                    mneme_difference_names[kind], (int)table->keys[kind].len, table->keys[kind].data);
        }
    }
}

static int64_t verify(void) {
    struct mneme_verify_outcome outcome;
    const struct mneme_verify_options options = {.config = fixture.config, .visit = on_table};
    OK(mneme_vectors_verify(&outcome, &options, &error));
    return outcome.differences;
}

static void rebuild(void) {
    struct mneme_rebuild_outcome outcome;
    const struct mneme_rebuild_options options = {
        .config = fixture.config, .projection = &mneme_vectors_projection, .jobs = 2};
    OK(mneme_rebuild_run(&outcome, &options, &error));
    cr_assert(!outcome.is_interrupted);
}

static int32_t active(void) {
    struct mneme_generation generation;
    OK(mneme_generation_active(&generation, postgres, &error));
    cr_assert_eq(generation.dimensions, DIMENSIONS);
    return generation.number;
}

STORE_TEST(embeddings_reach_the_store_that_the_settings_name) {
    put(0, 50);
    start(*index);
    wait_for(50);
    cr_expect(finds(0) && finds(49));
    put(50, 60);
    wait_for(60);
    cr_expect(finds(55));
    cr_expect_eq(verify(), 0);
}

STORE_TEST(what_cannot_be_stored_is_parked_and_holds_up_nothing) {
    struct mneme_embedding embedding = record(1);
    const float strange[DIMENSIONS] = {NAN};
    put(0, 1);
    OK(mneme_embedding_writer_garbage(writer, &embedding, MNEME_STR_LIT("no record"), &error));
    embedding.vector = (struct mneme_str){(const char *)strange, sizeof strange};
    OK(mneme_embedding_writer_put(writer, &embedding, &error));
    put(1, 3);
    start(*index);
    wait_for(5);
    cr_expect(finds(0) && finds(1) && finds(2));
    PGresult *rows = NULL;
    OK(mneme_pg_query(&rows, postgres, "SELECT reason FROM parked_events ORDER BY kafka_offset", NULL, false,
                      &error));
    cr_assert_eq(PQntuples(rows), 2);
    cr_expect(strstr(PQgetvalue(rows, 1, 0), "not finite") != NULL, "%s", PQgetvalue(rows, 1, 0));
    PQclear(rows);
    cr_expect_eq(verify(), 0);
}

STORE_TEST(a_delete_that_overtakes_a_slow_embedding_stays) {
    struct mneme_embedding embedding = record(0);
    put(1, 2);
    OK(mneme_embedding_writer_remove(writer, &embedding, 100, &error));
    embedding.source_sequence = 99;
    OK(mneme_embedding_writer_put(writer, &embedding, &error));
    OK(mneme_embedding_writer_flush(writer, &error));
    start(*index);
    wait_for(3);
    cr_expect(!finds(0));
    cr_expect(finds(1));
    rebuild();
    cr_expect(!finds(0));
    cr_expect_eq(verify(), 0);
}

STORE_TEST(other_dimensions_stop_the_worker) {
    struct mneme_embedding embedding = record(1);
    put(0, 1);
    start(*index);
    wait_for(1);
    embedding.vector.len -= sizeof(float);
    embedding.dimensions--;
    OK(mneme_embedding_writer_put(writer, &embedding, &error));
    is_working = false;
    cr_assert_eq(mneme_running_worker_join(&worker), MNEME_E_UNSAFE, "%s", worker.error.message);
    cr_expect(strstr(worker.error.message, "mneme reembed") != NULL, "%s", worker.error.message);
}

STORE_TEST(a_rebuild_equals_the_live_one_and_workers_follow) {
    struct mneme_embedding gone = record(3);
    put(0, 100);
    put(0, 10); /* not compacted yet */
    OK(mneme_embedding_writer_remove(writer, &gone, 1000, &error));
    OK(mneme_embedding_writer_flush(writer, &error));
    start(*index);
    wait_for(111);
    int32_t before = active();
    rebuild();
    cr_expect_gt(active(), before);
    put(100, 120);
    wait_for(131);
    cr_expect(finds(0) && finds(110) && !finds(3));
    cr_expect_eq(verify(), 0);
}

STORE_TEST(verify_names_what_differs) {
    void *store = NULL;
    struct mneme_generation generation;
    put(0, 20);
    start(*index);
    wait_for(20);
    stop();
    OK(mneme_generation_active(&generation, postgres, &error));
    OK(mneme_vector_store_open(&store, fixture.config, postgres, &generation, &error));
    struct mneme_vector_change changes[] = {
        mneme_embedding_load_change(&load, 0, &arena), /* moved */
        mneme_embedding_load_change(&load, 1, &arena), /* gone */
        mneme_embedding_load_change(&load, 30, &arena) /* of nowhere */
    };
    changes[0].vector = mneme_embedding_load_change(&load, 2, &arena).vector;
    changes[1].is_removal = true;
    for (size_t i = 0; i < 3; i++) {
        changes[i].source_sequence += 100;
    }
    OK(mneme_pg_run(postgres, "BEGIN", &error));
    OK(generation.store->write(store, changes, 3, &error));
    OK(mneme_pg_run(postgres, "COMMIT", &error));
    generation.store->close(store);
    cr_expect_eq(verify(), 3);
    rebuild();
    cr_expect_eq(verify(), 0);
}

Test(vectors_projection, a_rebuild_moves_to_the_store_of_the_settings) {
    put(0, 30);
    start(0);
    wait_for(30);
    set(MNEME_SETTING_VECTOR_STORE, "chroma");
    rebuild();
    struct mneme_generation generation;
    OK(mneme_generation_active(&generation, postgres, &error));
    cr_expect_str_eq(generation.store->name, "chroma");
    put(30, 40);
    wait_for(40);
    cr_expect(finds(5) && finds(35));
    cr_expect_eq(verify(), 0);
}

/* A record of the load with so many parts, of which the last is its own vector. */
static struct mneme_embedding long_record(long number, size_t parts, int64_t source_sequence) {
    struct mneme_embedding embedding = record(number);
    size_t bytes = embedding.vector.len;
    char *all = mneme_arena_alloc(&arena, parts * bytes);
    for (size_t part = 0; part < parts; part++) {
        long of = part + 1 == parts ? number : 1000 + (long)part;
        memcpy(all + part * bytes, record(of).vector.data, bytes);
    }
    if (parts > 1) {
        embedding.part_vectors = (struct mneme_str){all, parts * bytes};
        embedding.vector = record(2000).vector; /* a mean that no store has */
    }
    embedding.source_sequence = source_sequence;
    return embedding;
}

static void put_long(long number, size_t parts, int64_t source_sequence) {
    struct mneme_embedding embedding = long_record(number, parts, source_sequence);
    OK(mneme_embedding_writer_put(writer, &embedding, &error));
    OK(mneme_embedding_writer_flush(writer, &error));
}

/* Rows of the store, as verify counts them. */
static int64_t row_count;

static void on_rows(void *context, const struct mneme_rebuild_table_difference *table) {
    on_table(context, table);
    row_count += table->is_definitions ? 0 : table->rows;
}

static int64_t count_rows(void) {
    struct mneme_verify_outcome outcome;
    const struct mneme_verify_options options = {.config = fixture.config, .visit = on_rows};
    row_count = 0;
    OK(mneme_vectors_verify(&outcome, &options, &error));
    cr_expect_eq(outcome.differences, 0);
    return row_count;
}

STORE_TEST(all_parts_of_a_document_come_and_go_together) {
    put(0, 10);
    put_long(20, 5, 100);
    put_long(21, 3, 101);
    put_long(22, 3, 102);
    start(*index);
    wait_for(13);
    cr_expect(finds(20) && finds(21) && finds(22) && finds(3));
    cr_expect_eq(count_rows(), 21);
    put_long(20, 2, 110); /* fewer */
    put_long(21, 1, 111); /* one */
    put_long(21, 4, 50);  /* older */
    struct mneme_embedding gone = record(22);
    OK(mneme_embedding_writer_remove(writer, &gone, 112, &error));
    OK(mneme_embedding_writer_flush(writer, &error));
    wait_for(17);
    cr_expect(finds(20) && finds(21) && !finds(22));
    cr_expect_eq(count_rows(), 13);
    rebuild();
    cr_expect(finds(20) && finds(21) && !finds(22) && finds(3));
    cr_expect_eq(count_rows(), 13);
}

STORE_TEST(verify_names_parts_that_differ) {
    void *store = NULL;
    struct mneme_generation generation;
    put(0, 3);
    put_long(20, 3, 100);
    put_long(21, 3, 101);
    start(*index);
    wait_for(5);
    stop();
    cr_expect_eq(count_rows(), 9);
    OK(mneme_generation_active(&generation, postgres, &error));
    OK(mneme_vector_store_open(&store, fixture.config, postgres, &generation, &error));
    struct mneme_embedding more = long_record(20, 5, 200);
    struct mneme_embedding fewer = long_record(21, 2, 201);
    struct mneme_vector_change changes[] = {mneme_embedding_load_change(&load, 20, &arena),
                                            mneme_embedding_load_change(&load, 21, &arena)};
    changes[0].vector = more.part_vectors;
    changes[0].parts = 5;
    changes[0].source_sequence = 200;
    changes[1].vector = fewer.part_vectors;
    changes[1].parts = 2;
    changes[1].source_sequence = 201;
    OK(mneme_pg_run(postgres, "BEGIN", &error));
    OK(generation.store->write(store, changes, 2, &error));
    OK(mneme_pg_run(postgres, "COMMIT", &error));
    generation.store->close(store);
    /* Three rows of the one are of another version and two too many; of the other two and one is missing. */
    cr_expect_eq(verify(), 8);
    rebuild();
    cr_expect_eq(count_rows(), 9);
}

static bool interrupt_at(void *context) {
    long *left = context;
    return --*left < 0;
}

STORE_TEST(an_interrupted_rebuild_leaves_the_live_one_and_goes_on) {
    put(0, 200);
    start(*index);
    wait_for(200);
    int32_t before = active();
    for (long calls = 0; calls < 4; calls++) {
        long left = calls;
        struct mneme_rebuild_outcome outcome;
        const struct mneme_rebuild_options options = {.config = fixture.config,
                                                      .projection = &mneme_vectors_projection,
                                                      .jobs = 1,
                                                      .is_interrupted = interrupt_at,
                                                      .context = &left};
        OK(mneme_rebuild_run(&outcome, &options, &error));
        cr_assert(outcome.is_interrupted);
        cr_assert_eq(active(), before);
        cr_assert_eq(outcome.is_resumed, calls > 0);
    }
    rebuild();
    cr_expect_gt(active(), before);
    cr_expect_eq(verify(), 0);
}

static bool has_index(void *context) {
    PGresult *rows = NULL;
    (void)context;
    OK(mneme_pg_query(&rows, postgres,
                      "SELECT FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indisvalid AND "
                      "c.relname LIKE 'raw\\_vectors\\_1\\_nearest\\_%'",
                      NULL, false, &error));
    bool is_there = PQntuples(rows) == 1;
    PQclear(rows);
    return is_there;
}

/* A worker without anything to read does it, too. Vectors of length 0 are not in it, so that it is made
 * soon. */
Test(vectors_projection, a_worker_makes_the_index_of_a_collection_that_has_grown) {
    put(0, 1);
    start(0);
    wait_for(1);
    stop();
    OK(mneme_pg_run(
        postgres,
        "INSERT INTO vector_collections VALUES (1, 'acme', 'c', 2, 'cosine');"
        "INSERT INTO raw_vectors_1 SELECT n, 'acme', 's', 'vector', n || '/c', 'c', 'v' || n, '[0,0]' "
        "FROM generate_series(1, 20000) AS n",
        &error));
    start(0);
    cr_expect(mneme_wait_until(has_index, NULL));
    OK(mneme_pg_run(postgres, "DELETE FROM raw_vectors_1; DELETE FROM vector_collections", &error));
    cr_expect_eq(verify(), 0, "the index is no difference");
}
