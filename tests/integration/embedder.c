/*
 * The embedding client against the local model server, and against one that answers as it is told.
 */
#include "endpoints/embedding/embedder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "endpoints/embedding/query.h"
#include "tests/support/fake_server.h"
#include "tests/support/fixture.h"

#define TWO_VECTORS "{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[3,4]}]}"
#define ONE_VECTOR "{\"data\":[{\"embedding\":[1,2]}]}"
#define REFUSED "{\"error\":{\"message\":\"too long\"}}"

static struct mneme_config *config;
static struct mneme_embedder *embedder;
static struct mneme_fake_server *fake;
static struct mneme_error error;

static void set(enum mneme_setting setting, const char *value) {
    cr_assert_eq(mneme_config_set(config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static void set_up(void) {
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK, "%s", error.message);
    set(MNEME_SETTING_EMBEDDING_MODEL, "all-minilm-l6-v2"); /* the fast one */
    set(MNEME_SETTING_RETRY_INITIAL_MS, "1");
    set(MNEME_SETTING_RETRY_MAX_MS, "5");
}

static void tear_down(void) {
    mneme_embedder_close(embedder);
    if (fake != NULL) {
        mneme_fake_server_stop(fake);
    }
    mneme_config_destroy(config);
}

TestSuite(embedder, .init = set_up, .fini = tear_down, .timeout = 60);

static void open_real(void) {
    cr_assert_not_null(getenv("OPENAI_BASE_URL"), "set the environment of ops/stack env");
    cr_assert_eq(mneme_embedder_open(&embedder, config, NULL, &error), MNEME_OK, "%s", error.message);
}

/* An endpoint that gives these answers, the last one again and again. */
static void open_fake(const struct mneme_fake_answer *answers, size_t count) {
    char url[64];
    fake = mneme_fake_server_start(0, answers, count);
    cr_assert_not_null(fake);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", mneme_fake_server_port(fake));
    set(MNEME_SETTING_OPENAI_BASE_URL, url);
    set(MNEME_SETTING_EMBEDDING_CONCURRENCY, "1");
    cr_assert_eq(mneme_embedder_open(&embedder, config, NULL, &error), MNEME_OK, "%s", error.message);
}

static int embed(struct mneme_embedder_item *items, size_t count, int64_t timeout_ms) {
    const struct mneme_embedder_bounds bounds = {.timeout_ms = timeout_ms};
    return mneme_embedder_embed(embedder, MNEME_EMBEDDER_PASSAGE, items, count, &bounds, &error);
}

static float dot(const float *a, const float *b, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

Test(embedder, many_texts_have_their_own_vectors_whatever_the_requests_are) {
    enum { COUNT = 150 };
    static char texts[COUNT][64];
    static float vectors[COUNT][384];
    struct mneme_embedder_item items[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "note %zu about \"tea\"\n\\ %s", i, i % 3 == 0 ? "茶" : "");
        items[i].text = mneme_str_from(texts[i]);
    }
    set(MNEME_SETTING_EMBEDDING_BATCH, "7");
    set(MNEME_SETTING_EMBEDDING_CONCURRENCY, "3");
    open_real();
    cr_assert_eq(mneme_embedder_dimensions(embedder), 0);
    cr_assert_eq(embed(items, COUNT, 0), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_embedder_dimensions(embedder), 384);
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_not_null(items[i].vector);
        memcpy(vectors[i], items[i].vector, sizeof vectors[i]);
        cr_assert_float_eq(dot(vectors[i], vectors[i], 384), 1, 1e-4);
    }
    for (size_t i = 0; i < COUNT; i += 37) {
        struct mneme_embedder_item alone = {.text = items[i].text};
        cr_assert_eq(embed(&alone, 1, 0), MNEME_OK, "%s", error.message);
        cr_assert_float_eq(dot(alone.vector, vectors[i], 384), 1, 1e-4);
    }
}

Test(embedder, questions_go_behind_the_prefix_of_their_model) {
    const struct mneme_embedder_model_info with = {"all-minilm-l6-v2", "motor oil: ", "", 0};
    const struct mneme_embedder_model_info without = {"all-minilm-l6-v2", "", "", 0};
    struct mneme_embedder_item question = {.text = MNEME_STR_LIT("tea")};
    struct mneme_embedder_item whole = {.text = MNEME_STR_LIT("motor oil: tea")};
    float first[384];
    cr_assert_eq(mneme_embedder_open(&embedder, config, &with, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_embedder_embed(embedder, MNEME_EMBEDDER_QUERY, &question, 1, NULL, &error), MNEME_OK);
    memcpy(first, question.vector, sizeof first);
    mneme_embedder_close(embedder);
    cr_assert_eq(mneme_embedder_open(&embedder, config, &without, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(embed(&whole, 1, 0), MNEME_OK);
    cr_assert_float_eq(dot(first, whole.vector, 384), 1, 1e-4);
}

Test(embedder, an_unknown_model_is_an_error_of_the_settings) {
    struct mneme_embedder_item item = {.text = MNEME_STR_LIT("tea")};
    set(MNEME_SETTING_EMBEDDING_MODEL, "no-such-model");
    open_real();
    cr_assert_eq(embed(&item, 1, 0), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "there is no model 'no-such-model'"), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "EMBEDDING_MODEL"), "%s", error.message);
}

Test(embedder, a_failure_is_tried_again_until_it_is_answered) {
    static const struct mneme_fake_answer answers[] = {{500, "{}", NULL, NULL},
                                                       {200, "<html>", NULL, NULL},
                                                       {200, "{\"data\":[]}", NULL, NULL},
                                                       {200, TWO_VECTORS, NULL, NULL}};
    struct mneme_embedder_item items[] = {{.text = MNEME_STR_LIT("a")}, {.text = MNEME_STR_LIT("b")}};
    open_fake(answers, 4);
    cr_assert_eq(embed(items, 2, 0), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_fake_server_requests(fake), 4);
    cr_assert_eq(items[1].vector[1], 4);
}

Test(embedder, after_its_tries_the_endpoint_counts_as_away_and_then_is_left_alone) {
    static const struct mneme_fake_answer answers[] = {{503, "over capacity", NULL, NULL}};
    struct mneme_embedder_item item = {.text = MNEME_STR_LIT("a")};
    set(MNEME_SETTING_EMBEDDING_BREAKER_FAILURES, "4");
    open_fake(answers, 1);
    cr_assert_eq(embed(&item, 1, 0), MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "answered 503: over capacity"), "%s", error.message);
    cr_assert_eq(embed(&item, 1, 0), MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "gets no requests for another"), "%s", error.message);
    cr_assert_eq(mneme_fake_server_requests(fake), 4);
}

