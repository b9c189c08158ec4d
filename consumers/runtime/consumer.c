/*
 * The Kafka client of a worker: how it is configured, and the calls on it. Written for librdkafka 2.0:
 * partitions are assigned as a whole, and a partition that is not paused must not be resumed, since that
 * makes the client fetch again from an old offset.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/log/kafka_client.h"
#include "consumers/runtime/worker_state.h"

/* A batch may take long: the limit for that is separate from the limit for silence. */
#define MAX_POLL_INTERVAL_MS 600000
#define CLOSE_TIMEOUT_MS 10000
#define WAKE_TIMEOUT_MS 1000

/* A member learns of a rebalance by its next heartbeat; until then the partitions of a new member are idle or
 * folded by the wrong member. A heartbeat takes some 50 microseconds. */
#define HEARTBEATS_PER_SESSION 100

/* The worker's correctness depends on these. */
static const struct mneme_kafka_client_property required[] = {
    {"enable.auto.commit", "false"},  {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},   {"partition.assignment.strategy", "range"},
    {"enable.partition.eof", "true"}, {"isolation.level", "read_committed"},
};

/* How soon the worker notices that the topic is missing or has other partitions. */
#define METADATA_REFRESH_MS "30000"

/* Limits the memory of messages that were fetched ahead; MNEME_KAFKA_OPTIONS may override this. A full queue
 * is checked again only once a second, so it must hold what a projection applies in that time; each message
 * costs its bytes and about 350 more. Fetched data beyond that is compressed: it takes four times as many
 * bytes when unpacked. */
static const struct mneme_kafka_client_property tuned[] = {
    {"queued.min.messages", "50000"},
    {"queued.max.messages.kbytes", "65536"},
    {"fetch.max.bytes", "4194304"},
    {"topic.metadata.refresh.interval.ms", METADATA_REFRESH_MS},
};

static int set_number(rd_kafka_conf_t *conf, const char *name, int64_t value, struct mneme_error *error) {
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    return mneme_kafka_conf_set(conf, name, text, error);
}

static int64_t heartbeat_ms(const struct mneme_worker *worker) {
    return mneme_config_long(worker->config, MNEME_SETTING_SESSION_TIMEOUT_MS) / HEARTBEATS_PER_SESSION;
}

static int set_membership(rd_kafka_conf_t *conf, const struct mneme_worker *worker,
                          struct mneme_error *error) {
    int64_t session_ms = mneme_config_long(worker->config, MNEME_SETTING_SESSION_TIMEOUT_MS);
    const char *id = worker->options->instance_id;
    int status = mneme_kafka_conf_set(conf, "group.id", worker->group, error);
    if (status == MNEME_OK) {
        status = set_number(conf, "session.timeout.ms", session_ms, error);
    }
    if (status == MNEME_OK) {
        status = set_number(conf, "heartbeat.interval.ms", heartbeat_ms(worker), error);
    }
    if (status == MNEME_OK) {
        status = set_number(conf, "max.poll.interval.ms",
                            session_ms > MAX_POLL_INTERVAL_MS ? session_ms : MAX_POLL_INTERVAL_MS, error);
    }
    if (status == MNEME_OK && id != NULL && *id != '\0') {
        status = mneme_kafka_conf_set(conf, "group.instance.id", id, error);
    }
    return status;
}

static void on_commit(rd_kafka_t *kafka, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *offsets,
                      void *opaque) {
    (void)kafka;
    (void)offsets;
    (void)opaque;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR__NO_OFFSET) {
        mneme_log(MNEME_LOG_INFO, "progress is not told to the group",
                  MNEME_LOG_S("reason", rd_kafka_err2str(err)));
    }
}

/*
 * If a topic is missing for less than a second, the client does not report it, and reads on at the old
 * offset, in whatever topic has the name now. Only a debug line of its fetcher reports this, before the first
 * message that was fetched afterwards.
 */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *line) {
    struct mneme_worker *worker = rd_kafka_opaque(client);
    if (worker != NULL && strcmp(facility, "BROKERUA") == 0 &&
        strstr(line, rd_kafka_err2str(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)) != NULL) {
        atomic_store(&worker->is_doubted, true);
    }
    mneme_kafka_log(client, level, facility, line);
}

/* Those debug lines must be written, whatever other contexts are set. */
static int watch_topic(rd_kafka_conf_t *conf, struct mneme_error *error) {
    char asked[512] = "";
    char wanted[512 + sizeof "topic,"];
    size_t size = sizeof asked;
    bool is_asked = rd_kafka_conf_get(conf, "debug", asked, &size) == RD_KAFKA_CONF_OK && asked[0] != '\0';
    (void)snprintf(wanted, sizeof wanted, "topic%s%s", is_asked ? "," : "", is_asked ? asked : "");
    rd_kafka_conf_set_log_cb(conf, on_log);
    return mneme_kafka_conf_set(conf, "debug", wanted, error);
}

