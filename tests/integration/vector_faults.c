/*
 * Stores that are away, answer nonsense, or have lost what they held; and a scope that is too large to be
 * compared one by one.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stores/vectors/chroma/chroma.h"
#include "tests/support/embedding_load.h"
#include "tests/support/fake_server.h"
#include "tests/support/vector_case.h"

static struct mneme_vector_case vectors;

static void tear_down(void) {
    mneme_vector_case_tear_down(&vectors);
}

TestSuite(vector_faults, .fini = tear_down, .timeout = 120);

#define DOCUMENT(...) mneme_vector_case_document(&vectors, __VA_ARGS__)

static const float floats[MNEME_VECTOR_CASE_DIMENSIONS] = {1};
static const struct mneme_vector_question question = {.scope = {.tenant = {"acme", 4}},
                                                      .vector = floats,
                                                      .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
                                                      .k = 10,
                                                      .min_similarity = -INFINITY};

/* Opens writer and reader anew, with that address; gives what write and query say. */
static void ask_at(const char *url, int *write_status, int *query_status) {
    struct mneme_vector_change change = DOCUMENT("acme", "ada", "b", 2, 1, 0, 0);
    vectors.generation.store->close(vectors.store);
    vectors.store = NULL;
    mneme_vectors_close(vectors.vectors);
    vectors.vectors = NULL;
    cr_assert_eq(mneme_config_set(vectors.fixture.config, MNEME_SETTING_CHROMA_URL, url, MNEME_FROM_OPTION,
                                  &vectors.error),
                 0);
    cr_assert_eq(mneme_vector_store_open(&vectors.store, vectors.fixture.config, vectors.postgres,
                                         &vectors.generation, &vectors.error),
                 0);
    cr_assert_eq(
        mneme_vectors_open(&vectors.vectors, vectors.fixture.config, vectors.reader, NULL, &vectors.error),
        0);
    *query_status = mneme_vectors_query(&vectors.matches, vectors.vectors, &question, &vectors.error);
    *write_status = mneme_vector_case_write(&vectors, &change, 1, true);
}

static void set_up_chroma(char *url, size_t size) {
    mneme_vector_case_set_up(&vectors, "chroma", MNEME_GENERATION_ACTIVE, MNEME_METRIC_COSINE);
    snprintf(url, size, "%s", mneme_config_string(vectors.fixture.config, MNEME_SETTING_CHROMA_URL));
    struct mneme_vector_change change = DOCUMENT("acme", "ada", "a", 1, 1, 0, 0);
    cr_assert_eq(mneme_vector_case_write(&vectors, &change, 1, true), 0, "%s", vectors.error.message);
}

