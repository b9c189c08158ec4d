/*
 * What the events topic needs: the configured number of partitions (they decide the order of events),
 * timestamps by the brokers' clock, and unlimited retention, since every projection is rebuilt from it.
 */
#include "producers/topics.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"

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

/* A number that must not be lower than the given one. */
static void find_least(struct mneme_topic_state *state, const char *name, int64_t actual, int64_t least,
                       const char *why) {
    char actual_text[32];
    char least_text[32];
    snprintf(actual_text, sizeof actual_text, "%lld", (long long)actual);
    snprintf(least_text, sizeof least_text, "%lld or more", (long long)least);
    find(state, name, actual_text, actual >= least ? "" : least_text, actual >= least, why);
}

/* A number for which any value will do. */
static void report_number(struct mneme_topic_state *state, const char *name, int64_t actual) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)actual);
    find(state, name, text, "", true, "");
}

static void compare(struct mneme_topic_state *state, const struct mneme_kafka_topic_facts *facts,
                    const struct mneme_config *config) {
    state->finding_count = 0;
    find_number(
        state, "partitions", facts->partitions, mneme_config_long(config, MNEME_SETTING_TOPIC_PARTITIONS),
        "another number of partitions changes the order of events; set MNEME_TOPIC_PARTITIONS to what "
        "the topic "
        "has, or use another MNEME_TOPIC_PREFIX");
    report_number(state, "replication", facts->replication);
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
    int64_t longest = mneme_config_long(config, MNEME_SETTING_CONTENT_MAX_CHARS);
    if (mneme_kafka_max_event_bytes(facts->max_message_bytes) >= longest) {
        report_number(state, "max.message.bytes", facts->max_message_bytes);
    } else {
        find_least(
            state, "max.message.bytes", facts->max_message_bytes, longest + longest / 8,
            "a text of MNEME_CONTENT_MAX_CHARS would not fit; raise it with kafka-configs.sh --alter, or "
            "lower that setting");
    }
}

/* What an embeddings topic needs, compared with the events topic. */
static void compare_records(struct mneme_topic_state *state, const struct mneme_kafka_topic_facts *facts,
                            const struct mneme_kafka_topic_facts *events) {
    state->finding_count = 0;
    find(state, "cleanup.policy", facts->is_compacted ? "compact" : "delete", "compact", facts->is_compacted,
         "records that are older than its retention would be dropped, or kept forever; set it with "
         "kafka-configs.sh --alter");
    find_least(state, "max.message.bytes", facts->max_message_bytes, events->max_message_bytes,
               "the record of a large event would not fit; raise it with kafka-configs.sh --alter");
}

static int check(struct mneme_topic_state *out, rd_kafka_t *kafka, const struct mneme_config *config,
                 struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts;
    int status = mneme_kafka_topic_facts(&facts, kafka, out->name, ASK_TIMEOUT_MS, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (!facts.has_settings) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "cannot check topic %s: its settings could not be read; get the right to "
                               "describe it, or check that the brokers have a controller",
                               out->name);
    }
    compare(out, &facts, config);
    return MNEME_OK;
}

/* The brokers learn of a new topic one after the other. */
static int check_new(struct mneme_topic_state *out, rd_kafka_t *kafka, const struct mneme_config *config,
                     struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + CREATE_TIMEOUT_MS * INT64_C(1000);
    int status;
    do {
        status = check(out, kafka, config, error);
    } while (status == MNEME_E_NOT_FOUND && mneme_clock_monotonic_micros() < deadline);
    return status;
}

static int read_state(struct mneme_topic_state *out, const struct mneme_config *config, bool may_create,
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
    return read_state(out, config, false, error);
}

int mneme_topic_create(struct mneme_topic_state *out, const struct mneme_config *config,
                       struct mneme_error *error) {
    return read_state(out, config, true, error);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(((const struct mneme_topic_state *)a)->name, ((const struct mneme_topic_state *)b)->name);
}

/* The embeddings topics that the brokers know. */
static int list_embeddings(struct mneme_topic_state *out, size_t *count, rd_kafka_t *kafka,
                           const struct mneme_config *config, struct mneme_error *error) {
    char prefix[MNEME_TOPIC_NAME_BYTES];
    const struct rd_kafka_metadata *metadata = NULL;
    (void)snprintf(prefix, sizeof prefix, "%sembeddings",
                   mneme_config_string(config, MNEME_SETTING_TOPIC_PREFIX));
    rd_kafka_resp_err_t code = rd_kafka_metadata(kafka, 1, NULL, &metadata, ASK_TIMEOUT_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot list the topics of", prefix, code, NULL);
    }
    for (int i = 0; i < metadata->topic_cnt && *count < MNEME_TOPIC_MAX_EMBEDDINGS; i++) {
        const char *name = metadata->topics[i].topic;
        size_t len = strlen(prefix);
        bool is_ours = strncmp(name, prefix, len) == 0 && (name[len] == '.' || name[len] == '-');
        if (is_ours && strlen(name) < sizeof out->name) {
            out[*count] = (struct mneme_topic_state){0};
            memcpy(out[(*count)++].name, name, strlen(name) + 1);
        }
    }
    rd_kafka_metadata_destroy(metadata);
    if (*count > 1) {
        qsort(out, *count, sizeof *out, compare_names);
    }
    return MNEME_OK;
}

int mneme_topic_check_embeddings(struct mneme_topic_state *out, size_t *count,
                                 const struct mneme_config *config, struct mneme_error *error) {
    char name[MNEME_TOPIC_NAME_BYTES];
    struct mneme_kafka_topic_facts events;
    struct mneme_kafka_topic_facts facts;
    rd_kafka_t *kafka = NULL;
    *count = 0;
    int status = mneme_kafka_events_topic(name, config, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_admin(&kafka, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_topic_facts(&events, kafka, name, ASK_TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        status = list_embeddings(out, count, kafka, config, error);
    }
    for (size_t i = 0; i < *count && status == MNEME_OK; i++) {
        status = mneme_kafka_topic_facts(&facts, kafka, out[i].name, ASK_TIMEOUT_MS, error);
        if (status == MNEME_OK && facts.has_settings && events.has_settings) {
            compare_records(&out[i], &facts, &events);
        }
    }
    if (kafka != NULL) {
        rd_kafka_destroy(kafka);
    }
    return status;
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
