/*
 * From the client into the batch. Every message counts once: messages that come again after a pause are
 * skipped. A message that cannot be read for now, or by this program, is set aside with its partition, and
 * the others go on.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/log/kafka_client.h"
#include "consumers/runtime/worker_state.h"

/* Adds the message to the batch; true when it was taken. The error is set when the reader cannot go on. */
static bool add(struct mneme_worker *worker, struct mneme_worker_partition *partition,
                rd_kafka_message_t *message, struct mneme_error *error) {
    struct mneme_log_record record =
        mneme_kafka_client_record(message, partition->read_offset, worker->rules.takes_records);
    int status = mneme_fill_add(worker->filling, &worker->rules, &worker->parked, &record,
                                mneme_clock_monotonic_micros(), error);
    if (status == MNEME_OK) {
        partition->read_offset = message->offset + 1;
    }
    return status == MNEME_OK;
}

/* Errors that may be gone at the next attempt; until then the message, and its partition, wait. */
static bool is_passing(const struct mneme_error *error) {
    return error->code == MNEME_E_UNAVAILABLE || error->code == MNEME_E_TIMEOUT ||
           error->code == MNEME_E_UNKNOWN_SCHEMA;
}

/* The partition's stalled message waits for another attempt. */
static void wait_for_schema(struct mneme_worker *worker, struct mneme_worker_partition *partition,
                            const struct mneme_error *reason) {
    if (reason->code == MNEME_E_UNKNOWN_SCHEMA) {
        mneme_worker_begin_schema_wait(worker, partition, reason);
    }
}

/* A message that cannot be read for another reason is never skipped: what is before it is applied, then the
 * worker ends. */
static void cannot_read(struct mneme_worker *worker, const rd_kafka_message_t *message,
                        const struct mneme_error *reason) {
    struct mneme_error error = {0};
    mneme_error_set(&error, reason->code, "cannot read the event at %d:%lld of %s: %s",
                    (int)message->partition, (long long)message->offset, worker->topic, reason->message);
    mneme_worker_drain(worker, &error);
}

static void refuse_other_log(struct mneme_worker *worker, const struct mneme_worker_partition *partition) {
    struct mneme_error error = {0};
    mneme_error_set(
        &error, MNEME_E_UNSAFE,
        "cannot fold partition %d of %s: the event at offset %lld is not the one that %s folded there, "
        "so the topic was deleted and made again; run `mneme rebuild %s` to fold what the log holds",
        (int)partition->partition, worker->topic, (long long)mneme_log_digest_offset(&partition->expected),
        worker->options->projection->facts->name,
        mneme_projection_rebuilt_by(worker->options->projection->facts));
    mneme_worker_fail(worker, &error);
}

/* The first message of a partition that was folded before: the one that was folded last, or the log is
 * another one. False when the worker cannot go on. */
static bool recognise(struct mneme_worker *worker, struct mneme_worker_partition *partition,
                      rd_kafka_message_t *message) {
    struct mneme_error error = {0};
    struct mneme_log_digest digest = {0};
    struct mneme_log_record record = mneme_kafka_client_record(message, partition->read_offset, false);
    int status = mneme_log_digest(&digest, message->offset, mneme_fill_recorded_at(record.timestamp_ms),
                                  record.key, record.value, &error);
    if (status == MNEME_OK && !mneme_log_digest_equal(&digest, &partition->expected)) {
        refuse_other_log(worker, partition);
        return false;
    }
    if (status != MNEME_OK) {
        mneme_worker_fail(worker, &error);
        return false;
    }
    partition->expected.is_set = false;
    return true;
}

static void take_event(struct mneme_worker *worker, rd_kafka_message_t *message) {
    struct mneme_worker_partition *partition = mneme_worker_partition(worker, message->partition);
    struct mneme_error error = {0};
    mneme_worker_rejoin_if_topic_changed(worker);
    bool is_awaited = partition != NULL && worker->phase == MNEME_PHASE_READING && !worker->is_draining;
    if (!is_awaited || (partition->expected.is_set && (!recognise(worker, partition, message) ||
                                                       message->offset < partition->read_offset))) {
        rd_kafka_message_destroy(message);
    } else if (message->offset < partition->read_offset) {
        mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_REDELIVERED, NULL, 1);
        rd_kafka_message_destroy(message);
    } else if (partition->stalled != NULL) {
        rd_kafka_message_destroy(message);
        mneme_worker_rejoin(worker, "a paused partition went on");
    } else if (!add(worker, partition, message, &error)) {
        if (is_passing(&error)) {
            partition->stalled = message;
            mneme_worker_wait_begin(&worker->stall, "partition waits for a schema", &error);
            wait_for_schema(worker, partition, &error);
        } else {
            cannot_read(worker, message, &error);
            rd_kafka_message_destroy(message);
        }
    }
}

/* The partition's log ends at the offset for now, and every event before it has come: the rest are markers of
 * transactions, or aborted messages. Progress moves past them, or callers that wait for the end of the log
 * would wait forever. */
static void take_end(struct mneme_worker *worker, int32_t number, int64_t offset) {
    struct mneme_worker_partition *partition = mneme_worker_partition(worker, number);
    struct mneme_error error = {0};
    bool is_read = partition != NULL && worker->phase == MNEME_PHASE_READING && !worker->is_draining &&
                   partition->stalled == NULL && !atomic_load(&worker->is_doubted);
    if (is_read && partition->expected.is_set && offset > mneme_log_digest_offset(&partition->expected)) {
        refuse_other_log(worker, partition); /* it has no event there at all */
    } else if (is_read && !partition->expected.is_set && offset > partition->read_offset) {
        if (mneme_fill_skip(worker->filling, &worker->rules, number, partition->read_offset, offset,
                            mneme_clock_monotonic_micros(), &error) == MNEME_OK) {
            partition->read_offset = offset;
        } else {
            mneme_worker_fail(worker, &error);
        }
    }
}

