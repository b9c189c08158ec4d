/*
 * What Kafka clients are configured with, and what their errors mean; no broker is needed.
 */
#include "common/kafka/kafka.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log/log.h"

static struct mneme_config *config;
static struct mneme_error error;

static void set_up(void) {
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        unsetenv(mneme_setting_info((enum mneme_setting)i)->env);
    }
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK);
}

static void tear_down(void) {
    mneme_config_destroy(config);
}

TestSuite(kafka, .init = set_up, .fini = tear_down);

static void set(enum mneme_setting setting, const char *value) {
    cr_assert_eq(mneme_config_set(config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static void check_property(const rd_kafka_conf_t *conf, const char *name, const char *wanted) {
    char value[256];
    size_t size = sizeof value;
    cr_assert_eq(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK, "%s", name);
    cr_assert_str_eq(value, wanted, "%s", name);
}

Test(kafka, settings_become_properties_and_options_come_last) {
    set(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, "a:1,b:2");
    set(MNEME_SETTING_KAFKA_SECURITY_PROTOCOL, "sasl_plaintext");
    set(MNEME_SETTING_KAFKA_SASL_MECHANISM, "SCRAM-SHA-256");
    set(MNEME_SETTING_KAFKA_SASL_USERNAME, "me");
    set(MNEME_SETTING_KAFKA_OPTIONS, "socket.timeout.ms=1234, reconnect.backoff.max.ms=5000,");
    rd_kafka_conf_t *conf;
    cr_assert_eq(mneme_kafka_conf(&conf, config, "worker", &error), MNEME_OK, "%s", error.message);
    check_property(conf, "bootstrap.servers", "a:1,b:2");
    check_property(conf, "security.protocol", "sasl_plaintext");
    check_property(conf, "sasl.mechanisms", "SCRAM-SHA-256");
    check_property(conf, "sasl.username", "me");
    check_property(conf, "client.id", "mneme-worker");
    check_property(conf, "socket.timeout.ms", "1234");
    check_property(conf, "reconnect.backoff.max.ms", "5000");
    rd_kafka_conf_destroy(conf);
}

Test(kafka, refuses_options_that_are_none_and_names_them) {
    rd_kafka_conf_t *conf;
    set(MNEME_SETTING_KAFKA_OPTIONS, "linger.mss=5");
    cr_assert_eq(mneme_kafka_conf(&conf, config, "worker", &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "linger.mss"), "%s", error.message);
    set(MNEME_SETTING_KAFKA_OPTIONS, "linger.ms");
    cr_assert_eq(mneme_kafka_conf(&conf, config, "worker", &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "\"linger.ms\""), "%s", error.message);
    set(MNEME_SETTING_KAFKA_OPTIONS, "linger.ms=abc");
    cr_assert_eq(mneme_kafka_conf(&conf, config, "worker", &error), MNEME_E_USAGE);
}

static size_t stderr_bytes(FILE *captured) {
    return (size_t)lseek(fileno(captured), 0, SEEK_END);
}

Test(kafka, lines_of_the_client_are_for_who_asks_for_debug) {
    enum { SYSLOG_EMERGENCY = 0, SYSLOG_DEBUG = 7 };
    FILE *captured = tmpfile();
    fflush(stderr);
    cr_assert_geq(dup2(fileno(captured), STDERR_FILENO), 0);
    mneme_log_configure(MNEME_LOG_INFO, MNEME_LOG_LOGFMT);
    for (int level = SYSLOG_EMERGENCY; level <= SYSLOG_DEBUG; level++) {
        mneme_kafka_log(NULL, level, "FAIL", "Connect to ipv4#127.0.0.1:1 failed");
    }
    cr_assert_eq(stderr_bytes(captured), 0);
    mneme_log_configure(MNEME_LOG_DEBUG, MNEME_LOG_LOGFMT);
    mneme_kafka_log(NULL, SYSLOG_EMERGENCY, "FAIL", "Connect to ipv4#127.0.0.1:1 failed");
    cr_assert_gt(stderr_bytes(captured), 0);
    cr_assert_eq(fclose(captured), 0);
}

Test(kafka, names_the_events_topic_and_refuses_names_that_brokers_would) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    cr_assert_eq(mneme_kafka_events_topic(topic, config, &error), MNEME_OK);
    cr_assert_str_eq(topic, "mneme.events");
    set(MNEME_SETTING_TOPIC_PREFIX, "");
    cr_assert_eq(mneme_kafka_events_topic(topic, config, &error), MNEME_OK);
    cr_assert_str_eq(topic, "events");
    set(MNEME_SETTING_TOPIC_PREFIX, "a b.");
    cr_assert_eq(mneme_kafka_events_topic(topic, config, &error), MNEME_E_INVALID);
    char longest[MNEME_TOPIC_NAME_BYTES];
    memset(longest, 'x', sizeof longest);
    longest[243] = '\0';
    set(MNEME_SETTING_TOPIC_PREFIX, longest);
    cr_assert_eq(mneme_kafka_events_topic(topic, config, &error), MNEME_OK);
    cr_assert_eq(strlen(topic), 249);
    longest[243] = 'x';
    longest[244] = '\0';
    set(MNEME_SETTING_TOPIC_PREFIX, longest);
    cr_assert_eq(mneme_kafka_events_topic(topic, config, &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "at most 243 characters"), "%s", error.message);
}

Test(kafka, errors_become_statuses_with_advice) {
    static const struct {
        rd_kafka_resp_err_t code;
        enum mneme_status status;
    } codes[] = {
        {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, MNEME_E_UNAVAILABLE},
        {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, MNEME_E_TIMEOUT},
        {RD_KAFKA_RESP_ERR__QUEUE_FULL, MNEME_E_FULL},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, MNEME_E_TOO_LARGE},
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, MNEME_E_NOT_FOUND},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION, MNEME_E_DENIED},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, MNEME_E_DENIED},
        {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, MNEME_E_CONFLICT},
        {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, MNEME_E_UNSAFE},
        {RD_KAFKA_RESP_ERR__FATAL, MNEME_E_INTERNAL},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        cr_assert_eq(mneme_kafka_error(&error, "cannot publish to", "t", codes[i].code, NULL),
                     (int)codes[i].status, "%s", rd_kafka_err2name(codes[i].code));
    }
    mneme_kafka_error(&error, "cannot read topic", "t", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "more");
    cr_assert_str_eq(error.message, "cannot read topic t: unknown topic or partition (more); make it with "
                                    "`mneme topics create`");
    mneme_kafka_error(&error, "cannot connect", NULL, RD_KAFKA_RESP_ERR__FATAL, NULL);
    cr_assert_str_eq(error.message, "cannot connect: fatal error; read the logs of the brokers");
    mneme_kafka_error(&error, "cannot connect", NULL, RD_KAFKA_RESP_ERR__RESOLVE,
                      "away:9092/bootstrap: Failed to resolve (after 0ms in state CONNECT)");
    cr_assert_str_eq(error.message,
                     "cannot connect: host resolution failure (away:9092/bootstrap: Failed to resolve); "
                     "check that the brokers run, and KAFKA_BOOTSTRAP_SERVERS");
}

Test(kafka, ports_that_the_client_would_wrap_are_refused) {
    static const char *const good[] = {
        "",           "host",  "host:9092", "a:1,b:65535",          " a:9092 , b ", "10.0.0.1:9092",
        "[::1]:9092", "[::1]", "::1",       "SASL_SSL://host:9092", "ssl://host"};
    static const char *const bad[] = {"host:0",  "host:65536",   "a:9092,b:99999",
                                      "host:",   "host:port",    "[::1]:70000",
                                      "host:-1", "SSL://host:x", "host:9092 x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_eq(mneme_kafka_check_brokers(good[i], &error), MNEME_OK, "%s: %s", good[i], error.message);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(mneme_kafka_check_brokers(bad[i], &error), MNEME_E_USAGE, "%s", bad[i]);
    }
    cr_assert_eq(mneme_kafka_check_brokers("a:9092, b:99999", &error), MNEME_E_USAGE);
    cr_assert_str_eq(error.message,
                     "KAFKA_BOOTSTRAP_SERVERS was not taken: the port of 'b:99999' is not a number "
                     "from 1 to 65535; give host:port, several with commas");
}