Test(embedder, a_text_that_is_refused_is_found_and_the_others_are_embedded) {
    static const struct mneme_fake_answer answers[] = {
        {400, REFUSED, NULL, NULL}, {200, ONE_VECTOR, NULL, NULL}, {400, REFUSED, NULL, NULL}};
    struct mneme_embedder_item items[] = {{.text = MNEME_STR_LIT("a")}, {.text = MNEME_STR_LIT("b")}};
    open_fake(answers, 3);
    cr_assert_eq(embed(items, 2, 0), MNEME_OK, "%s", error.message);
    cr_assert_not_null(items[0].vector);
    cr_assert_null(items[0].refusal);
    cr_assert_null(items[1].vector);
    cr_assert_not_null(strstr(items[1].refusal, "too long"), "%s", items[1].refusal);
}

Test(embedder, an_endpoint_that_refuses_every_text_is_wrong_itself) {
    static const struct mneme_fake_answer answers[] = {{422, REFUSED, NULL, NULL}};
    struct mneme_embedder_item items[] = {{.text = MNEME_STR_LIT("a")}, {.text = MNEME_STR_LIT("b")}};
    open_fake(answers, 1);
    cr_assert_eq(embed(items, 2, 0), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "every text is refused"), "%s", error.message);
}

Test(embedder, the_endpoint_cannot_change_its_dimension) {
    static const struct mneme_fake_answer answers[] = {
        {200, ONE_VECTOR, NULL, NULL}, {200, "{\"data\":[{\"embedding\":[1,2,3]}]}", NULL, NULL}};
    struct mneme_embedder_item item = {.text = MNEME_STR_LIT("a")};
    open_fake(answers, 2);
    cr_assert_eq(embed(&item, 1, 0), MNEME_OK, "%s", error.message);
    cr_assert_eq(embed(&item, 1, 0), MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "sent an invalid answer: a vector has 3 dimensions, not 2"),
                       "%s", error.message);
}

Test(embedder, a_refused_key_is_said_to_be_one_and_never_shown) {
    static const struct mneme_fake_answer answers[] = {{401, "{\"error\":\"bad key\"}", NULL, NULL}};
    struct mneme_embedder_item item = {.text = MNEME_STR_LIT("a")};
    set(MNEME_SETTING_OPENAI_API_KEY, "sk-secret");
    open_fake(answers, 1);
    cr_assert_eq(embed(&item, 1, 0), MNEME_E_DENIED);
    cr_assert_not_null(strstr(error.message, "check OPENAI_API_KEY"), "%s", error.message);
    cr_assert_null(strstr(error.message, "sk-secret"));
}

Test(embedder, the_request_names_model_form_and_dimensions) {
    static const struct mneme_fake_answer answers[] = {{200, ONE_VECTOR, NULL, NULL}};
    struct mneme_embedder_item item = {.text = MNEME_STR_LIT("a \"b\"")};
    set(MNEME_SETTING_EMBEDDING_DIMENSIONS, "2");
    open_fake(answers, 1);
    cr_assert_eq(embed(&item, 1, 0), MNEME_OK, "%s", error.message);
    cr_assert_str_eq(mneme_fake_server_target(fake), "POST /v1/embeddings");
    cr_assert_str_eq(mneme_fake_server_body(fake),
                     "{\"model\":\"all-minilm-l6-v2\",\"encoding_format\":\"base64\",\"dimensions\":2,"
                     "\"input\":[\"a \\\"b\\\"\"]}");
}

