/*
 * What the embedding client decides by: models and their prefixes, HTTP statuses, the circuit breaker and the
 * rate limit, each by a time that is passed in.
 */
#include "endpoints/breaker.h"
#include "endpoints/embedding/models.h"
#include "endpoints/rate.h"
#include "endpoints/verdict.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define RETRIEVAL "Represent this sentence for searching relevant passages: "

Test(embedding_models, prefixes_follow_the_name) {
    static const struct {
        const char *name, *query, *passage;
    } rows[] = {
        {"bge-small-en-v1.5", RETRIEVAL, ""},
        {"BAAI/bge-large-en", RETRIEVAL, ""},
        {"BAAI/bge-m3", "", ""},
        {"all-minilm-l6-v2", "", ""},
        {"text-embedding-3-small", "", ""},
        {"intfloat/E5-base-v2", "query: ", "passage: "},
        {"intfloat/multilingual-e5-small", "query: ", "passage: "},
        {"nomic-embed-text:latest", "search_query: ", "search_document: "},
        {"snowflake-arctic-embed-l-v2.0", "query: ", ""},
        {"snowflake-arctic-embed-m", RETRIEVAL, ""},
        {"bge-small-en-v1.5/other", "", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mneme_embedder_known_model *model = mneme_embedder_known_model(rows[i].name);
        cr_assert_str_eq(model->query_prefix, rows[i].query, "%s", rows[i].name);
        cr_assert_str_eq(model->passage_prefix, rows[i].passage, "%s", rows[i].name);
    }
}

Test(embedding_models, settings_override_the_table) {
    struct mneme_config *config;
    struct mneme_embedder_model_info model;
    cr_assert_eq(mneme_config_load(&config, NULL, NULL), MNEME_OK);
    mneme_config_set(config, MNEME_SETTING_EMBEDDING_MODEL, "e5-base", MNEME_FROM_OPTION, NULL);
    mneme_config_set(config, MNEME_SETTING_EMBEDDING_QUERY_PREFIX, "", MNEME_FROM_OPTION, NULL);
    mneme_config_set(config, MNEME_SETTING_EMBEDDING_DIMENSIONS, "12", MNEME_FROM_OPTION, NULL);
    mneme_embedder_model_of(&model, config);
    cr_assert_str_eq(model.name, "e5-base");
    cr_assert_str_eq(model.query_prefix, "");
    cr_assert_str_eq(model.passage_prefix, "passage: ");
    cr_assert_eq(model.dimensions, 12);
    mneme_config_destroy(config);
}

Test(endpoint_verdict, every_status_has_its_verdict) {
    static const struct {
        long status;
        enum mneme_endpoint_verdict verdict;
    } rows[] = {
        {0, MNEME_ENDPOINT_RETRY},      {200, MNEME_ENDPOINT_OK},       {204, MNEME_ENDPOINT_RETRY},
        {301, MNEME_ENDPOINT_WRONG},    {400, MNEME_ENDPOINT_CONTENTS}, {401, MNEME_ENDPOINT_DENIED},
        {402, MNEME_ENDPOINT_DENIED},   {403, MNEME_ENDPOINT_DENIED},   {404, MNEME_ENDPOINT_WRONG},
        {405, MNEME_ENDPOINT_WRONG},    {408, MNEME_ENDPOINT_RETRY},    {413, MNEME_ENDPOINT_CONTENTS},
        {422, MNEME_ENDPOINT_CONTENTS}, {425, MNEME_ENDPOINT_RETRY},    {429, MNEME_ENDPOINT_BUSY},
        {500, MNEME_ENDPOINT_RETRY},    {501, MNEME_ENDPOINT_WRONG},    {502, MNEME_ENDPOINT_RETRY},
        {503, MNEME_ENDPOINT_RETRY},    {504, MNEME_ENDPOINT_RETRY},    {529, MNEME_ENDPOINT_RETRY},
        {600, MNEME_ENDPOINT_WRONG},    {-1, MNEME_ENDPOINT_WRONG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(mneme_endpoint_classify(rows[i].status), rows[i].verdict, "%ld", rows[i].status);
    }
}

Test(embedding_breaker, opens_after_failures_in_a_row_and_lets_one_try_when_its_time_is_over) {
    struct mneme_breaker breaker;
    mneme_breaker_init(&breaker, 3, 1000);
    for (int round = 0; round < 2; round++) { /* an answer in between begins the count anew */
        mneme_breaker_fail(&breaker, 0);
        mneme_breaker_fail(&breaker, 0);
        cr_assert(mneme_breaker_admit(&breaker, 0));
        mneme_breaker_succeed(&breaker);
    }
    for (int i = 0; i < 3; i++) {
        cr_assert(mneme_breaker_admit(&breaker, 10));
        mneme_breaker_fail(&breaker, 10);
    }
    cr_assert_not(mneme_breaker_admit(&breaker, 10));
    cr_assert_eq(mneme_breaker_wait_micros(&breaker, 110), 900);
    cr_assert_not(mneme_breaker_admit(&breaker, 1009));
    cr_assert(mneme_breaker_admit(&breaker, 1010));
    cr_assert_not(mneme_breaker_admit(&breaker, 1010), "one at a time");
    mneme_breaker_fail(&breaker, 1020);
    cr_assert_not(mneme_breaker_admit(&breaker, 2019));
    cr_assert(mneme_breaker_admit(&breaker, 2020));
    mneme_breaker_succeed(&breaker);
    cr_assert_eq(breaker.state, MNEME_BREAKER_CLOSED);
    cr_assert_eq(mneme_breaker_wait_micros(&breaker, 2020), 0);
}

Test(embedding_breaker, a_trial_that_was_given_up_makes_room_for_the_next) {
    struct mneme_breaker breaker;
    mneme_breaker_init(&breaker, 1, 1000);
    mneme_breaker_fail(&breaker, 0);
    cr_assert(mneme_breaker_admit(&breaker, 1000));
    mneme_breaker_give_up(&breaker, 1001);
    cr_assert(mneme_breaker_admit(&breaker, 1001));
}

Test(embedding_breaker, an_old_answer_does_not_close_it) {
    struct mneme_breaker breaker;
    mneme_breaker_init(&breaker, 2, 1000);
    mneme_breaker_fail(&breaker, 0);
    mneme_breaker_fail(&breaker, 0);
    mneme_breaker_succeed(&breaker);
    cr_assert_eq(breaker.state, MNEME_BREAKER_OPEN);
}

Test(embedding_rate, keeps_to_the_limit_and_tells_how_long_to_wait) {
    struct mneme_rate rate;
    int64_t wait;
    mneme_rate_init(&rate, 120, 0); /* two a second */
    cr_assert(mneme_rate_take(&rate, 0, &wait));
    cr_assert(mneme_rate_take(&rate, 0, &wait));
    cr_assert_not(mneme_rate_take(&rate, 0, &wait));
    cr_assert(wait >= 500000 && wait <= 500002, "%lld", (long long)wait);
    cr_assert(mneme_rate_take(&rate, wait, &wait));
    int taken = 0;
    for (int64_t now = 10000000; now < 70000000; now += 10000) {
        taken += mneme_rate_take(&rate, now, &wait);
    }
    cr_assert(taken >= 119 && taken <= 122, "%d", taken);
}

Test(embedding_rate, without_a_limit_nothing_waits) {
    struct mneme_rate rate;
    int64_t wait;
    mneme_rate_init(&rate, 0, 0);
    for (int i = 0; i < 10000; i++) {
        cr_assert(mneme_rate_take(&rate, 0, &wait));
    }
}
