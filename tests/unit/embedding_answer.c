/*
 * Answers of an endpoint: the two forms of a vector, the order, and everything that is refused.
 */
#include "endpoints/embedding/answer.h"

#include <criterion/criterion.h>

static struct mneme_arena arena;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(embedding_answer, .init = set_up, .fini = tear_down);

static int read_answer(struct mneme_embedder_answer *answer, const char *body, size_t count,
                       size_t dimensions, struct mneme_error *error) {
    return mneme_embedder_answer_read(answer, &arena, mneme_str_from(body), count, dimensions, error);
}

static void expect_vectors(const char *body, size_t count, size_t dimensions, const float *expected) {
    struct mneme_embedder_answer answer;
    struct mneme_error error = {0};
    cr_assert_eq(read_answer(&answer, body, count, 0, &error), MNEME_OK, "%s: %s", body, error.message);
    cr_assert_eq(answer.dimensions, dimensions);
    cr_assert_arr_eq(answer.vectors, expected, count * dimensions * sizeof(float));
}

Test(embedding_answer, vectors_are_numbers_or_base64) {
    expect_vectors("{\"data\":[{\"index\":0,\"embedding\":[1,-2.5,1e-3]}]}", 1, 3,
                   (const float[]){1, -2.5F, 1e-3F});
    expect_vectors("{\"data\":[{\"index\":0,\"embedding\":\"AACAPwAAIMA=\"}]}", 1, 2,
                   (const float[]){1, -2.5F});
    expect_vectors("{\"data\":[{\"index\":0,\"embedding\":\"AACA\\u0050wAAIMA=\"}]}", 1, 2,
                   (const float[]){1, -2.5F});
}

Test(embedding_answer, vectors_come_in_the_order_of_their_index_else_of_their_place) {
    expect_vectors("{\"data\":[{\"index\":1,\"embedding\":[2]},{\"embedding\":[1],\"index\":0}]}", 2, 1,
                   (const float[]){1, 2});
    expect_vectors(" {\"model\":\"m\",\"data\":[{\"embedding\":[1]},{\"embedding\":[2]}]}\n", 2, 1,
                   (const float[]){1, 2});
}

Test(embedding_answer, what_is_no_answer_is_refused_with_the_reason) {
    static const struct {
        const char *body, *reason;
    } rows[] = {
        {"", "the answer is empty"},
        {" \n", "the answer is empty"},
        {"<html><body>It works!</body></html>", "a page of HTML"},
        {"\n <!DOCTYPE html>", "a page of HTML"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,2", "not valid JSON"},
        {"[1]", "not a JSON object"},
        {"{}", "no list of vectors"},
        {"{\"data\":{\"embedding\":\"later\"}}", "no list of vectors"},
        {"{\"data\":null}", "no list of vectors"},
        {"{\"data\":[]}", "0 vectors came for 2 texts"},
        {"{\"data\":[{\"embedding\":[1,2]}]}", "1 vectors came for 2 texts"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,2]},{\"embedding\":[1,2]}]}", "3 vectors came"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1]}]}", "1 dimensions, not 2"},
        {"{\"data\":[{\"embedding\":[1]},{\"embedding\":[1]}]}", "1 dimensions, not 2"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[]}]}", "0 dimensions"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":null}]}", "no embedding"},
        {"{\"data\":[{\"embedding\":[1,2]},{}]}", "no embedding"},
        {"{\"data\":[{\"embedding\":[1,2]},[1,2]]}", "no embedding"},
        {"{\"data\":[{\"embedding\":[1,2]},null]}", "no embedding"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,null]}]}", "holds null"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,\"2\"]}]}", "holds a string"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,1e39]}]}", "not finite"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,NaN]}]}", "not valid JSON"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[0,-0.0]}]}", "all zeros"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":\"AADAfwAAgD8=\"}]}", "not finite"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":\"AADAfwAAgD8\"}]}", "not base64"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":\"????????????\"}]}", "not base64"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":\"\"}]}", "not base64"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":\"AADA\"}]}", "not base64"},
        {"{\"data\":[{\"embedding\":[1,2]},{\"embedding\":\"AACAPw==\"}]}", "1 dimensions, not 2"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":0,\"embedding\":[1,2]}]}",
         "two vectors have the index 0"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":2,\"embedding\":[1,2]}]}", "the index 2"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":-1,\"embedding\":[1,2]}]}", "the index -1"},
        {"{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":\"1\",\"embedding\":[1,2]}]}",
         "not a whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mneme_embedder_answer answer;
        struct mneme_error error = {0};
        cr_assert_eq(read_answer(&answer, rows[i].body, 2, 2, &error), MNEME_E_UNAVAILABLE, "%s",
                     rows[i].body);
        cr_assert_not_null(strstr(error.message, rows[i].reason), "%s: %s", rows[i].body, error.message);
    }
}

Test(embedding_answer, the_reason_of_a_refusal_is_found_where_servers_put_it) {
    static const struct {
        const char *body, *reason;
    } rows[] = {
        {"{\"error\":{\"message\":\"too long\",\"code\":null}}", "too long"},
        {"{\"error\":\"too long\"}", "too long"},
        {"{\"message\":\"too long\"}", "too long"},
        {"{\"detail\":\"too long\"}", "too long"},
        {"{\"error\":{\"code\":7}}", "{\"error\":{\"code\":7}}"},
        {"upstream is gone", "upstream is gone"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mneme_str reason = mneme_embedder_answer_reason(&arena, mneme_str_from(rows[i].body));
        cr_assert(mneme_str_equal(reason, mneme_str_from(rows[i].reason)), "%s: %.*s", rows[i].body,
                  MNEME_STR_ARG(reason));
    }
}
