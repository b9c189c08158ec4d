/*
 * Documents that have a vector for each part of their text, in every store: the best part counts, and all
 * parts come and go together.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers/store/migrate.h"
#include "schemas/embedding.h"
#include "tests/support/embedding_load.h"
#include "tests/support/vector_case.h"

static const char *const stores[] = {"pgvector", "chroma"};
static size_t indexes[] = {0, 1};

static struct mneme_vector_case vectors;

static void tear_down(void) {
    mneme_vector_case_tear_down(&vectors);
}

TestSuite(vector_parts, .fini = tear_down, .timeout = 120);

#define STORE_TEST(name)                                                                                     \
    ParameterizedTestParameters(vector_parts, name) {                                                        \
        return cr_make_param_array(size_t, indexes, 2, NULL);                                                \
    }                                                                                                        \
    ParameterizedTest(const size_t *index, vector_parts, name)

#define SET_UP(state) mneme_vector_case_set_up(&vectors, stores[*index], state, MNEME_METRIC_COSINE)
#define DOCUMENT(...) mneme_vector_case_document(&vectors, __VA_ARGS__)
#define GONE(...) mneme_vector_case_gone(__VA_ARGS__)
#define ASK(...) mneme_vector_case_ask(&vectors, __VA_ARGS__)
#define COUNT() mneme_vector_case_count(&vectors)
#define WRITE(...)                                                                                           \
    do {                                                                                                     \
        const struct mneme_vector_change changes[] = {__VA_ARGS__};                                          \
        cr_assert_eq(mneme_vector_case_write(&vectors, changes, sizeof changes / sizeof *changes, true), 0,  \
                     "%s", vectors.error.message);                                                           \
    } while (0)

/* The document "long" of ada, whose parts point along x, y and z, as many of them as there are. */
static struct mneme_vector_change long_document(int64_t source_sequence, size_t parts) {
    static const float axes[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    struct mneme_vector_change change = DOCUMENT("acme", "ada", "long", source_sequence, 1, 0, 0);
    if (parts > 1) {
        mneme_vector_case_set_parts(&vectors, &change, axes, parts);
    }
    return change;
}

/* How near the document "long" is to a vector; -9 when it is not among the ten nearest. */
static double nearness(float x, float y, float z) {
    (void)ASK("acme", "ada", x, y, z, 10);
    for (size_t i = 0; i < vectors.matches.count; i++) {
        if (mneme_str_equal(vectors.matches.items[i].key.ref, MNEME_STR_LIT("long"))) {
            return vectors.matches.items[i].similarity;
        }
    }
    return -9;
}

STORE_TEST(a_document_is_as_near_as_its_nearest_part_and_comes_once) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    WRITE(long_document(1, 3), DOCUMENT("acme", "ada", "short", 2, 0, 1, 0.2F));
    cr_expect_str_eq(ASK("acme", "ada", 0, 1, 0, 10), "long short");
    cr_expect_str_eq(ASK("acme", "ada", 0, 1, 0.2F, 10), "short long");
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 1), "long");
    cr_expect_float_eq(nearness(0, 0, 1), 1, 1e-5);
    cr_expect_float_eq(nearness(0, 1, 1), sqrt(0.5), 1e-5);
    cr_expect_eq(COUNT(), 4);
}

STORE_TEST(a_newer_version_takes_the_place_of_all_parts) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    WRITE(long_document(10, 3), DOCUMENT("acme", "ada", "short", 2, 0, 1, 0.2F));
    WRITE(long_document(11, 2));
    cr_expect_float_eq(nearness(0, 1, 0), 1, 1e-5);
    cr_expect_float_eq(nearness(0, 0, 1), 0, 1e-5, "the third part is gone");
    cr_expect_eq(COUNT(), 3);
    WRITE(long_document(12, 1));
    cr_expect_float_eq(nearness(0, 1, 0), 0, 1e-5);
    cr_expect_eq(COUNT(), 2);
    WRITE(long_document(13, 3));
    cr_expect_float_eq(nearness(0, 0, 1), 1, 1e-5);
    cr_expect_eq(COUNT(), 4);
}

