/*
 * The configuration of every Kafka client. The project's settings come first, then the user's librdkafka
 * properties, which may override them.
 */
#include "common/kafka/kafka.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log/log.h"

/* librdkafka calls this from its own threads. These messages are for debugging the client itself: errors that
 * matter are also returned by a call or an error callback, and are reported there. */
void mneme_kafka_log(const rd_kafka_t *client, int level, const char *facility, const char *line) {
    mneme_log(
        MNEME_LOG_DEBUG, "kafka client", MNEME_LOG_S("client", client == NULL ? "" : rd_kafka_name(client)),
        MNEME_LOG_I("syslog_level", level), MNEME_LOG_S("facility", facility), MNEME_LOG_S("line", line));
}

int mneme_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                         struct mneme_error *error) {
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot set up the Kafka client: %s: %s; check the setting or MNEME_KAFKA_OPTIONS", name, reason);
    }
    return MNEME_OK;
}

/* One key=value of MNEME_KAFKA_OPTIONS; `item` is changed. */
static int set_option(rd_kafka_conf_t *conf, char *item, struct mneme_error *error) {
    item += strspn(item, " ");
    if (*item == '\0') {
        return MNEME_OK;
    }
    char *equals = strchr(item, '=');
    if (equals == NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot set up the Kafka client: \"%.100s\" in MNEME_KAFKA_OPTIONS has no \"=\"; "
            "write key=value, separated by commas",
            item);
    }
    *equals = '\0';
    return mneme_kafka_conf_set(conf, item, equals + 1, error);
}

static int set_options(rd_kafka_conf_t *conf, const char *options, struct mneme_error *error) {
    char *copy = strdup(options);
    if (copy == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot set up the Kafka client: out of memory; free some memory");
    }
    int status = MNEME_OK;
    char *rest = copy;
    for (char *item = strsep(&rest, ","); item != NULL && status == MNEME_OK; item = strsep(&rest, ",")) {
        status = set_option(conf, item, error);
    }
    free(copy);
    return status;
}

int mneme_kafka_conf(rd_kafka_conf_t **out, const struct mneme_config *config, const char *purpose,
                     struct mneme_error *error) {
    static const struct {
        const char *property;
        enum mneme_setting setting;
    } mapped[] = {
        {"bootstrap.servers", MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS},
        {"security.protocol", MNEME_SETTING_KAFKA_SECURITY_PROTOCOL},
        {"sasl.mechanisms", MNEME_SETTING_KAFKA_SASL_MECHANISM},
        {"sasl.username", MNEME_SETTING_KAFKA_SASL_USERNAME},
        {"sasl.password", MNEME_SETTING_KAFKA_SASL_PASSWORD},
        {"ssl.ca.location", MNEME_SETTING_KAFKA_SSL_CA},
    };
    /* A broker that comes back is found within two seconds; a dead peer is noticed. */
    static const char *const fixed[][2] = {
        {"reconnect.backoff.max.ms", "2000"},
        {"socket.keepalive.enable", "true"},
        {"log.connection.close", "false"},
        {"allow.auto.create.topics", "false"},
    };
    int status =
        mneme_kafka_check_brokers(mneme_config_string(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS), error);
    if (status != MNEME_OK) {
        return status;
    }
    /* Login properties without a login would only cause warnings of the client. */
    const char *protocol = mneme_config_string(config, MNEME_SETTING_KAFKA_SECURITY_PROTOCOL);
    bool has_login = strncmp(protocol, "sasl_", 5) == 0;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, mneme_kafka_log);
    for (size_t i = 0; status == MNEME_OK && i < sizeof fixed / sizeof fixed[0]; i++) {
        status = mneme_kafka_conf_set(conf, fixed[i][0], fixed[i][1], error);
    }
    char client_id[128];
    if (status == MNEME_OK) {
        int len = snprintf(client_id, sizeof client_id, "mneme-%s", purpose);
        status = mneme_kafka_conf_set(conf, "client.id", len < 0 ? "mneme" : client_id, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < sizeof mapped / sizeof mapped[0]; i++) {
        const char *value = mneme_config_string(config, mapped[i].setting);
        bool is_wanted = has_login || strncmp(mapped[i].property, "sasl.", 5) != 0;
        if (is_wanted && *value != '\0') {
            status = mneme_kafka_conf_set(conf, mapped[i].property, value, error);
        }
    }
    if (status == MNEME_OK) {
        status = set_options(conf, mneme_config_string(config, MNEME_SETTING_KAFKA_OPTIONS), error);
    }
    if (status != MNEME_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    *out = conf;
    return MNEME_OK;
}

int mneme_kafka_events_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                             struct mneme_error *error) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *prefix = mneme_config_string(config, MNEME_SETTING_TOPIC_PREFIX);
    if (prefix[strspn(prefix, allowed)] != '\0') {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "cannot name the events topic: MNEME_TOPIC_PREFIX \"%.100s\" contains a character that topic "
            "names may not contain; use letters, digits, \".\", \"_\" and \"-\"",
            prefix);
    }
    int len = snprintf(text, MNEME_TOPIC_NAME_BYTES, "%sevents", prefix);
    if (len < 0 || len >= MNEME_TOPIC_NAME_BYTES) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "cannot name the events topic: MNEME_TOPIC_PREFIX is too long; use at most %d characters",
            MNEME_TOPIC_NAME_BYTES - 1 - (int)strlen("events"));
    }
    return MNEME_OK;
}
