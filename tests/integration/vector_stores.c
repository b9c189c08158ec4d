/*
 * What every vector store does: each test runs against each of them.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/vector_case.h"

static const char *const stores[] = {"pgvector", "chroma"};
static size_t indexes[] = {0, 1};
#define STORE_COUNT (sizeof indexes / sizeof *indexes)

static struct mneme_vector_case vectors;

static void tear_down(void) {
    mneme_vector_case_tear_down(&vectors);
}

TestSuite(vector_stores, .fini = tear_down);

#define STORE_TEST(name)                                                                                     \
    ParameterizedTestParameters(vector_stores, name) {                                                       \
        return cr_make_param_array(size_t, indexes, STORE_COUNT, NULL);                                      \
    }                                                                                                        \
    ParameterizedTest(const size_t *index, vector_stores, name)

#define SET_UP(state, metric) mneme_vector_case_set_up(&vectors, stores[*index], state, metric)
#define DOCUMENT(...) mneme_vector_case_document(&vectors, __VA_ARGS__)
#define RAW(...) mneme_vector_case_raw(&vectors, __VA_ARGS__)
#define GONE(...) mneme_vector_case_gone(__VA_ARGS__)
#define ASK(...) mneme_vector_case_ask(&vectors, __VA_ARGS__)
#define ASK_RAW(...) mneme_vector_case_ask_raw(&vectors, __VA_ARGS__)
#define WRITE(...)                                                                                           \
    do {                                                                                                     \
        const struct mneme_vector_change changes[] = {__VA_ARGS__};                                          \
        cr_assert_eq(mneme_vector_case_write(&vectors, changes, sizeof changes / sizeof *changes, true), 0,  \
                     "%s", vectors.error.message);                                                           \
    } while (0)

STORE_TEST(the_nearest_of_a_scope_come_first) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    WRITE(DOCUMENT("acme", "ada", "near", 1, 1, 0.1F, 0), DOCUMENT("acme", "ada", "middle", 2, 1, 1, 0),
          DOCUMENT("acme", "ada", "far", 3, -1, 0, 0), DOCUMENT("acme", "bob", "his", 4, 1, 0, 0),
          DOCUMENT("other", "ada", "theirs", 5, 1, 0, 0));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "near middle far");
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 2), "near middle");
    cr_expect_str_eq(ASK("acme", NULL, 1, 0, 0, 10), "his near middle far");
    cr_expect_str_eq(ASK("other", NULL, 1, 0, 0, 10), "theirs");
    cr_expect_str_eq(ASK("nobody", NULL, 1, 0, 0, 10), "");
    cr_expect_str_eq(ASK("acme", "ada' OR '1'='1", 1, 0, 0, 10), "");
}

STORE_TEST(every_part_of_a_scope_restricts) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    struct mneme_vector_change one = DOCUMENT("acme", "ada", "one", 1, 1, 0, 0);
    struct mneme_vector_change two = DOCUMENT("acme", "ada", "two", 2, 1, 0, 0);
    one.scope.agent_id = MNEME_STR_LIT("bot");
    one.scope.run_id = MNEME_STR_LIT("r1");
    two.scope.agent_id = MNEME_STR_LIT("bot");
    two.scope.run_id = MNEME_STR_LIT("r2");
    two.scope.conversation_id = MNEME_STR_LIT("c");
    WRITE(one, two);
    const float floats[MNEME_VECTOR_CASE_DIMENSIONS] = {1};
    const struct {
        struct mneme_vector_scope scope;
        size_t count;
    } cases[] = {
        {{.tenant = MNEME_STR_LIT("acme"), .agent_id = MNEME_STR_LIT("bot")}, 2},
        {{.tenant = MNEME_STR_LIT("acme"), .agent_id = MNEME_STR_LIT("bot"), .run_id = MNEME_STR_LIT("r2")},
         1},
        {{.tenant = MNEME_STR_LIT("acme"), .conversation_id = MNEME_STR_LIT("c")}, 1},
        {{.tenant = MNEME_STR_LIT("acme"), .user_id = MNEME_STR_LIT("ada"), .run_id = MNEME_STR_LIT("r3")},
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mneme_vector_question question = {.scope = cases[i].scope,
                                                 .vector = floats,
                                                 .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
                                                 .k = 10,
                                                 .min_similarity = -INFINITY};
        cr_assert_eq(mneme_vectors_query(&vectors.matches, vectors.vectors, &question, &vectors.error), 0,
                     "%s", vectors.error.message);
        cr_expect_eq(vectors.matches.count, cases[i].count, "case %zu: %zu", i, vectors.matches.count);
    }
}

STORE_TEST(older_never_overwrites_newer) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    struct mneme_vector_change first = DOCUMENT("acme", "ada", "a", 10, 1, 0, 0);
    WRITE(first, DOCUMENT("acme", "ada", "b", 11, 0, 1, 0));
    WRITE(DOCUMENT("acme", "ada", "a", 5, -1, 0, 0));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "a b");
    WRITE(GONE(first, 9));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "a b");
    WRITE(GONE(first, 20));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "b");
    WRITE(DOCUMENT("acme", "ada", "a", 19, 1, 0, 0));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "b", "a late vector stays deleted");
    WRITE(DOCUMENT("acme", "ada", "a", 21, 1, 0, 0));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "a b");
    WRITE(GONE(DOCUMENT("acme", "ada", "never", 1, 1, 0, 0), 30));
    WRITE(DOCUMENT("acme", "ada", "never", 29, 1, 0, 0));
    cr_expect_str_eq(ASK("acme", "ada", 1, 0, 0, 10), "a b", "also one that was never there");
}

STORE_TEST(an_update_moves_vector_and_scope) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    struct mneme_vector_change change = DOCUMENT("acme", "ada", "a", 1, 1, 0, 0);
    change.scope.run_id = MNEME_STR_LIT("r");
    WRITE(change, DOCUMENT("acme", "ada", "b", 2, 0, 1, 0));
    struct mneme_vector_change updated = DOCUMENT("acme", "ada", "a", 3, 0, 0, 1);
    updated.scope.agent_id = MNEME_STR_LIT("bot");
    WRITE(updated);
    cr_expect_str_eq(ASK("acme", "ada", 0, 1, 0, 1), "b");
    cr_expect_str_eq(ASK("acme", "ada", 0, 0, 1, 1), "a");
    const float floats[MNEME_VECTOR_CASE_DIMENSIONS] = {1};
    struct mneme_vector_question question = {
        .scope = {.tenant = MNEME_STR_LIT("acme"), .run_id = MNEME_STR_LIT("r")},
        .vector = floats,
        .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
        .k = 10,
        .min_similarity = -INFINITY};
    cr_assert_eq(mneme_vectors_query(&vectors.matches, vectors.vectors, &question, &vectors.error), 0);
    cr_expect_eq(vectors.matches.count, 0, "the former run is no more");
}

STORE_TEST(a_thousand_updates_leave_one_document) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    for (int i = 0; i < 1000; i += 100) {
        WRITE(DOCUMENT("acme", "ada", "a", i + 1, 1, (float)i, 0));
    }
    cr_expect_str_eq(ASK("acme", "ada", 1, 900, 0, 10), "a");
    cr_expect_float_eq(vectors.matches.items[0].similarity, 1, 1e-5);
}

STORE_TEST(what_was_not_committed_can_be_written_again) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    const float x[] = {1, 0};
    const struct mneme_vector_change lost[] = {
        DOCUMENT("acme", "ada", "a", 1, 1, 0, 0),
        RAW("acme", "c", "v", 1, "{\"old\":1,\"both\":\"x\"}", x, 2),
    };
    cr_assert_eq(mneme_vector_case_write(&vectors, lost, 2, false), 0, "%s", vectors.error.message);
    WRITE(DOCUMENT("acme", "ada", "a", 2, 0, 1, 0), RAW("acme", "c", "v", 2, "{\"both\":\"y\"}", x, 2));
    cr_expect_str_eq(ASK("acme", "ada", 0, 1, 0, 10), "a");
    cr_expect_float_eq(vectors.matches.items[0].similarity, 1, 1e-6);
    cr_expect_str_eq(ASK_RAW("acme", "c", "{\"old\":1}", x, 2, 10), "");
    cr_expect_str_eq(ASK_RAW("acme", "c", "{\"both\":\"y\"}", x, 2, 10), "v {\"both\":\"y\"};");
}

STORE_TEST(similarities_and_vectors_of_given_documents) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    WRITE(DOCUMENT("acme", "ada", "a", 1, 3, 4, 0), DOCUMENT("acme", "ada", "b", 2, 0.5F, 0, 0),
          DOCUMENT("other", "ada", "c", 3, 1, 0, 0));
    const struct mneme_vector_document_key keys[] = {
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT("b")},
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT("c")},
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT("a")},
    };
    const float floats[MNEME_VECTOR_CASE_DIMENSIONS] = {1};
    double similarities[3];
    const struct {
        enum mneme_vector_metric metric;
        double b, a;
    } cases[] = {{MNEME_METRIC_ANY, 1, 0.6},
                 {MNEME_METRIC_DOT, 0.5, 3},
                 {MNEME_METRIC_EUCLIDEAN, 1 / 1.5, 1 / (1 + sqrt(20))}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(mneme_vectors_similarities(similarities, vectors.vectors, MNEME_STR_LIT("acme"), keys, 3,
                                                floats, MNEME_VECTOR_CASE_DIMENSIONS, cases[i].metric,
                                                &vectors.error),
                     0, "%s", vectors.error.message);
        cr_expect_float_eq(similarities[0], cases[i].b, 1e-6, "%g", similarities[0]);
        cr_expect(isnan(similarities[1]), "another tenant's document is none");
        cr_expect_float_eq(similarities[2], cases[i].a, 1e-6, "%g", similarities[2]);
    }
    float fetched[3 * MNEME_VECTOR_CASE_DIMENSIONS];
    bool found[3];
    cr_assert_eq(
        mneme_vectors_fetch(fetched, found, vectors.vectors, MNEME_STR_LIT("acme"), keys, 3, &vectors.error),
        0, "%s", vectors.error.message);
    cr_expect(found[0] && !found[1] && found[2]);
    cr_expect_eq(fetched[0], 0.5F);
    cr_expect_eq(fetched[2 * MNEME_VECTOR_CASE_DIMENSIONS + 1], 4.0F);
}

STORE_TEST(any_metric_can_be_asked_for) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    WRITE(DOCUMENT("acme", "ada", "long", 1, 9, 1, 0), DOCUMENT("acme", "ada", "same", 2, 1, 0, 0),
          DOCUMENT("acme", "ada", "close", 3, 1, 0.2F, 0));
    const float floats[MNEME_VECTOR_CASE_DIMENSIONS] = {1};
    const struct {
        enum mneme_vector_metric metric;
        const char *first;
    } cases[] = {{MNEME_METRIC_ANY, "same"}, {MNEME_METRIC_DOT, "long"}, {MNEME_METRIC_EUCLIDEAN, "same"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mneme_vector_question question = {.scope = {.tenant = MNEME_STR_LIT("acme")},
                                                 .vector = floats,
                                                 .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
                                                 .k = 3,
                                                 .metric = cases[i].metric,
                                                 .min_similarity = 0.7};
        cr_assert_eq(mneme_vectors_query(&vectors.matches, vectors.vectors, &question, &vectors.error), 0,
                     "%s", vectors.error.message);
        cr_assert_geq(vectors.matches.count, 1);
        cr_expect(mneme_str_equal(vectors.matches.items[0].key.ref, mneme_str_from(cases[i].first)));
        for (size_t k = 0; k < vectors.matches.count; k++) {
            cr_expect_geq(vectors.matches.items[k].similarity, 0.7);
        }
    }
}

STORE_TEST(a_generation_is_compared_by_its_metric) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_EUCLIDEAN);
    WRITE(DOCUMENT("acme", "ada", "a", 1, 3, 4, 0));
    cr_expect_str_eq(ASK("acme", "ada", 0, 0, 0, 1), "a");
    cr_expect_float_eq(vectors.matches.items[0].similarity, 1.0 / 6, 1e-6);
}

STORE_TEST(other_dimensions_are_refused) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    const float floats[] = {1, 0};
    struct mneme_vector_change change = DOCUMENT("acme", "ada", "a", 1, 1, 0, 0);
    change.vector.len = sizeof floats;
    cr_expect_eq(mneme_vector_case_write(&vectors, &change, 1, true), MNEME_E_UNSAFE);
    cr_expect(strstr(vectors.error.message, "has 2 dimensions") != NULL, "%s", vectors.error.message);
    struct mneme_vector_question question = {
        .scope = {.tenant = MNEME_STR_LIT("acme")}, .vector = floats, .dimensions = 2, .k = 1};
    cr_expect_eq(mneme_vectors_query(&vectors.matches, vectors.vectors, &question, &vectors.error),
                 MNEME_E_INVALID);
    const float strange[MNEME_VECTOR_CASE_DIMENSIONS] = {NAN};
    question.vector = strange;
    question.dimensions = MNEME_VECTOR_CASE_DIMENSIONS;
    cr_expect_eq(mneme_vectors_query(&vectors.matches, vectors.vectors, &question, &vectors.error),
                 MNEME_E_INVALID);
}

STORE_TEST(raw_vectors_lie_in_collections_of_tenants) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    const float x[] = {1, 0, 0};
    const float y[] = {0.5F, 1, 0};
    struct mneme_vector_change blue = RAW("acme", "colors", "blue", 2, "{\"dark\":true,\"n\":2}", y, 3);
    WRITE(RAW("acme", "colors", "red", 1, "{\"dark\":true,\"n\":1,\"tags\":[1]}", x, 3), blue,
          RAW("acme", "shapes", "disc", 3, NULL, x, 2), RAW("other", "colors", "green", 4, NULL, x, 3));
    cr_expect_str_eq(ASK_RAW("acme", "colors", "{\"n\":2,\"dark\":true}", x, 3, 10),
                     "blue {\"dark\":true,\"n\":2};");
    cr_expect_str_eq(ASK_RAW("acme", "colors", "{\"n\":3}", x, 3, 10), "");
    cr_expect_str_eq(ASK_RAW("acme", "shapes", NULL, x, 2, 10), "disc ;");
    cr_expect_str_eq(ASK_RAW("other", "colors", NULL, x, 3, 10), "green ;");
    cr_expect_str_eq(ASK_RAW("other", "shapes", NULL, x, 2, 10), "");
    WRITE(GONE(blue, 9));
    cr_expect_str_eq(ASK_RAW("acme", "colors", "{\"dark\":true}", y, 3, 10),
                     "red {\"dark\":true,\"n\":1,\"tags\":[1]};");
    cr_expect_str_eq(ASK("acme", NULL, 1, 0, 0, 10), "", "a raw vector is no document");
}

STORE_TEST(a_collection_keeps_its_dimensions_and_metric) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    const float x[] = {1, 0, 0};
    struct mneme_vector_change dot = RAW("acme", "c", "a", 1, NULL, x, 3);
    dot.metric = MNEME_METRIC_DOT;
    WRITE(dot);
    bool is_there;
    int32_t dimensions;
    enum mneme_vector_metric metric;
    cr_assert_eq(mneme_vectors_collection(&is_there, &dimensions, &metric, vectors.vectors,
                                          MNEME_STR_LIT("acme"), MNEME_STR_LIT("c"), &vectors.error),
                 0);
    cr_expect(is_there && dimensions == 3 && metric == MNEME_METRIC_DOT);
    struct mneme_vector_change other = RAW("acme", "c", "b", 2, NULL, x, 2);
    cr_expect_eq(mneme_vector_case_write(&vectors, &other, 1, true), MNEME_E_INVALID);
    cr_expect(strstr(vectors.error.message, "has 2 dimensions, and the collection has 3") != NULL, "%s",
              vectors.error.message);
    other = RAW("acme", "c", "b", 2, NULL, x, 3);
    other.metric = MNEME_METRIC_COSINE;
    cr_expect_eq(mneme_vector_case_write(&vectors, &other, 1, true), MNEME_E_INVALID);
    struct mneme_raw_question question = {.tenant = MNEME_STR_LIT("acme"),
                                          .collection = MNEME_STR_LIT("c"),
                                          .vector = x,
                                          .dimensions = 3,
                                          .k = 1,
                                          .metric = MNEME_METRIC_COSINE};
    cr_expect_eq(mneme_vectors_query_raw(&vectors.raw_matches, vectors.vectors, &question, &vectors.error),
                 MNEME_E_INVALID);
    question.metric = MNEME_METRIC_DOT;
    question.filter_json = MNEME_STR_LIT("{\"a\":{}}");
    cr_expect_eq(mneme_vectors_query_raw(&vectors.raw_matches, vectors.vectors, &question, &vectors.error),
                 MNEME_E_INVALID);
}

static int count_row(void *context, const struct mneme_vector_change *change) {
    struct mneme_buffer *text = context;
    mneme_buffer_printf(text, "%.*s/%.*s %.*s %lld %lld %zu;", MNEME_STR_ARG(change->scope.tenant),
                        MNEME_STR_ARG(change->document.kind), MNEME_STR_ARG(change->document.ref),
                        (long long)change->source_sequence,
                        (long long)(mneme_vector_change_is_raw(change) ? 0 : change->created_at),
                        change->vector.len);
    return MNEME_OK;
}

STORE_TEST(a_scan_gives_all_that_is_there) {
    SET_UP(MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    const float x[] = {1, 0};
    WRITE(DOCUMENT("acme", "ada", "a", 7, 1, 0, 0), RAW("acme", "c", "v", 8, NULL, x, 2));
    struct mneme_buffer text = {0};
    cr_assert_eq(mneme_pg_run(vectors.postgres, "BEGIN", &vectors.error), 0);
    cr_assert_eq(vectors.generation.store->scan(vectors.store, count_row, &text, &vectors.error), 0, "%s",
                 vectors.error.message);
    cr_assert_eq(mneme_pg_run(vectors.postgres, "COMMIT", &vectors.error), 0);
    mneme_buffer_append_byte(&text, 0);
    cr_expect(strstr(text.data, "acme/memory a 7 1767225600123463 32;") != NULL, "%s", text.data);
    cr_expect(strstr(text.data, "acme/vector v/c 8 0 8;") != NULL, "%s", text.data);
    mneme_buffer_clean_up(&text);
}