static bool yes(void *context) {
    (void)context;
    return true;
}

Test(embedder, a_call_ends_at_its_bound_and_when_it_is_interrupted) {
    struct mneme_embedder_item item = {.text = MNEME_STR_LIT("a")};
    set(MNEME_SETTING_OPENAI_BASE_URL, "http://127.0.0.1:1/v1"); /* nobody listens there */
    set(MNEME_SETTING_EMBEDDING_TRIES, "100");
    set(MNEME_SETTING_EMBEDDING_BREAKER_FAILURES, "1000");
    set(MNEME_SETTING_RETRY_INITIAL_MS, "100");
    set(MNEME_SETTING_RETRY_MAX_MS, "1000");
    cr_assert_eq(mneme_embedder_open(&embedder, config, NULL, &error), MNEME_OK, "%s", error.message);
    int64_t start = mneme_clock_monotonic_micros();
    cr_assert_eq(embed(&item, 1, 300), MNEME_E_TIMEOUT);
    int64_t took = mneme_clock_monotonic_micros() - start;
    cr_assert(took >= 300000 && took < 5000000, "%lld", (long long)took);
    const struct mneme_embedder_bounds bounds = {.is_interrupted = yes};
    cr_assert_eq(mneme_embedder_embed(embedder, MNEME_EMBEDDER_PASSAGE, &item, 1, &bounds, &error),
                 MNEME_E_TIMEOUT);
    cr_assert_not_null(strstr(error.message, "interrupted"), "%s", error.message);
}

Test(embedder, an_address_that_is_none_is_refused_at_once) {
    set(MNEME_SETTING_OPENAI_BASE_URL, "127.0.0.1:8080");
    cr_assert_eq(mneme_embedder_open(&embedder, config, NULL, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "OPENAI_BASE_URL"), "%s", error.message);
}

Test(embedder, no_text_needs_no_request) {
    static const struct mneme_fake_answer answers[] = {{500, "", NULL, NULL}};
    open_fake(answers, 1);
    cr_assert_eq(embed(NULL, 0, 0), MNEME_OK);
    cr_assert_eq(mneme_fake_server_requests(fake), 0);
}

/* --- questions and their cache --- */

static struct mneme_embedder_query *open_questions(const char *redis_prefix) {
    struct mneme_embedder_query *questions = NULL;
    set(MNEME_SETTING_REDIS_PREFIX, redis_prefix);
    cr_assert_eq(mneme_embedder_query_open(&questions, config, NULL, &error), MNEME_OK, "%s", error.message);
    return questions;
}

static void expect_vector(struct mneme_embedder_query *questions, const char *question) {
    const float *vector;
    size_t dimensions;
    cr_assert_eq(
        mneme_embedder_query_embed(&vector, &dimensions, questions, mneme_str_from(question), 5000, &error),
        MNEME_OK, "%s", error.message);
    cr_assert_eq(dimensions, 2);
    cr_assert(vector[0] == 1 && vector[1] == 2);
}

Test(embedder, a_question_is_embedded_once_and_then_comes_from_redis) {
    static const struct mneme_fake_answer answers[] = {{200, ONE_VECTOR, NULL, NULL}};
    struct mneme_fixture fixture = {0};
    cr_assert_eq(mneme_fixture_set_up(&fixture, 0, 0, &error), MNEME_OK, "%s", error.message);
    open_fake(answers, 1);
    set(MNEME_SETTING_EMBEDDING_CACHE_TTL_S, "60");
    for (int i = 0; i < 2; i++) { /* a second process finds it, too */
        struct mneme_embedder_query *questions = open_questions(fixture.redis_prefix);
        expect_vector(questions, "where is the tea?");
        expect_vector(questions, "where is the tea?");
        mneme_embedder_query_close(questions);
    }
    cr_assert_eq(mneme_fake_server_requests(fake), 1);
    set(MNEME_SETTING_EMBEDDING_QUERY_PREFIX, "another prefix: ");
    struct mneme_embedder_query *questions = open_questions(fixture.redis_prefix);
    expect_vector(questions, "where is the tea?");
    expect_vector(questions, "where is the milk?");
    mneme_embedder_query_close(questions);
    cr_assert_eq(mneme_fake_server_requests(fake), 3);
    mneme_fixture_tear_down(&fixture);
}

Test(embedder, without_redis_a_question_is_embedded_each_time) {
    static const struct mneme_fake_answer answers[] = {{200, ONE_VECTOR, NULL, NULL}};
    open_fake(answers, 1);
    set(MNEME_SETTING_REDIS_URL, "redis://127.0.0.1:1/0");
    struct mneme_embedder_query *questions = open_questions("test:");
    expect_vector(questions, "where is the tea?");
    expect_vector(questions, "where is the tea?");
    mneme_embedder_query_close(questions);
    cr_assert_eq(mneme_fake_server_requests(fake), 2);
}