STORE_TEST(an_older_version_leaves_no_part) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    WRITE(long_document(10, 1));
    WRITE(long_document(9, 3));
    WRITE(long_document(10, 3));
    cr_expect_float_eq(nearness(0, 1, 0), 0, 1e-5);
    cr_expect_eq(COUNT(), 1);
    WRITE(long_document(11, 3));
    WRITE(long_document(10, 2));
    cr_expect_eq(COUNT(), 3, "an older one takes no part away");
    WRITE(GONE(long_document(0, 3), 11));
    WRITE(GONE(long_document(0, 3), 10));
    cr_expect_eq(COUNT(), 3);
    WRITE(GONE(long_document(0, 3), 12));
    cr_expect_eq(COUNT(), 0, "a removal removes all");
    WRITE(long_document(11, 3));
    cr_expect_eq(COUNT(), 0, "and is not overtaken");
}

STORE_TEST(what_was_not_committed_leaves_no_part) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    struct mneme_vector_change lost = long_document(1, 3);
    cr_assert_eq(mneme_vector_case_write(&vectors, &lost, 1, false), 0, "%s", vectors.error.message);
    cr_assert_eq(mneme_vector_case_write(&vectors, &lost, 1, false), 0, "%s", vectors.error.message);
    struct mneme_vector_change newer = long_document(2, 1);
    newer.former_parts = 3; /* the batch still has the one before */
    WRITE(newer);
    cr_expect_eq(COUNT(), 1);
    cr_expect_float_eq(nearness(0, 1, 0), 0, 1e-5);
}

/* What was left of an uncommitted version, where the topic has not even that any more. */
STORE_TEST(parts_that_nobody_knows_of_are_not_given) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    struct mneme_vector_change lost = long_document(1, 3);
    cr_assert_eq(mneme_vector_case_write(&vectors, &lost, 1, false), 0, "%s", vectors.error.message);
    WRITE(long_document(2, 1));
    cr_expect_float_eq(nearness(0, 1, 0), 0, 1e-5);
    cr_expect_str_eq(ASK("acme", "ada", 0, 1, 0, 10), "long");
}

STORE_TEST(many_parts_of_one_document_crowd_out_no_other) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    float numbers[3 * MNEME_EMBEDDING_MAX_PARTS];
    struct mneme_vector_change crowd = DOCUMENT("acme", "ada", "crowd", 1, 1, 0, 0);
    for (size_t i = 0; i < MNEME_EMBEDDING_MAX_PARTS; i++) {
        numbers[3 * i] = 1;
        numbers[3 * i + 1] = (float)i / 1e4F;
        numbers[3 * i + 2] = 0;
    }
    mneme_vector_case_set_parts(&vectors, &crowd, numbers, MNEME_EMBEDDING_MAX_PARTS);
    WRITE(crowd, DOCUMENT("acme", "ada", "second", 2, 1, 1, 0), DOCUMENT("acme", "ada", "third", 3, 0, 1, 0),
          DOCUMENT("acme", "ada", "fourth", 4, -1, 1, 0));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 3), "crowd second third");
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "crowd second third fourth");
    cr_expect_str_eq(ASK("acme", "ada", 0, 1, 0, 1), "third");
    cr_expect_eq(COUNT(), MNEME_EMBEDDING_MAX_PARTS + 3);
}

