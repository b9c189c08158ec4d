/*
 * The HTTP client against a server that does what the test wants.
 */
#include "common/http/http.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/support/fake_server.h"

#define TIMEOUT_MS 30000
#define MOST_BYTES 1000
#define SECRET "s3cret"

static struct mneme_fake_server *server;
static struct mneme_http *http;
static struct mneme_error error;

static void tear_down(void) {
    mneme_http_close(http);
    if (server != NULL) {
        mneme_fake_server_stop(server);
    }
}

TestSuite(http, .fini = tear_down, .timeout = 120);

static void open_url(const char *url, size_t slots) {
    const struct mneme_http_options options = {.base_url = url,
                                               .base_url_setting = "THE_URL",
                                               .service = "a server",
                                               .bearer = SECRET,
                                               .bearer_setting = "THE_KEY",
                                               .slots = slots};
    cr_assert_eq(mneme_http_open(&http, &options, &error), MNEME_OK, "%s", error.message);
}

static void open_server(const struct mneme_fake_answer *answers, size_t count, size_t slots) {
    char url[128];
    server = mneme_fake_server_start(0, answers, count);
    cr_assert_not_null(server);
    (void)snprintf(url, sizeof url, "http://ada:" SECRET "@127.0.0.1:%d/v1//",
                   mneme_fake_server_port(server));
    open_url(url, slots);
}

/* A socket that takes connections and says nothing; *port is its own. */
static int open_silence(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
              listen(listener, 16) == 0 && getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    *port = ntohs(address.sin_port);
    return listener;
}

static struct mneme_http_answer ask(const char *path, const char *body) {
    struct mneme_http_answer answer;
    const struct mneme_http_request request = {
        .path = path, .body = mneme_str_from(body), .timeout_ms = TIMEOUT_MS, .max_answer_bytes = MOST_BYTES};
    cr_assert_eq(mneme_http_ask(&answer, http, &request, NULL, NULL, &error), MNEME_OK);
    return answer;
}

Test(http, requests_go_behind_the_address_over_one_connection) {
    static const struct mneme_fake_answer answers[] = {{200, "first", NULL, NULL},
                                                       {503, "second", NULL, "7"}};
    open_server(answers, 2, 1);
    struct mneme_http_answer answer = ask("/a?b=c", NULL);
    cr_assert(answer.outcome == MNEME_HTTP_ANSWERED && answer.status == 200);
    cr_assert(mneme_str_equal(answer.body, MNEME_STR_LIT("first")));
    cr_assert_eq(answer.retry_after_ms, -1);
    cr_assert_str_eq(mneme_fake_server_target(server), "GET /v1/a");
    answer = ask("/b", "words");
    cr_assert(answer.outcome == MNEME_HTTP_ANSWERED && answer.status == 503);
    cr_assert_eq(answer.retry_after_ms, 7000);
    cr_assert_str_eq(mneme_fake_server_target(server), "POST /v1/b");
    cr_assert_str_eq(mneme_fake_server_body(server), "words");
    cr_assert_eq(mneme_fake_server_connections(server), 1);
}

Test(http, an_empty_body_is_sent_as_one) {
    static const struct mneme_fake_answer answers[] = {{200, "", NULL, NULL}};
    open_server(answers, 1, 1);
    (void)ask("/a", "");
    cr_assert_str_eq(mneme_fake_server_target(server), "POST /v1/a");
    cr_assert_str_eq(mneme_fake_server_body(server), "");
}

Test(http, each_request_carries_the_key) {
    static const struct mneme_fake_answer answers[] = {{200, "", NULL, NULL}};
    open_server(answers, 1, 1);
    mneme_http_close(http);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", mneme_fake_server_port(server));
    open_url(url, 1);
    (void)ask("/a", NULL);
    cr_assert_str_eq(mneme_fake_server_authorization(server), "Bearer " SECRET);
    (void)ask("/a", "b");
    cr_assert_str_eq(mneme_fake_server_authorization(server), "Bearer " SECRET);
}

Test(http, redirects_are_not_followed) {
    static const struct mneme_fake_answer answers[] = {{301, "moved", "http://127.0.0.1:1/", NULL}};
    open_server(answers, 1, 1);
    struct mneme_http_answer answer = ask("/a", NULL);
    cr_assert(answer.outcome == MNEME_HTTP_ANSWERED && answer.status == 301);
}

Test(http, an_answer_that_is_too_long_is_cut_off) {
    char body[MOST_BYTES + 2];
    memset(body, 'x', sizeof body);
    body[sizeof body - 1] = '\0';
    const struct mneme_fake_answer answers[] = {{200, body, NULL, NULL}, {200, body + 1, NULL, NULL}};
    open_server(answers, 2, 1);
    struct mneme_http_answer answer = ask("/a", NULL);
    cr_assert(answer.outcome == MNEME_HTTP_TOO_LONG && answer.status == 0);
    cr_assert_str_eq(answer.reason, "the answer exceeds 1000 bytes");
    answer = ask("/a", NULL);
    cr_assert(answer.outcome == MNEME_HTTP_ANSWERED && answer.body.len == MOST_BYTES);
}

