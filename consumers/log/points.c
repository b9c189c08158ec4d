/*
 * Cuts through the log, as offsets. Kafka finds offsets by time; a position is turned into a time by reading
 * its event.
 */
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "consumers/log/reader_state.h"

#define FIRST_PAUSE_MS 20
#define LONGEST_PAUSE_MS 500
#define POLL_MS 100

/* A topic answers like this for a moment after it was made, or while its leader moves. */
static bool is_passing(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static int left_ms(int64_t deadline) {
    int64_t left = (deadline - mneme_clock_monotonic_micros()) / 1000;
    return left < 1 ? 1 : (int)left;
}

/* One request to each broker that leads some of the partitions; `which` is a time in milliseconds or an end
 * of the log. Where no event is that late the answer is RD_KAFKA_OFFSET_END. */
static rd_kafka_resp_err_t ask_once(int64_t *offsets, struct mneme_log_reader *reader, int64_t which,
                                    int timeout_ms) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(reader->partitions);
    for (int32_t i = 0; i < reader->partitions; i++) {
        rd_kafka_topic_partition_list_add(list, reader->name, i)->offset = which;
    }
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(reader->client, list, timeout_ms);
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        code = list->elems[i].err;
        offsets[list->elems[i].partition] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

static int ask(int64_t *offsets, struct mneme_log_reader *reader, int64_t which, int64_t deadline,
               struct mneme_error *error) {
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    rd_kafka_resp_err_t code = ask_once(offsets, reader, which, left_ms(deadline));
    while (is_passing(code) && mneme_clock_monotonic_micros() < deadline) {
        mneme_clock_pause(mneme_backoff_next_ms(&backoff) * 1000);
        code = ask_once(offsets, reader, which, left_ms(deadline));
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? MNEME_OK
               : mneme_kafka_error(error, "cannot read the offsets of topic", reader->name, code, NULL);
}

/* By the log's clock, which counts milliseconds. */
static int cut_by_time(int64_t *offsets, struct mneme_log_reader *reader, int64_t micros, bool is_behind,
                       int64_t deadline, struct mneme_error *error) {
    int64_t floor_ms = micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
    bool is_whole = micros % 1000 == 0;
    int64_t first_ms = is_behind || !is_whole ? floor_ms + 1 : floor_ms;
    int64_t *ends = calloc((size_t)reader->partitions + 1, sizeof *ends);
    if (ends == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read the log: out of memory");
    }
    /* The ends come first: what is written meanwhile is later than the cut or found by its time. */
    int status = ask(ends, reader, RD_KAFKA_OFFSET_END, deadline, error);
    if (status == MNEME_OK) {
        /* Negative numbers would mean the ends of the log. */
        status = ask(offsets, reader, first_ms < 0 ? 0 : first_ms, deadline, error);
    }
    for (int32_t i = 0; i < reader->partitions && status == MNEME_OK; i++) {
        offsets[i] = offsets[i] < 0 ? ends[i] : offsets[i];
    }
    free(ends);
    return status;
}

/* The log's time of the event at the position. */
static int time_of(int64_t *micros, struct mneme_log_reader *reader, struct mneme_position position,
                   int64_t deadline, struct mneme_error *error) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(reader->client);
    int status = mneme_log_reader_start(reader, position.partition, position.offset, queue, error);
    bool is_started = status == MNEME_OK;
    bool is_found = false;
    while (status == MNEME_OK && !is_found) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(queue, POLL_MS);
        if (message == NULL) {
            rd_kafka_poll(reader->client, 0);
            if (mneme_clock_monotonic_micros() > deadline) {
                status = mneme_log_reader_unavailable(reader, 0, error);
            }
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            /* The one behind, where a marker of the brokers stands at the offset itself. */
            rd_kafka_timestamp_type_t type;
            *micros = rd_kafka_message_timestamp(message, &type) * 1000;
            is_found = true;
        } else {
            status = mneme_log_reader_refusal(reader, message, position.offset, error);
        }
        rd_kafka_message_destroy(message);
    }
    if (is_started) {
        mneme_log_reader_stop(reader, position.partition);
    }
    rd_kafka_queue_destroy(queue);
    return status;
}

static int cut_by_position(int64_t *offsets, struct mneme_log_reader *reader,
                           const struct mneme_log_point *point, int64_t deadline, struct mneme_error *error) {
    struct mneme_position at = point->position;
    int32_t count = reader->partitions;
    if (at.partition < 0 || at.partition >= count) {
        return mneme_error_set(error, MNEME_E_NOT_FOUND,
                               "there is no position %d:%lld: topic %s has partitions 0 to %d",
                               (int)at.partition, (long long)at.offset, reader->name, (int)count - 1);
    }
    int64_t *bounds = calloc(2 * (size_t)count + 1, sizeof *bounds);
    if (bounds == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read the log: out of memory");
    }
    int status = ask(bounds, reader, RD_KAFKA_OFFSET_BEGINNING, deadline, error);
    if (status == MNEME_OK) {
        status = ask(bounds + count, reader, RD_KAFKA_OFFSET_END, deadline, error);
    }
    int64_t first = bounds[at.partition];
    int64_t behind = bounds[count + at.partition];
    free(bounds);
    if (status == MNEME_OK && (at.offset < first || at.offset >= behind)) {
        status =
            mneme_error_set(error, MNEME_E_NOT_FOUND,
                            "there is no position %d:%lld: the log holds offsets %lld to %lld of that "
                            "partition",
                            (int)at.partition, (long long)at.offset, (long long)first, (long long)behind - 1);
    }
    int64_t micros = 0;
    if (status == MNEME_OK) {
        status = time_of(&micros, reader, at, deadline, error);
    }
    if (status == MNEME_OK) {
        status = cut_by_time(offsets, reader, micros, point->is_behind, deadline, error);
    }
    if (status == MNEME_OK) {
        offsets[at.partition] = at.offset + (point->is_behind ? 1 : 0);
    }
    return status;
}

int mneme_log_reader_resolve(int64_t *offsets, struct mneme_log_reader *reader,
                             const struct mneme_log_point *point, int timeout_ms, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)timeout_ms * 1000;
    switch (point->kind) {
    case MNEME_LOG_BEGINNING:
        return ask(offsets, reader, RD_KAFKA_OFFSET_BEGINNING, deadline, error);
    case MNEME_LOG_END:
        return ask(offsets, reader, RD_KAFKA_OFFSET_END, deadline, error);
    case MNEME_LOG_POSITION:
        return cut_by_position(offsets, reader, point, deadline, error);
    case MNEME_LOG_TIME:
        return cut_by_time(offsets, reader, point->micros, point->is_behind, deadline, error);
    }
    return MNEME_E_INTERNAL;
}