STORE_TEST(given_documents_are_compared_by_their_best_part) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    WRITE(long_document(1, 3), DOCUMENT("acme", "ada", "short", 2, 0, 1, 1));
    const struct mneme_vector_document_key keys[] = {
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT("short")},
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT("none")},
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT("long")},
    };
    const float asked[MNEME_VECTOR_CASE_DIMENSIONS] = {0, 0, 1};
    double similarities[3];
    float fetched[3 * MNEME_VECTOR_CASE_DIMENSIONS];
    bool found[3];
    cr_assert_eq(mneme_vectors_similarities(similarities, vectors.vectors, MNEME_STR_LIT("acme"), keys, 3,
                                            asked, MNEME_VECTOR_CASE_DIMENSIONS, MNEME_METRIC_ANY,
                                            &vectors.error),
                 0, "%s", vectors.error.message);
    cr_expect_float_eq(similarities[0], sqrt(0.5), 1e-5);
    cr_expect(isnan(similarities[1]));
    cr_expect_float_eq(similarities[2], 1, 1e-5);
    cr_assert_eq(
        mneme_vectors_fetch(fetched, found, vectors.vectors, MNEME_STR_LIT("acme"), keys, 3, &vectors.error),
        0, "%s", vectors.error.message);
    cr_expect(found[0] && !found[1] && found[2]);
    cr_expect_float_eq(fetched[2 * MNEME_VECTOR_CASE_DIMENSIONS], 1, 1e-5, "the first part");
}

STORE_TEST(parts_of_other_dimensions_are_refused) {
    SET_UP(MNEME_GENERATION_ACTIVE);
    struct mneme_vector_change change = long_document(1, 3);
    change.parts = 4; /* three quarters of the numbers each */
    cr_expect_eq(mneme_vector_case_write(&vectors, &change, 1, true), MNEME_E_UNSAFE);
    cr_expect_eq(COUNT(), 0);
}

Test(vector_parts, a_bulk_keeps_the_parts_of_the_newest_version) {
    mneme_vector_case_set_up(&vectors, "pgvector", MNEME_GENERATION_FILLING, MNEME_METRIC_COSINE);
    struct mneme_vector_change gone = DOCUMENT("acme", "ada", "gone", 1, 0, 1, 0);
    mneme_vector_case_set_parts(&vectors, &gone, (const float[]){0, 1, 0, 0, 0, 1}, 2);
    const struct mneme_vector_change changes[] = {
        long_document(3, 3), long_document(5, 2), long_document(4, 3), long_document(5, 2), gone,
        GONE(gone, 6)};
    cr_assert_eq(mneme_pgvector_store.load(vectors.store, changes, 6, &vectors.error), 0, "%s",
                 vectors.error.message);
    cr_assert_eq(mneme_pgvector_store.finish_load(vectors.store, 1, &vectors.error), 0, "%s",
                 vectors.error.message);
    cr_expect_eq(COUNT(), 2);
    cr_expect_str_eq(ASK("acme", "ada", 0, 1, 0, 10), "long");
    cr_expect_float_eq(nearness(0, 1, 0), 1, 1e-5);
    cr_expect_float_eq(nearness(0, 0, 1), 0, 1e-5);
}