Test(http, nobody_there_is_said_without_secrets) {
    int port;
    char url[128];
    close(open_silence(&port));
    (void)snprintf(url, sizeof url, "http://ada:" SECRET "@127.0.0.1:%d/", port);
    open_url(url, 1);
    struct mneme_http_answer answer = ask("/a", "b");
    cr_assert(answer.outcome == MNEME_HTTP_FAILED && answer.status == 0);
    cr_assert_neq(answer.reason[0], '\0');
    cr_assert_null(strstr(answer.reason, SECRET), "%s", answer.reason);
    cr_assert_null(strstr(mneme_http_shown_url(http), SECRET));
    cr_assert_not_null(strstr(mneme_http_shown_url(http), "127.0.0.1"));
}

Test(http, silence_ends_in_time) {
    struct mneme_http_answer answer;
    int port;
    char url[64];
    int listener = open_silence(&port);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    open_url(url, 1);
    const struct mneme_http_request request = {.path = "/", .timeout_ms = 50, .max_answer_bytes = 1};
    cr_assert_eq(mneme_http_ask(&answer, http, &request, NULL, NULL, &error), MNEME_OK);
    cr_assert(answer.outcome == MNEME_HTTP_TIMED_OUT && answer.status == 0, "%s", answer.reason);
    close(listener);
}

static bool at_the_third_question(void *context) {
    return ++*(int *)context == 3;
}

Test(http, a_request_can_be_interrupted_and_the_client_used_again) {
    struct mneme_http_answer answer;
    int port;
    int asked = 0;
    char url[64];
    int listener = open_silence(&port);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    open_url(url, 1);
    struct mneme_http_request request = {.path = "/", .timeout_ms = TIMEOUT_MS, .max_answer_bytes = 1};
    int64_t began = mneme_clock_monotonic_micros();
    cr_assert_eq(mneme_http_ask(&answer, http, &request, at_the_third_question, &asked, &error), MNEME_OK);
    cr_assert(answer.outcome == MNEME_HTTP_INTERRUPTED && asked == 3);
    cr_assert_lt(mneme_clock_monotonic_micros() - began, TIMEOUT_MS * INT64_C(1000));
    request.timeout_ms = 20;
    cr_assert_eq(mneme_http_ask(&answer, http, &request, NULL, NULL, &error), MNEME_OK);
    cr_assert_eq(answer.outcome, MNEME_HTTP_TIMED_OUT);
    close(listener);
}

Test(http, slots_are_answered_beside_each_other) {
    static const struct mneme_fake_answer answers[] = {{200, "yes", NULL, NULL}};
    unsigned seen = 0;
    open_server(answers, 1, 3);
    const struct mneme_http_request request = {.path = "/a", .timeout_ms = TIMEOUT_MS, .max_answer_bytes = 3};
    for (size_t slot = 0; slot < mneme_http_slots(http); slot++) {
        cr_assert_eq(mneme_http_start(http, slot, &request, &error), MNEME_OK);
    }
    for (int i = 0; i < 3; i++) {
        struct mneme_http_answer answer;
        cr_assert(mneme_http_take(&answer, http, TIMEOUT_MS));
        cr_assert_eq(answer.outcome, MNEME_HTTP_ANSWERED, "%s", answer.reason);
        seen |= 1U << answer.slot;
    }
    cr_assert_eq(seen, 7U);
}

Test(http, addresses_and_keys_that_cannot_be_sent_are_refused) {
    static const struct {
        const char *url, *key, *says;
    } cases[] = {
        {"ftp://127.0.0.1", "",
         "cannot use THE_URL: it begins with neither http:// nor https://; set it to the "
         "address of a server"},
        {"", "", "cannot use THE_URL"},
        {"http://127.0.0.1", SECRET "\r\nHost: elsewhere",
         "cannot use THE_KEY: it contains a control character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mneme_http_options options = {.base_url = cases[i].url,
                                                   .base_url_setting = "THE_URL",
                                                   .service = "a server",
                                                   .bearer = cases[i].key,
                                                   .bearer_setting = "THE_KEY"};
        cr_assert_eq(mneme_http_open(&http, &options, &error), MNEME_E_USAGE);
        cr_assert_not_null(strstr(error.message, cases[i].says), "%s", error.message);
        cr_assert_null(strstr(error.message, SECRET));
    }
}

Test(http, parts_of_a_path_are_encoded) {
    struct mneme_buffer out = {0};
    mneme_http_append_part(&out, MNEME_STR_LIT("a/B 9%-._~\xc3\xa4?"));
    cr_assert(mneme_str_equal(mneme_buffer_str(&out), MNEME_STR_LIT("a%2FB%209%25-._~%C3%A4%3F")), "%.*s",
              MNEME_STR_ARG(mneme_buffer_str(&out)));
    mneme_buffer_clean_up(&out);
}

Test(http, retry_after_is_seconds_or_a_date) {
    const int64_t now = INT64_C(784111777000000); /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *value;
        int64_t ms;
    } rows[] = {
        {"0", 0},
        {"7", 7000},
        {" 120\r\n", 120000},
        {"99999999999999999999", 86400000},
        {"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
        {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
        {"Sun, 06 Nov 2094 08:00:00 GMT", 86400000},
        {"Sun, 06 Nvo 1994 08:49:47 GMT", -1},
        {"soon", -1},
        {"-5", -1},
        {"1.5", -1},
        {"", -1},
        {"Sunday, 06-Nov-94 08:49:37 GMT and much more than any date has", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(mneme_http_retry_after_ms(mneme_str_from(rows[i].value), now), rows[i].ms, "\"%s\"",
                     rows[i].value);
    }
}