/* Tries the partition's stalled message again; false when it still waits. */
static bool retry_stalled(struct mneme_worker *worker, struct mneme_worker_partition *partition,
                          struct mneme_error *error) {
    if (mneme_fill_is_full(worker->filling, &worker->rules)) {
        mneme_error_set(error, MNEME_E_FULL, "the batch is full");
        return false;
    }
    if (add(worker, partition, partition->stalled, error)) {
        partition->stalled = NULL;
        mneme_worker_end_schema_wait(worker, partition);
        return true;
    }
    if (is_passing(error)) {
        wait_for_schema(worker, partition, error);
        return false;
    }
    cannot_read(worker, partition->stalled, error);
    return true;
}

/* Reads what was parked by hand since the last attempt. */
static void reread_marks(struct mneme_worker *worker) {
    struct mneme_error error = {0};
    if (mneme_worker_read_marks(worker, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_DEBUG, "what was parked by hand is not known",
                  MNEME_LOG_S("reason", error.message));
    }
}

void mneme_worker_retry_stalled(struct mneme_worker *worker) {
    struct mneme_error error = {0};
    bool is_over = true;
    reread_marks(worker);
    for (size_t i = 0; i < worker->partition_count && !worker->is_draining; i++) {
        struct mneme_worker_partition *partition = &worker->partitions[i];
        struct mneme_error reason = {0};
        if (partition->stalled != NULL && !retry_stalled(worker, partition, &reason)) {
            is_over = false;
            error = reason;
        }
    }
    if (is_over) {
        mneme_worker_wait_end(&worker->stall, "schema is known");
    } else {
        mneme_worker_wait_begin(&worker->stall, "partition waits for a schema", &error);
    }
}

static void fail_with(struct mneme_worker *worker, const char *what, rd_kafka_resp_err_t code,
                      const char *detail) {
    struct mneme_error error = {0};
    mneme_kafka_error(&error, what, worker->topic, code, detail);
    mneme_worker_fail(worker, &error);
}

/* The client can never go on. If a member of the same name is the cause, it is replaced, outside of its
 * callbacks. */
static void fail_fatally(struct mneme_worker *worker) {
    char detail[512] = "";
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(worker->kafka, detail, sizeof detail);
    if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        worker->name.is_lost = true;
    } else {
        fail_with(worker, "cannot go on reading topic", code, detail);
    }
}

/* The offset to fetch next is not in the log. */
static void fail_out_of_range(struct mneme_worker *worker, const rd_kafka_message_t *message) {
    const struct mneme_worker_partition *partition = mneme_worker_partition(worker, message->partition);
    if (partition != NULL && partition->expected.is_set && worker->phase == MNEME_PHASE_READING) {
        mneme_worker_rejoin(worker, "the event before the saved offset has left the log");
        return;
    }
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_UNSAFE,
                    "cannot go on folding partition %d of %s: offset %lld is no longer in the log, which was "
                    "truncated or made again; run `mneme rebuild %s` to fold what the log holds",
                    (int)message->partition, worker->topic,
                    (long long)(partition == NULL ? message->offset : partition->read_offset),
                    mneme_projection_rebuilt_by(worker->options->projection->facts));
    mneme_worker_fail(worker, &error);
}

static void take_error(struct mneme_worker *worker, const rd_kafka_message_t *message) {
    const char *detail = rd_kafka_message_errstr(message);
    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        take_end(worker, message->partition, message->offset);
        break;
    case RD_KAFKA_RESP_ERR__FATAL:
        fail_fatally(worker);
        break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        fail_out_of_range(worker, message);
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        fail_with(worker, "cannot read topic", message->err, detail);
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        mneme_worker_find_topic(worker);
        break;
    default:
        mneme_log(MNEME_LOG_WARN, "kafka consumer", MNEME_LOG_S("reason", detail));
        break;
    }
}

void mneme_worker_take_message(struct mneme_worker *worker, rd_kafka_message_t *message) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        take_error(worker, message);
        rd_kafka_message_destroy(message);
        return;
    }
    if (worker->is_kafka_down) {
        mneme_worker_set_kafka_up(worker, true, "");
    }
    take_event(worker, message);
}

/* An error of one connection gives the reason; only the loss of all of them matters. */
void mneme_worker_on_error(rd_kafka_t *kafka, int err, const char *reason, void *opaque) {
    (void)kafka;
    struct mneme_worker *worker = opaque;
    struct mneme_error error = {0};
    switch (err) {
    case RD_KAFKA_RESP_ERR__FATAL:
        fail_fatally(worker);
        break;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        mneme_kafka_error(&error, "cannot reach the brokers", NULL, (rd_kafka_resp_err_t)err,
                          worker->connection_error[0] != '\0' ? worker->connection_error : reason);
        mneme_worker_set_kafka_up(worker, false, error.message);
        break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
        mneme_kafka_error(&error, "cannot log in to the brokers", NULL, (rd_kafka_resp_err_t)err, reason);
        mneme_worker_set_kafka_up(worker, false, error.message);
        break;
    default:
        (void)snprintf(worker->connection_error, sizeof worker->connection_error, "%s", reason);
        break;
    }
}