Test(vector_faults, chroma_that_is_away_or_answers_nonsense_is_waited_for) {
    char real[256];
    int write_status;
    int query_status;
    set_up_chroma(real, sizeof real);
    static const struct {
        struct mneme_fake_answer answer;
        int status;
    } cases[] = {
        {{200, "<html><body>Welcome</body></html>", NULL, NULL}, MNEME_E_UNAVAILABLE},
        {{200, "{\"ids\": [[\"a\"", NULL, NULL}, MNEME_E_UNAVAILABLE},
        {{200, "[]", NULL, NULL}, MNEME_E_UNAVAILABLE},
        {{302, "", "http://127.0.0.1:1/", NULL}, MNEME_E_UNAVAILABLE},
        {{503, "{\"message\": \"busy\"}", NULL, NULL}, MNEME_E_UNAVAILABLE},
        {{429, "", NULL, NULL}, MNEME_E_UNAVAILABLE},
        {{401, "", NULL, NULL}, MNEME_E_DENIED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[64];
        struct mneme_fake_server *fake = mneme_fake_server_start(0, &cases[i].answer, 1);
        cr_assert_not_null(fake);
        snprintf(url, sizeof url, "http://127.0.0.1:%d", mneme_fake_server_port(fake));
        ask_at(url, &write_status, &query_status);
        mneme_fake_server_stop(fake);
        cr_expect_eq(write_status, cases[i].status, "case %zu: %s", i, vectors.error.message);
        cr_expect_eq(query_status, cases[i].status, "case %zu: %s", i, vectors.error.message);
    }
    ask_at("http://127.0.0.1:1", &write_status, &query_status);
    cr_expect_eq(write_status, MNEME_E_UNAVAILABLE);
    cr_expect_eq(query_status, MNEME_E_UNAVAILABLE);
    cr_expect(strstr(vectors.error.message, "CHROMA_URL") != NULL, "%s", vectors.error.message);
    ask_at(real, &write_status, &query_status);
    cr_expect_eq(write_status, 0, "%s", vectors.error.message);
    cr_expect_str_eq(mneme_vector_case_ask(&vectors, "acme", "ada", 1, 0, 0, 10), "a b");
}

Test(vector_faults, chroma_that_has_lost_a_collection_is_not_filled_with_the_rest) {
    char url[256];
    int write_status;
    int query_status;
    struct mneme_chroma_place place;
    char path[sizeof place.name + 32];
    set_up_chroma(url, sizeof url);
    cr_assert_eq(mneme_chroma_find(&place, vectors.store, MNEME_STR_LIT("acme"), MNEME_STR_NULL,
                                   MNEME_METRIC_COSINE, false, &vectors.error),
                 0);
    snprintf(path, sizeof path, "/collections/%s", place.name);
    cr_assert_eq(mneme_chroma_call(NULL, vectors.store, "DELETE", path, false, "delete", &vectors.error), 0);
    struct mneme_vector_change change = DOCUMENT("acme", "ada", "c", 3, 1, 0, 0);
    cr_expect_eq(mneme_vector_case_write(&vectors, &change, 1, true), MNEME_E_UNSAFE);
    ask_at(url, &write_status, &query_status);
    cr_expect_eq(write_status, MNEME_E_UNSAFE);
    cr_expect_eq(query_status, MNEME_E_UNSAFE);
    cr_expect(strstr(vectors.error.message, "mneme rebuild vectors") != NULL, "%s", vectors.error.message);
}

/* What a writer that lost its partition left in Chroma after another one had gone on. */
Test(vector_faults, what_a_late_writer_left_in_chroma_is_not_given) {
    char url[256];
    set_up_chroma(url, sizeof url);
    cr_assert_eq(mneme_pg_run(vectors.postgres,
                              "UPDATE stored_documents SET source_sequence = 9, is_deleted = true",
                              &vectors.error),
                 0);
    cr_expect_str_eq(mneme_vector_case_ask(&vectors, "acme", "ada", 1, 0, 0, 10), "");
}

Test(vector_faults, a_large_scope_is_answered_in_full_by_the_index) {
    static const struct mneme_embedding_load load = {
        .vectors = 26000, .users = 13, .dimensions = MNEME_VECTOR_CASE_DIMENSIONS, .model = "tests"};
    static struct mneme_vector_change changes[26000];
    mneme_vector_case_set_up(&vectors, "pgvector", MNEME_GENERATION_FILLING, MNEME_METRIC_COSINE);
    for (long i = 0; i < load.vectors; i++) {
        changes[i] = mneme_embedding_load_change(&load, i, &vectors.arena);
        changes[i].scope.run_id = i % 100 == 0 ? MNEME_STR_LIT("few") : MNEME_STR_NULL;
    }
    cr_assert_eq(mneme_pgvector_store.load(vectors.store, changes, (size_t)load.vectors, &vectors.error), 0,
                 "%s", vectors.error.message);
    cr_assert_eq(mneme_pgvector_store.finish_load(vectors.store, 1, &vectors.error), 0, "%s",
                 vectors.error.message);
    struct mneme_vector_matches exact = {0};
    size_t common = 0;
    for (long i = 0; i < 50; i++) {
        float asked[MNEME_VECTOR_CASE_DIMENSIONS];
        mneme_embedding_load_vector(asked, &load, load.vectors + i);
        struct mneme_vector_question all = question;
        all.scope.tenant = MNEME_STR_LIT("default");
        all.vector = asked;
        cr_assert_eq(mneme_vectors_query(&vectors.matches, vectors.vectors, &all, &vectors.error), 0, "%s",
                     vectors.error.message);
        cr_assert_not(vectors.matches.is_exact);
        cr_assert_eq(vectors.matches.count, 10);
        all.metric = MNEME_METRIC_DOT; /* the same order, compared one by one */
        cr_assert_eq(mneme_vectors_query(&exact, vectors.vectors, &all, &vectors.error), 0);
        cr_assert(exact.is_exact);
        for (size_t k = 0; k < 100; k++) {
            common += mneme_str_equal(vectors.matches.items[k / 10].key.ref, exact.items[k % 10].key.ref);
        }
        all.metric = MNEME_METRIC_ANY;
        all.scope.run_id = MNEME_STR_LIT("few");
        cr_assert_eq(mneme_vectors_query(&exact, vectors.vectors, &all, &vectors.error), 0);
        cr_assert_eq(exact.count, 10, "a part of it");
    }
    cr_expect_geq(common, 495, "%zu of 500", common);
    mneme_vector_matches_clean_up(&exact);
}
