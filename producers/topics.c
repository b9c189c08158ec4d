/*
 * What the events topic must be: partitions as set (they decide the order of events), the brokers' clock, and
 * nothing ever dropped, since every projection is rebuilt from it.
 */
#include "producers/topics.h"

#include <stdio.h>

#include "common/clock.h"

#define ASK_TIMEOUT_MS 5000
#define CREATE_TIMEOUT_MS 10000

static void find(struct mneme_topic_state *state, const char *name, const char *actual, const char *wanted,
                 bool fits, const char *why) {
    struct mneme_topic_finding *finding = &state->findings[state->finding_count++];
    *finding = (struct mneme_topic_finding){.name = name, .fits = fits, .why = why};
    snprintf(finding->actual, sizeof finding->actual, "%s", actual);
    snprintf(finding->wanted, sizeof finding->wanted, "%s", wanted);
}

static void find_number(struct mneme_topic_state *state, const char *name, int64_t actual, int64_t wanted,
                        const char *why) {
    char actual_text[32];
    char wanted_text[32];
    snprintf(actual_text, sizeof actual_text, "%lld", (long long)actual);
    snprintf(wanted_text, sizeof wanted_text, "%lld", (long long)wanted);
    find(state, name, actual_text, wanted_text, actual == wanted, why);
}

/* A number for which any value will do. */
static void tell_number(struct mneme_topic_state *state, const char *name, int64_t actual) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)actual);
    find(state, name, text, "", true, "");
}

static void compare(struct mneme_topic_state *state, const struct mneme_topic_facts *facts,
                    const struct mneme_config *config) {
    state->finding_count = 0;
    find_number(state, "partitions", facts->partitions,
                mneme_config_long(config, MNEME_SETTING_TOPIC_PARTITIONS),
                "another number of partitions is another order of events; set MNEME_TOPIC_PARTITIONS to what "
                "the topic "
                "has, or use another MNEME_TOPIC_PREFIX");
    tell_number(state, "replication", facts->replication);
    find(state, "message.timestamp.type", facts->is_log_append_time ? "LogAppendTime" : "CreateTime",
         "LogAppendTime", facts->is_log_append_time,
         "recorded_at would be the publishers' clocks; set it with kafka-configs.sh --alter");
    find_number(state, "retention.ms", facts->retention_ms, -1,
                "old events would be dropped, and no projection could be rebuilt; set it with "
                "kafka-configs.sh --alter");
    find_number(state, "retention.bytes", facts->retention_bytes, -1,
                "old events would be dropped, and no projection could be rebuilt; set it with "
                "kafka-configs.sh --alter");
    find(state, "cleanup.policy", facts->is_compacted ? "compact" : "delete", "delete", !facts->is_compacted,
         "earlier events of a stream would be dropped; set it with kafka-configs.sh --alter");
    tell_number(state, "max.message.bytes", facts->max_message_bytes);
}

static int check(struct mneme_topic_state *out, rd_kafka_t *kafka, const struct mneme_config *config,
                 struct mneme_error *error) {
    struct mneme_topic_facts facts;
    int status = mneme_kafka_topic_facts(&facts, kafka, out->name, ASK_TIMEOUT_MS, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (!facts.has_settings) {
        return mneme_error_set(
            error, MNEME_E_UNAVAILABLE,
            "cannot check topic %s: its settings could not be read; ask for the right to describe "
            "it, or check that the brokers have a controller",
            out->name);
    }
    compare(out, &facts, config);
    return MNEME_OK;
}

/* A new topic is known to the brokers one after the other. */
static int check_new(struct mneme_topic_state *out, rd_kafka_t *kafka, const struct mneme_config *config,
                     struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + CREATE_TIMEOUT_MS * INT64_C(1000);
    int status;
    do {
        status = check(out, kafka, config, error);
    } while (status == MNEME_E_NOT_FOUND && mneme_clock_monotonic_micros() < deadline);
    return status;
}

static int look(struct mneme_topic_state *out, const struct mneme_config *config, bool may_create,
                struct mneme_error *error) {
    *out = (struct mneme_topic_state){0};
    int status = mneme_kafka_events_topic(out->name, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    rd_kafka_t *kafka = NULL;
    status = mneme_kafka_admin(&kafka, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = check(out, kafka, config, error);
    if (status == MNEME_E_NOT_FOUND && may_create) {
        status = mneme_kafka_topic_create(kafka, out->name, config, false, error);
        if (status == MNEME_OK) {
            out->was_created = true;
            status = check_new(out, kafka, config, error);
        }
    }
    rd_kafka_destroy(kafka);
    return status;
}

int mneme_topic_check(struct mneme_topic_state *out, const struct mneme_config *config,
                      struct mneme_error *error) {
    return look(out, config, false, error);
}

int mneme_topic_create(struct mneme_topic_state *out, const struct mneme_config *config,
                       struct mneme_error *error) {
    return look(out, config, true, error);
}

int mneme_topic_require(const struct mneme_topic_state *state, struct mneme_error *error) {
    for (size_t i = 0; i < state->finding_count; i++) {
        const struct mneme_topic_finding *finding = &state->findings[i];
        if (!finding->fits) {
            return mneme_error_set(error, MNEME_E_UNSAFE, "topic %s does not fit: %s is %s, not %s: %s",
                                   state->name, finding->name, finding->actual, finding->wanted,
                                   finding->why);
        }
    }
    return MNEME_OK;
}
