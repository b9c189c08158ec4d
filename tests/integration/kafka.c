/*
 * The facts of a topic, asked of a real broker.
 */
#include "common/kafka/kafka.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "tests/support/fixture.h"

static struct mneme_fixture fixture; /* its settings stay as they are, for its tear-down */
static struct mneme_config *config;  /* what the client is opened with */
static struct mneme_error error;
static rd_kafka_t *client;

static void set_up(void) {
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, 3, &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    if (client != NULL) {
        rd_kafka_destroy(client);
    }
    mneme_config_destroy(config);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(kafka_topic, .init = set_up, .fini = tear_down, .timeout = 60);

static void set(enum mneme_setting setting, const char *value) {
    cr_assert_eq(mneme_config_set(config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK);
}

static void open_client(void) {
    rd_kafka_conf_t *conf;
    char reason[256];
    cr_assert_eq(mneme_kafka_conf(&conf, config, "test", &error), MNEME_OK, "%s", error.message);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    cr_assert_not_null(client, "%s", reason);
}

static int64_t ask(int *status, const char *topic, int timeout_ms, struct mneme_kafka_topic_facts *facts) {
    int64_t before = mneme_clock_monotonic_micros();
    *status = mneme_kafka_topic_facts(facts, client, topic, timeout_ms, &error);
    return (mneme_clock_monotonic_micros() - before) / 1000;
}

Test(kafka_topic, has_the_facts_it_was_made_with) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_kafka_topic_facts facts = {0};
    int status;
    cr_assert_eq(mneme_kafka_events_topic(topic, fixture.config, &error), MNEME_OK);
    open_client();
    ask(&status, topic, 15000, &facts);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    cr_assert_eq(facts.partitions, 3);
    cr_assert_eq(facts.replication, 1);
    cr_assert(facts.has_settings);
    cr_assert(facts.is_log_append_time);
    cr_assert_eq(facts.retention_ms, -1);
    cr_assert_gt(facts.max_message_bytes, 1000);
}

Test(kafka_topic, that_is_missing_is_said_at_once) {
    struct mneme_kafka_topic_facts facts;
    int status;
    open_client();
    int64_t took_ms = ask(&status, "there.is.no.such.topic", 15000, &facts);
    cr_assert_eq(status, MNEME_E_NOT_FOUND, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "mneme topics create"), "%s", error.message);
    cr_assert_lt(took_ms, 10000);
}

Test(kafka_topic, of_brokers_that_are_away_is_given_up_in_time) {
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, "127.0.0.1:1");
    struct mneme_kafka_topic_facts facts;
    int status;
    open_client();
    int64_t took_ms = ask(&status, "events", 700, &facts);
    cr_assert_eq(status, MNEME_E_UNAVAILABLE, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "Connection refused"), "%s", error.message);
    cr_assert(took_ms >= 600 && took_ms < 6000, "%lld ms", (long long)took_ms);
}

Test(kafka_topic, of_brokers_without_tls_is_denied_at_once_to_who_wants_it) {
    set(MNEME_SETTING_KAFKA_SECURITY_PROTOCOL, "ssl");
    struct mneme_kafka_topic_facts facts;
    int status;
    open_client();
    int64_t took_ms = ask(&status, "events", 30000, &facts);
    cr_assert_eq(status, MNEME_E_DENIED, "%s", error.message);
    cr_assert_lt(took_ms, 20000);
}

static const char *need(const char *name) {
    const char *value = getenv(name);
    cr_assert_not_null(value, "%s is not set; run eval \"$(ops/stack env)\"", name);
    return value;
}

static void log_in(const char *password) {
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, need("MNEME_STACK_SASL_BOOTSTRAP_SERVERS"));
    set(MNEME_SETTING_KAFKA_SECURITY_PROTOCOL, "sasl_plaintext");
    set(MNEME_SETTING_KAFKA_SASL_USERNAME, need("MNEME_STACK_SASL_USER"));
    set(MNEME_SETTING_KAFKA_SASL_PASSWORD, password);
    open_client();
}

Test(kafka_topic, is_denied_at_once_to_a_wrong_password) {
    struct mneme_kafka_topic_facts facts;
    int status;
    log_in("not-the-password");
    int64_t took_ms = ask(&status, "events", 30000, &facts);
    cr_assert_eq(status, MNEME_E_DENIED, "%s", error.message);
    cr_assert_null(strstr(error.message, "not-the-password"), "%s", error.message);
    cr_assert_lt(took_ms, 20000);
}

Test(kafka_topic, is_shown_to_who_logs_in) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_kafka_topic_facts facts;
    int status;
    cr_assert_eq(mneme_kafka_events_topic(topic, fixture.config, &error), MNEME_OK);
    log_in(need("MNEME_STACK_SASL_PASSWORD"));
    ask(&status, topic, 15000, &facts);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    cr_assert_eq(facts.partitions, 3);
}
