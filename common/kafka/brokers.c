/*
 * librdkafka silently takes ports modulo 65536: a wrong one would be reported as a broker that cannot be
 * reached at a port that is not in the settings.
 */
#include "common/base/split.h"
#include "common/kafka/kafka.h"

#define MAX_PORT 65535

static struct mneme_str trim(struct mneme_str text) {
    while (text.len > 0 && text.data[0] == ' ') {
        text = (struct mneme_str){text.data + 1, text.len - 1};
    }
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

/* For [scheme://]host[:port]; an IPv6 address that has a port is in brackets. */
static bool has_valid_port(struct mneme_str broker) {
    const char *scheme = broker.len == 0 ? NULL : memmem(broker.data, broker.len, "://", 3);
    if (scheme != NULL) {
        broker = (struct mneme_str){scheme + 3, broker.len - (size_t)(scheme + 3 - broker.data)};
    }
    (void)mneme_str_split_off(&broker, ']', true);
    bool has_port = mneme_str_split_off(&broker, ':', false).data != NULL;
    bool is_bare_address = broker.len > 0 && memchr(broker.data, ':', broker.len) != NULL;
    long port = 0;
    return !has_port || is_bare_address || (mneme_str_to_number(&port, broker, MAX_PORT) && port > 0);
}

int mneme_kafka_check_brokers(const char *brokers, struct mneme_error *error) {
    struct mneme_str rest = mneme_str_from(brokers);
    while (rest.len > 0) {
        struct mneme_str broker = mneme_str_split_off(&rest, ',', false);
        if (broker.data == NULL) {
            broker = rest;
            rest.len = 0;
        }
        broker = trim(broker);
        if (!has_valid_port(broker)) {
            return mneme_error_set(
                error, MNEME_E_USAGE,
                "KAFKA_BOOTSTRAP_SERVERS was not taken: the port of '%.*s' is not a number "
                "from 1 to 65535; give host:port, several with commas",
                MNEME_STR_ARG(broker));
        }
    }
    return MNEME_OK;
}
