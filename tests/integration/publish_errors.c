/*
 * What libmneme says when brokers fail: unreachable, wrong credentials, gone in the middle, refusing. Errors
 * of brokers are injected with librdkafka's mock cluster; the rest talks to real ones.
 */
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h> /* before the next */

#include <librdkafka/rdkafka_mock.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "producers/client.h"

#define WAIT_MS 30000
#define PRODUCE 0 /* Kafka's number of the request */

static struct mneme_config *config;
static struct mneme_client *client;
static rd_kafka_t *mock_host;
static rd_kafka_mock_cluster_t *mock;

static void set(enum mneme_setting setting, const char *value) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_config_set(config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK, "%s", error.message);
    mock_host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    cr_assert_not_null(mock_host);
    mock = rd_kafka_mock_cluster_new(mock_host, 1);
    cr_assert_not_null(mock);
    cr_assert_eq(rd_kafka_mock_topic_create(mock, "mneme.events", 2, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, rd_kafka_mock_cluster_bootstraps(mock));
    /* The mock cluster has no controller, and nobody who answers for it. */
    set(MNEME_SETTING_KAFKA_OPTIONS, "socket.timeout.ms=1000");
    set(MNEME_SETTING_TOPIC_PREFIX, "mneme.");
    set(MNEME_SETTING_SCHEMA_REGISTRY_URL, "");
}

static void tear_down(void) {
    (void)mneme_close(client, 0, NULL);
    rd_kafka_mock_cluster_destroy(mock);
    rd_kafka_destroy(mock_host);
    mneme_config_destroy(config);
}

TestSuite(publish_errors, .init = set_up, .fini = tear_down, .timeout = 120);

static void open_client(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_client_open(&client, config, &error), MNEME_OK, "%s", error.message);
}

static struct mneme_event some_event(void) {
    struct mneme_event event;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_event_init(&event, client, MNEME_EVENT_CUSTOM, &error), MNEME_OK, "%s", error.message);
    event.scope.user_id = MNEME_STR_LIT("ada");
    event.payload.custom.type = MNEME_STR_LIT("t");
    event.payload.custom.json = MNEME_STR_LIT("1");
    return event;
}

static void expect_open_fails(enum mneme_status status, const char *reason, const char *advice) {
    struct mneme_error error = {0};
    int64_t started = mneme_clock_monotonic_micros();
    cr_assert_eq(mneme_client_open(&client, config, &error), (int)status, "%s", error.message);
    cr_assert_lt(mneme_clock_monotonic_micros() - started, 15000000, "it took too long");
    cr_assert_not_null(strstr(error.message, reason), "%s", error.message);
    cr_assert_not_null(strstr(error.message, advice), "%s", error.message);
    cr_assert_null(client);
}

/* --- opening --- */

Test(publish_errors, opening_without_a_broker) {
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, "127.0.0.1:1");
    expect_open_fails(MNEME_E_UNAVAILABLE, "mneme.events", "KAFKA_BOOTSTRAP_SERVERS");
}

Test(publish_errors, opening_without_the_topic) {
    set(MNEME_SETTING_TOPIC_PREFIX, "other.");
    rd_kafka_mock_topic_set_error(mock, "other.events", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    expect_open_fails(MNEME_E_NOT_FOUND, "other.events", "mneme topics create");
}

Test(publish_errors, opening_with_wrong_credentials) {
    const char *brokers = getenv("MNEME_STACK_SASL_BOOTSTRAP_SERVERS");
    cr_assert_not_null(brokers, "run ops/stack up, then eval \"$(ops/stack env)\"");
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, brokers);
    set(MNEME_SETTING_KAFKA_SECURITY_PROTOCOL, "sasl_plaintext");
    set(MNEME_SETTING_KAFKA_SASL_USERNAME, "mneme");
    set(MNEME_SETTING_KAFKA_SASL_PASSWORD, "hunter2-is-wrong");
    expect_open_fails(MNEME_E_DENIED, "Authentication", "password");
    struct mneme_error error = {0};
    (void)mneme_client_open(&client, config, &error);
    cr_assert_null(strstr(error.message, "hunter2"), "the password is told");
}