static int set_up(rd_kafka_conf_t *conf, struct mneme_worker *worker, struct mneme_error *error) {
    int status = set_membership(conf, worker, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_client_require(conf, required, sizeof required / sizeof required[0], error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_client_tune(conf, tuned, sizeof tuned / sizeof tuned[0], error);
    }
    if (status == MNEME_OK) {
        status = watch_topic(conf, error);
    }
    rd_kafka_conf_set_opaque(conf, worker);
    rd_kafka_conf_set_rebalance_cb(conf, mneme_worker_on_rebalance);
    rd_kafka_conf_set_error_cb(conf, mneme_worker_on_error);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    return status;
}

static void set_queue(struct mneme_worker *worker, rd_kafka_queue_t *queue) {
    pthread_mutex_lock(&worker->queue_mutex);
    if (worker->queue != NULL) {
        rd_kafka_queue_destroy(worker->queue);
    }
    worker->queue = queue;
    pthread_mutex_unlock(&worker->queue_mutex);
}

int mneme_worker_connect(struct mneme_worker *worker, struct mneme_error *error) {
    char purpose[128];
    (void)snprintf(purpose, sizeof purpose, "work-%s", worker->options->projection->facts->name);
    rd_kafka_conf_t *conf = NULL;
    int status = mneme_kafka_conf(&conf, worker->config, purpose, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = set_up(conf, worker, error);
    if (status != MNEME_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    char reason[256];
    worker->kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (worker->kafka == NULL) {
        rd_kafka_conf_destroy(conf);
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot set up the Kafka client: %s; check MNEME_KAFKA_OPTIONS", reason);
    }
    /* Errors and callbacks come with the messages, on the thread that polls. */
    rd_kafka_poll_set_consumer(worker->kafka);
    set_queue(worker, rd_kafka_queue_get_consumer(worker->kafka));
    mneme_worker_set_kafka_up(worker, true, "");
    return MNEME_OK;
}

int mneme_worker_subscribe(struct mneme_worker *worker, struct mneme_error *error) {
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, worker->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(worker->kafka, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot subscribe to topic", worker->topic, code, NULL);
    }
    return MNEME_OK;
}

/* Serves the group's last callbacks until it is left. Without brokers that may not end; the group then
 * revokes the partitions by itself. */
static void leave_group(struct mneme_worker *worker) {
    rd_kafka_queue_t *last = rd_kafka_queue_new(worker->kafka);
    rd_kafka_error_t *refusal = rd_kafka_consumer_close_queue(worker->kafka, last);
    if (refusal != NULL) {
        mneme_log(MNEME_LOG_DEBUG, "group is not left",
                  MNEME_LOG_S("reason", rd_kafka_error_string(refusal)));
        rd_kafka_error_destroy(refusal);
    } else {
        int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)CLOSE_TIMEOUT_MS * 1000;
        while (!rd_kafka_consumer_closed(worker->kafka) && mneme_clock_monotonic_micros() < deadline) {
            rd_kafka_message_t *message = rd_kafka_consume_queue(last, 100);
            if (message != NULL) {
                rd_kafka_message_destroy(message);
            }
        }
        if (!rd_kafka_consumer_closed(worker->kafka)) {
            mneme_log(MNEME_LOG_WARN, "group is not left",
                      MNEME_LOG_S("reason", "the brokers do not answer"));
        }
    }
    rd_kafka_queue_destroy(last);
}

void mneme_worker_leave(struct mneme_worker *worker) {
    if (worker->kafka != NULL) {
        leave_group(worker);
    }
    mneme_worker_release(worker);
}

void mneme_worker_disconnect(struct mneme_worker *worker) {
    set_queue(worker, NULL);
    if (worker->kafka != NULL) {
        mneme_kafka_client_destroy(worker->kafka);
        worker->kafka = NULL;
    }
}

static rd_kafka_topic_partition_list_t *new_list(const struct mneme_worker *worker) {
    return rd_kafka_topic_partition_list_new((int)worker->partition_count);
}

static void pause_or_resume(struct mneme_worker *worker, bool pause, rd_kafka_topic_partition_list_t *list) {
    if (list->cnt == 0) {
        return;
    }
    if (pause) {
        rd_kafka_pause_partitions(worker->kafka, list);
    } else {
        rd_kafka_resume_partitions(worker->kafka, list);
    }
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            mneme_log(MNEME_LOG_WARN, pause ? "partition is not paused" : "partition is not resumed",
                      MNEME_LOG_I("partition", list->elems[i].partition),
                      MNEME_LOG_S("reason", rd_kafka_err2str(list->elems[i].err)));
        }
    }
}