/* Each tenth document has eight parts that lie close together, so that they stand together in the index. */
Test(vector_parts, a_large_scope_gives_as_many_documents_by_the_index) {
    enum { COUNT_OF_DOCUMENTS = 20000, PARTS = 8 };
    static const struct mneme_embedding_load load = {.vectors = COUNT_OF_DOCUMENTS,
                                                     .users = 1,
                                                     .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
                                                     .model = "tests"};
    static struct mneme_vector_change changes[COUNT_OF_DOCUMENTS];
    mneme_vector_case_set_up(&vectors, "pgvector", MNEME_GENERATION_FILLING, MNEME_METRIC_COSINE);
    for (long i = 0; i < load.vectors; i++) {
        changes[i] = mneme_embedding_load_change(&load, i, &vectors.arena);
        if (i % 10 == 0) {
            float *all = mneme_arena_alloc(&vectors.arena, PARTS * changes[i].vector.len);
            for (size_t part = 0; part < PARTS; part++) {
                float *floats = all + part * MNEME_VECTOR_CASE_DIMENSIONS;
                memcpy(floats, changes[i].vector.data, changes[i].vector.len);
                floats[part % MNEME_VECTOR_CASE_DIMENSIONS] += 0.01F;
            }
            changes[i].vector = (struct mneme_str){(const char *)all, PARTS * changes[i].vector.len};
            changes[i].parts = PARTS;
        }
    }
    cr_assert_eq(mneme_pgvector_store.load(vectors.store, changes, COUNT_OF_DOCUMENTS, &vectors.error), 0,
                 "%s", vectors.error.message);
    cr_assert_eq(mneme_pgvector_store.finish_load(vectors.store, 1, &vectors.error), 0, "%s",
                 vectors.error.message);
    struct mneme_vector_matches exact = {0};
    size_t common = 0;
    for (long i = 0; i < 50; i++) {
        float asked[MNEME_VECTOR_CASE_DIMENSIONS];
        /* Near one that has parts, so that these take places. */
        mneme_embedding_load_vector(asked, &load, 10 * i);
        struct mneme_vector_question question = {.scope = {.tenant = MNEME_STR_LIT("default")},
                                                 .vector = asked,
                                                 .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
                                                 .k = 10,
                                                 .min_similarity = -INFINITY};
        cr_assert_eq(mneme_vectors_query(&vectors.matches, vectors.vectors, &question, &vectors.error), 0,
                     "%s", vectors.error.message);
        cr_assert_not(vectors.matches.is_exact);
        cr_assert_eq(vectors.matches.count, 10);
        question.metric = MNEME_METRIC_EUCLIDEAN; /* nearly the same order, compared one by one */
        cr_assert_eq(mneme_vectors_query(&exact, vectors.vectors, &question, &vectors.error), 0);
        cr_assert(exact.is_exact);
        cr_assert_eq(exact.count, 10);
        for (size_t k = 0; k < 100; k++) {
            common += mneme_str_equal(vectors.matches.items[k / 10].key.ref, exact.items[k % 10].key.ref);
        }
    }
    cr_expect_geq(common, 475, "%zu of 500", common);
    mneme_vector_matches_clean_up(&exact);
}

/* Tables as they were before documents had parts. */
Test(vector_parts, tables_that_are_there_get_parts) {
    static const char before[] =
        "ALTER TABLE embeddings_1 DROP COLUMN part;"
        "CREATE UNIQUE INDEX embeddings_1_key ON embeddings_1 (tenant, stream_id, kind, ref);"
        "ALTER TABLE stored_documents DROP COLUMN parts;"
        "DROP TABLE losses;"
        "DELETE FROM schema_migrations WHERE version >= 4";
    mneme_vector_case_set_up(&vectors, "pgvector", MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    WRITE(long_document(1, 1));
    cr_assert_eq(vectors.generation.number, 1);
    cr_assert_eq(mneme_pg_run(vectors.postgres, before, &vectors.error), 0, "%s", vectors.error.message);
    cr_assert_eq(mneme_migrate(vectors.postgres, mneme_pg_own_schema(vectors.postgres),
                               mneme_migrations_vectors, NULL, NULL, &vectors.error),
                 0, "%s", vectors.error.message);
    cr_expect_float_eq(nearness(1, 0, 0), 1, 1e-5);
    WRITE(long_document(2, 3));
    cr_expect_float_eq(nearness(0, 0, 1), 1, 1e-5);
    cr_expect_eq(COUNT(), 3);
    PGresult *rows = NULL;
    cr_assert_eq(mneme_pg_query(&rows, vectors.postgres,
                                "SELECT indisunique FROM pg_index WHERE indexrelid = "
                                "'embeddings_1_key'::regclass",
                                NULL, false, &vectors.error),
                 0, "%s", vectors.error.message);
    cr_expect_str_eq(PQgetvalue(rows, 0, 0), "t");
    PQclear(rows);
}