Test(publish_errors, opening_with_a_registry_that_does_not_answer) {
    set(MNEME_SETTING_SCHEMA_REGISTRY_URL, "http://127.0.0.1:1");
    set(MNEME_SETTING_REGISTRY_TIMEOUT_MS, "500");
    expect_open_fails(MNEME_E_UNAVAILABLE, "127.0.0.1:1", "SCHEMA_REGISTRY_URL");
}

Test(publish_errors, opening_with_a_setting_that_is_none) {
    struct mneme_error error = {0};
    const struct mneme_client_setting unknown = {"MNEME_NO_SUCH", "1"};
    cr_assert_eq(mneme_open(&client, NULL, &unknown, 1, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "MNEME_NO_SUCH"), "%s", error.message);
    const struct mneme_client_setting bad = {"MNEME_PUBLISH_LINGER_MS", "soon"};
    cr_assert_eq(mneme_open(&client, NULL, &bad, 1, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "MNEME_PUBLISH_LINGER_MS"), "%s", error.message);
    cr_assert_null(client);
}

Test(publish_errors, settings_of_the_caller_go_before_the_environment) {
    struct mneme_error error = {0};
    cr_assert_eq(setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1", 1), 0);
    const struct mneme_client_setting settings[] = {
        {"KAFKA_BOOTSTRAP_SERVERS", rd_kafka_mock_cluster_bootstraps(mock)},
        {"MNEME_TOPIC_PREFIX", "mneme."},
        {"SCHEMA_REGISTRY_URL", ""},
        {"MNEME_TENANT", "acme"},
    };
    cr_assert_eq(mneme_open(&client, NULL, settings, 4, &error), MNEME_OK, "%s", error.message);
    cr_assert(mneme_str_equal(some_event().tenant, MNEME_STR_LIT("acme")));
}

/* --- what callbacks say --- */

static struct {
    atomic_int count, acknowledged;
    enum mneme_status status; /* of the last that failed; written before count */
    char message[MNEME_ERROR_MESSAGE_BYTES];
} seen;

static void see(const struct mneme_receipt *receipt, void *context) {
    (void)context;
    if (receipt->status == MNEME_OK) {
        atomic_fetch_add(&seen.acknowledged, 1);
    } else {
        seen.status = receipt->status;
        snprintf(seen.message, sizeof seen.message, "%s", receipt->message);
    }
    atomic_fetch_add(&seen.count, 1);
}

static int publish_one(struct mneme_error *error) {
    struct mneme_event event = some_event();
    return mneme_publish(client, &event, see, NULL, error);
}

static void expect_failure(enum mneme_status status, const char *reason) {
    struct mneme_error error = {0};
    cr_assert_eq(publish_one(&error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(atomic_load(&seen.count), 1);
    cr_assert_eq((int)seen.status, (int)status, "%s", seen.message);
    cr_assert_not_null(strstr(seen.message, reason), "%s", seen.message);
    cr_assert_null(strstr(seen.message, "default"), "the event's bytes are told: %s", seen.message);
}

Test(publish_errors, a_right_that_is_taken_away_is_told) {
    open_client();
    rd_kafka_mock_push_request_errors(mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    expect_failure(MNEME_E_DENIED, "mneme.events");
}

Test(publish_errors, a_passing_error_is_tried_again) {
    open_client();
    rd_kafka_mock_push_request_errors(mock, PRODUCE, 2, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    struct mneme_error error = {0};
    struct mneme_receipt receipt;
    struct mneme_event event = some_event();
    cr_assert_eq(mneme_publish_wait(&receipt, client, &event, WAIT_MS, &error), MNEME_OK, "%s",
                 error.message);
}

Test(publish_errors, a_broker_that_is_gone_is_named_as_the_reason) {
    set(MNEME_SETTING_PUBLISH_TIMEOUT_MS, "1500");
    open_client();
    rd_kafka_mock_broker_set_down(mock, 1);
    expect_failure(MNEME_E_UNAVAILABLE, "Connection refused");
}

Test(publish_errors, waiting_gives_up_while_the_event_goes_on) {
    open_client();
    rd_kafka_mock_broker_set_rtt(mock, 1, 400);
    struct mneme_error error = {0};
    struct mneme_receipt receipt;
    struct mneme_event event = some_event();
    cr_assert_eq(mneme_publish_wait(&receipt, client, &event, 50, &error), MNEME_E_TIMEOUT, "%s",
                 error.message);
    cr_assert_eq(receipt.status, MNEME_E_TIMEOUT);
    cr_assert_not_null(strstr(error.message, "same event_id"), "%s", error.message);
    cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK, "%s", error.message);
}

Test(publish_errors, flush_tells_how_many_are_under_way) {
    open_client();
    rd_kafka_mock_broker_set_down(mock, 1);
    struct mneme_error error = {0};
    cr_assert_eq(publish_one(&error), MNEME_OK);
    cr_assert_eq(publish_one(&error), MNEME_OK);
    cr_assert_eq(mneme_flush(client, 100, &error), MNEME_E_TIMEOUT);
    cr_assert_not_null(strstr(error.message, "2 events"), "%s", error.message);
}

Test(publish_errors, closing_reports_what_was_not_acknowledged) {
    open_client();
    rd_kafka_mock_broker_set_rtt(mock, 1, 20000);
    struct mneme_error error = {0};
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(publish_one(&error), MNEME_OK, "%s", error.message);
    }
    int64_t started = mneme_clock_monotonic_micros();
    cr_assert_eq(mneme_close(client, 200, &error), MNEME_E_TIMEOUT);
    client = NULL;
    cr_assert_lt(mneme_clock_monotonic_micros() - started, 15000000, "it took too long");
    cr_assert_not_null(strstr(error.message, "100 events"), "%s", error.message);
    cr_assert_eq(atomic_load(&seen.count), 100);
    cr_assert_eq(atomic_load(&seen.acknowledged), 0);
    cr_assert_eq((int)seen.status, MNEME_E_TIMEOUT, "%s", seen.message);
}

Test(publish_errors, a_full_queue_waits_no_longer_than_told) {
    set(MNEME_SETTING_PUBLISH_QUEUE_EVENTS, "5");
    set(MNEME_SETTING_PUBLISH_BLOCK_MS, "100");
    open_client();
    rd_kafka_mock_broker_set_down(mock, 1);
    struct mneme_error error = {0};
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(publish_one(&error), MNEME_OK, "%s", error.message);
    }
    int64_t started = mneme_clock_monotonic_micros();
    cr_assert_eq(publish_one(&error), MNEME_E_FULL);
    cr_assert_geq(mneme_clock_monotonic_micros() - started, 100000);
    cr_assert_not_null(strstr(error.message, "5 events"), "%s", error.message);
    rd_kafka_mock_broker_set_up(mock, 1);
    cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(atomic_load(&seen.acknowledged), 5);
    cr_assert_eq(publish_one(&error), MNEME_OK, "%s", error.message);
}

/* The brokers have forgotten the producer in a way that it cannot mend: it must stop, and say so. */
Test(publish_errors, a_client_that_stopped_for_good_says_so) {
    open_client();
    struct mneme_error error = {0};
    struct mneme_event event = some_event();
    struct mneme_receipt receipt;
    cr_assert_eq(mneme_publish_wait(&receipt, client, &event, WAIT_MS, &error), MNEME_OK, "%s",
                 error.message);
    rd_kafka_resp_err_t made = rd_kafka_test_fatal_error(
        client->kafka, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "made by a test");
    cr_assert_eq(made, RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(mneme_publish_wait(&receipt, client, &event, WAIT_MS, &error), MNEME_E_UNAVAILABLE, "%s",
                 error.message);
    cr_assert_not_null(strstr(error.message, "made by a test"), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "open another"), "%s", error.message);
}
