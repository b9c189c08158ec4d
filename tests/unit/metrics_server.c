/*
 * The pages of a worker, asked over HTTP on loopback.
 */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdio.h>

#include "common/metrics/metrics.h"

static const struct mneme_metrics_info table[] = {{"test_events_total", MNEME_COUNTER, "Events.", NULL}};

static struct mneme_metrics *metrics;
static struct mneme_metrics_server *server;
static struct mneme_error error;
static int port;
static bool is_ready_now;
static struct mneme_buffer body;

static bool is_ready(void *context) {
    return *(bool *)context;
}

static void set_up(void) {
    cr_assert_eq(mneme_metrics_new(&metrics, table, 1, &error), MNEME_OK);
    cr_assert_eq(
        mneme_metrics_server_start(&server, metrics, "127.0.0.1", 0, is_ready, &is_ready_now, &port, &error),
        MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_metrics_server_stop(server);
    mneme_metrics_destroy(metrics);
    mneme_buffer_clean_up(&body);
}

TestSuite(metrics_server, .init = set_up, .fini = tear_down, .timeout = 30);

static size_t take_body(char *data, size_t size, size_t count, void *context) {
    mneme_buffer_append(context, data, size * count);
    return size * count;
}

/* The status of a request; the body is in `body`, ended by a NUL. */
static long ask(const char *method, const char *path) {
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    mneme_buffer_clear(&body);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    CURLcode code = curl_easy_perform(curl);
    cr_assert_eq(code, CURLE_OK, "%s", curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    mneme_buffer_append_byte(&body, '\0');
    return status;
}

Test(metrics_server, shows_the_values_of_now) {
    mneme_metrics_add(metrics, 0, NULL, 3);
    cr_assert_eq(ask("GET", "/metrics"), 200);
    cr_assert_not_null(strstr(body.data, "\ntest_events_total 3\n"));
    mneme_metrics_add(metrics, 0, NULL, 1);
    cr_assert_eq(ask("GET", "/metrics"), 200);
    cr_assert_not_null(strstr(body.data, "\ntest_events_total 4\n"));
}

Test(metrics_server, is_healthy_always_and_ready_when_told) {
    cr_assert_eq(ask("GET", "/healthz"), 200);
    cr_assert_eq(ask("GET", "/readyz"), 503);
    is_ready_now = true;
    cr_assert_eq(ask("GET", "/readyz"), 200);
}

Test(metrics_server, refuses_other_paths_and_methods) {
    cr_assert_eq(ask("GET", "/"), 404);
    cr_assert_eq(ask("GET", "/metrics/../../etc/passwd"), 404);
    cr_assert_eq(ask("POST", "/metrics"), 405);
    cr_assert_eq(ask("DELETE", "/nowhere"), 405);
}

Test(metrics_server, says_that_a_port_is_taken) {
    struct mneme_metrics_server *second = NULL;
    int second_port;
    cr_assert_eq(
        mneme_metrics_server_start(&second, metrics, "127.0.0.1", port, NULL, NULL, &second_port, &error),
        MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "Address already in use"), "%s", error.message);
}

Test(metrics_server, says_that_a_host_cannot_be_found) {
    struct mneme_metrics_server *second = NULL;
    int second_port;
    cr_assert_eq(
        mneme_metrics_server_start(&second, metrics, "256.1.1.1", 0, NULL, NULL, &second_port, &error),
        MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "256.1.1.1"), "%s", error.message);
}
