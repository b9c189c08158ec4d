/*
 * What each error of the Kafka client means: a status for the program, and advice for the person.
 */
#include <ctype.h>
#include <string.h>

#include "common/kafka/kafka.h"

#define MAX_DETAIL 400
#define CHECK_BROKERS "check that the brokers run, and KAFKA_BOOTSTRAP_SERVERS"
#define CHECK_LOGIN "check MNEME_KAFKA_SECURITY_PROTOCOL, user name and password"
#define CHECK_RIGHTS "ask for permission, or log in as a user who has it"

static const struct {
    rd_kafka_resp_err_t code;
    enum mneme_status status;
    const char *advice;
} meanings[] = {
    {RD_KAFKA_RESP_ERR__TRANSPORT, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__RESOLVE, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__NODE_UPDATE, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__DESTROY, MNEME_E_UNAVAILABLE, "open it again"},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, MNEME_E_UNAVAILABLE, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, MNEME_E_UNAVAILABLE,
     "wait until the brokers have started"},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, MNEME_E_UNAVAILABLE, "wait until the brokers have started"},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, MNEME_E_UNAVAILABLE, "try again"},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, MNEME_E_UNAVAILABLE, "try again"},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, MNEME_E_UNAVAILABLE, "try again"},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, MNEME_E_UNAVAILABLE, "check the brokers' disks"},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, MNEME_E_TIMEOUT, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, MNEME_E_TIMEOUT, CHECK_BROKERS},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, MNEME_E_TIMEOUT, "allow more time before closing"},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, MNEME_E_TIMEOUT, "allow more time before closing"},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, MNEME_E_FULL, "send more slowly, or raise MNEME_PUBLISH_QUEUE_EVENTS"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, MNEME_E_DENIED, CHECK_LOGIN},
    {RD_KAFKA_RESP_ERR__SSL, MNEME_E_DENIED, "check MNEME_KAFKA_SSL_CA and the brokers' certificates"},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, MNEME_E_DENIED, CHECK_LOGIN},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, MNEME_E_DENIED, "check MNEME_KAFKA_SASL_MECHANISM"},
    {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, MNEME_E_DENIED, CHECK_LOGIN},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, MNEME_E_DENIED, CHECK_RIGHTS},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, MNEME_E_DENIED, CHECK_RIGHTS},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, MNEME_E_DENIED, CHECK_RIGHTS},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, MNEME_E_NOT_FOUND, "make it with `mneme topics create`"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, MNEME_E_NOT_FOUND, "check it with `mneme topics check`"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, MNEME_E_NOT_FOUND, "make it with `mneme topics create`"},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, MNEME_E_CONFLICT, "check it with `mneme topics check`"},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, MNEME_E_TOO_LARGE,
     "send less at once, or raise the topic's max.message.bytes"},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, MNEME_E_TOO_LARGE,
     "send less at once, or raise the topic's max.message.bytes"},
    {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, MNEME_E_TOO_LARGE,
     "send less at once, or raise the topic's max.message.bytes"},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, MNEME_E_INVALID, "choose another MNEME_TOPIC_PREFIX"},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, MNEME_E_INVALID, "choose another MNEME_TOPIC_PARTITIONS"},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, MNEME_E_INVALID, "choose another MNEME_TOPIC_REPLICATION"},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, MNEME_E_INVALID, "check the settings of the topic"},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, MNEME_E_INVALID, "ask the operators of the brokers"},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, MNEME_E_USAGE, "check MNEME_KAFKA_OPTIONS"},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, MNEME_E_UNSAFE,
     "compare the log with the saved progress: `mneme status`"},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, MNEME_E_UNSAFE,
     "compare the log with the saved progress: `mneme status`"},
};

/* The client's words for a code, without the side of the connection that found the error. */
static const char *plain_text(rd_kafka_resp_err_t code) {
    static const char *const sides[] = {"Local: ", "Broker: "};
    const char *text = rd_kafka_err2str(code);
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        size_t len = strlen(sides[i]);
        text = strncmp(text, sides[i], len) == 0 ? text + len : text;
    }
    return text;
}

/* How much of a detail is for people: what follows is the state of the connection, for developers of the
 * client. */
static int readable_len(const char *detail) {
    const char *state = strstr(detail, " (after ");
    return (int)(state == NULL ? strnlen(detail, MAX_DETAIL) : (size_t)(state - detail));
}

int mneme_kafka_error(struct mneme_error *error, const char *what, const char *object,
                      rd_kafka_resp_err_t code, const char *detail) {
    enum mneme_status status = MNEME_E_INTERNAL;
    const char *advice = "read the logs of the brokers";
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].code == code) {
            status = meanings[i].status;
            advice = meanings[i].advice;
        }
    }
    bool has_object = object != NULL && *object != '\0';
    bool has_detail = detail != NULL && *detail != '\0' && strcmp(detail, rd_kafka_err2str(code)) != 0;
    const char *text = plain_text(code);
    return mneme_error_set(error, status, "%s%s%s: %c%s%s%.*s%s; %s", what, has_object ? " " : "",
                           has_object ? object : "", tolower((unsigned char)text[0]), text + 1,
                           has_detail ? " (" : "", has_detail ? readable_len(detail) : 0,
                           has_detail ? detail : "", has_detail ? ")" : "", advice);
}