/* Returns whether any partition was resumed. */
static bool set_pauses(struct mneme_worker *worker, bool want_all, bool want_none) {
    bool is_any_resumed = false;
    rd_kafka_topic_partition_list_t *pause = NULL;
    rd_kafka_topic_partition_list_t *resume = NULL;
    for (size_t i = 0; i < worker->partition_count; i++) {
        struct mneme_worker_partition *partition = &worker->partitions[i];
        bool wanted = !want_none && (want_all || partition->stalled != NULL);
        if (wanted == partition->is_paused) {
            continue;
        }
        if (pause == NULL) {
            pause = new_list(worker);
            resume = new_list(worker);
        }
        rd_kafka_topic_partition_list_add(wanted ? pause : resume, worker->topic, partition->partition);
        partition->is_paused = wanted;
    }
    if (pause != NULL) {
        pause_or_resume(worker, true, pause);
        pause_or_resume(worker, false, resume);
        is_any_resumed = resume->cnt > 0;
        rd_kafka_topic_partition_list_destroy(pause);
        rd_kafka_topic_partition_list_destroy(resume);
    }
    return is_any_resumed;
}

/* The client may sleep for a second before it sees that a partition is resumed; a request to its broker wakes
 * it. */
static void wake_fetchers(struct mneme_worker *worker) {
    struct mneme_error error = {0};
    if (mneme_worker_query_offsets(worker, RD_KAFKA_OFFSET_END, worker->claim_offsets, WAKE_TIMEOUT_MS,
                                   &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_DEBUG, "reading goes on late", MNEME_LOG_S("reason", error.message));
    }
}

void mneme_worker_sync_pauses(struct mneme_worker *worker) {
    if (worker->phase != MNEME_PHASE_READING && worker->phase != MNEME_PHASE_REJOINING) {
        return;
    }
    bool has_room = !worker->retry.is_active || !mneme_fill_is_full(worker->filling, &worker->rules);
    bool can_read = worker->phase == MNEME_PHASE_READING && has_room && !worker->is_draining;
    if (set_pauses(worker, !can_read, false)) {
        wake_fetchers(worker);
    }
}

void mneme_worker_wake_client(struct mneme_worker *worker, int64_t now_micros) {
    if (now_micros - worker->woken_micros >= heartbeat_ms(worker) * 1000) {
        worker->woken_micros = now_micros;
        char *id = rd_kafka_memberid(worker->kafka);
        if (id != NULL) {
            rd_kafka_mem_free(worker->kafka, id);
        }
    }
}

void mneme_worker_resume_all(struct mneme_worker *worker) {
    (void)set_pauses(worker, false, true);
}

void mneme_worker_commit(struct mneme_worker *worker) {
    if (worker->is_kafka_down) {
        return; /* leaving the group would wait for the answer */
    }
    rd_kafka_topic_partition_list_t *offsets = new_list(worker);
    for (size_t i = 0; i < worker->partition_count; i++) {
        struct mneme_worker_partition *partition = &worker->partitions[i];
        if (partition->applied_offset > partition->committed) {
            rd_kafka_topic_partition_list_add(offsets, worker->topic, partition->partition)->offset =
                partition->applied_offset;
            partition->committed = partition->applied_offset;
        }
    }
    if (offsets->cnt > 0) {
        rd_kafka_resp_err_t code = rd_kafka_commit(worker->kafka, offsets, 1);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            mneme_log(MNEME_LOG_DEBUG, "progress is not told to the group",
                      MNEME_LOG_S("reason", rd_kafka_err2str(code)));
        }
    }
    rd_kafka_topic_partition_list_destroy(offsets);
}

int mneme_worker_query_offsets(struct mneme_worker *worker, int64_t which, int64_t *offsets, int timeout_ms,
                               struct mneme_error *error) {
    rd_kafka_topic_partition_list_t *list = new_list(worker);
    for (size_t i = 0; i < worker->partition_count; i++) {
        rd_kafka_topic_partition_list_add(list, worker->topic, worker->partitions[i].partition)->offset =
            which;
    }
    /* One request for all partitions of a leader, and unlike rd_kafka_query_watermark_offsets it keeps to its
     * time-out. */
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(worker->kafka, list, timeout_ms);
    for (size_t i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < worker->partition_count; i++) {
        const rd_kafka_topic_partition_t *found =
            rd_kafka_topic_partition_list_find(list, worker->topic, worker->partitions[i].partition);
        code = found == NULL ? RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION : found->err;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            offsets[i] = found->offset;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot ask for the offsets of topic", worker->topic, code, NULL);
    }
    return MNEME_OK;
}
