/*
 * librdkafka takes ports modulo 65536 and says nothing: a wrong port would be reported as an unreachable
 * broker with a port that nobody has written.
 */
#include <stdlib.h>

#include "common/kafka/kafka.h"

/* The port of one host[:port], after its last colon; NULL: it has none. An IPv6 address is in brackets. */
static const char *port_of(const char *broker) {
    const char *end_of_address = strchr(broker, ']');
    const char *colon = strrchr(end_of_address == NULL ? broker : end_of_address, ':');
    bool is_bare_address = end_of_address == NULL && colon != NULL && strchr(broker, ':') != colon &&
                           strstr(broker, "://") == NULL;
    bool is_of_scheme = colon != NULL && colon[1] == '/';
    return colon == NULL || is_bare_address || is_of_scheme ? NULL : colon + 1;
}

static bool is_port(const char *text) {
    size_t len = strlen(text);
    if (len == 0 || len > 5 || strspn(text, "0123456789") != len) {
        return false;
    }
    long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535;
}

int mneme_kafka_check_brokers(const char *brokers, struct mneme_error *error) {
    static const char spaces[] = " \t";
    while (*brokers != '\0') {
        char broker[512];
        size_t len = strcspn(brokers, ",");
        const char *next = brokers[len] == ',' ? brokers + len + 1 : brokers + len;
        size_t start = strspn(brokers, spaces);
        start = start < len ? start : len;
        while (len > start && strchr(spaces, brokers[len - 1]) != NULL) {
            len--;
        }
        size_t kept = len - start < sizeof broker ? len - start : sizeof broker - 1;
        memcpy(broker, brokers + start, kept);
        broker[kept] = '\0';
        const char *port = port_of(broker);
        if (port != NULL && !is_port(port)) {
            return mneme_error_set(error, MNEME_E_USAGE,
                                   "KAFKA_BOOTSTRAP_SERVERS was not taken: the port of '%.200s' is not a "
                                   "number from 1 to 65535; give host:port, several with commas",
                                   broker);
        }
        brokers = next;
    }
    return MNEME_OK;
}
