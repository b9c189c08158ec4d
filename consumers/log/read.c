/*
 * The loop of a reading: messages become a batch, a full batch is handed over, a range that is read is
 * closed. It ends when all ranges are closed, or when waiting any longer makes no sense.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "consumers/log/kafka_client.h"
#include "consumers/log/reader_state.h"

#define DEFAULT_TIMEOUT_MS 60000
#define LONGEST_POLL_MS 100 /* how late is_interrupted may be seen */
#define STALL_PAUSE_MICROS 200000

/* A log that ends before the range: a new leader may report this for a moment. */
#define SHORT_LOG_MICROS INT64_C(15000000)

/* A missing topic: brokers that restart may report this for a moment. */
#define MISSING_TOPIC_MICROS INT64_C(15000000)

/* A range that is being read. */
struct reading_range {
    int64_t next; /* the first offset that was not taken */
    bool is_open;
    bool is_at_end; /* of the log, as the client said last */
};

struct reading {
    struct mneme_log_reader *reader;
    struct mneme_log_read *read;
    rd_kafka_queue_t *queue;
    struct mneme_fill_rules rules;
    struct mneme_fill fill;
    struct mneme_park_set own_parked;
    struct mneme_park_set *parked;
    struct mneme_log_marks marks;   /* what read_marks gave */
    struct mneme_error marks_error; /* why it did not */
    bool has_marks;                 /* it was asked */
    struct reading_range *ranges;
    int32_t *range_of; /* by partition: its index, or -1 */
    size_t open_count;
    int64_t timeout_micros;
    int64_t heard_micros;   /* when something came last */
    int64_t asked_micros;   /* is_interrupted */
    int64_t missing_micros; /* since when the topic seems to be missing; 0: it is there */
    bool is_interrupted;
};

static void release_message(void *message) {
    rd_kafka_message_destroy(message);
}

static int prepare(struct reading *reading, struct mneme_error *error) {
    const struct mneme_config *config = reading->reader->config;
    const struct mneme_log_read *read = reading->read;
    int32_t partitions = reading->reader->partitions;
    mneme_fill_init(&reading->fill);
    reading->rules = (struct mneme_fill_rules){
        .codec = reading->reader->codec,
        .topic_partitions = partitions,
        .content_max_chars = (size_t)mneme_config_long(config, MNEME_SETTING_CONTENT_MAX_CHARS),
        .max_events = read->max_events > 0
                          ? read->max_events
                          : (size_t)mneme_config_long(config, MNEME_SETTING_BATCH_MAX_EVENTS),
        .max_bytes = read->max_bytes > 0 ? read->max_bytes
                                         : (size_t)mneme_config_long(config, MNEME_SETTING_BATCH_MAX_BYTES),
        .linger_micros = read->linger_micros,
        .takes_records = reading->reader->is_of_records,
        .parks_alone = read->parks_alone,
        .marks = read->marks != NULL ? read->marks : &reading->marks,
        .release = release_message,
    };
    reading->parked = read->parked == NULL ? &reading->own_parked : read->parked;
    reading->timeout_micros = (int64_t)(read->timeout_ms > 0 ? read->timeout_ms : DEFAULT_TIMEOUT_MS) * 1000;
    reading->heard_micros = mneme_clock_monotonic_micros();
    reading->ranges = calloc(read->range_count + 1, sizeof *reading->ranges);
    reading->range_of = calloc((size_t)partitions + 1, sizeof *reading->range_of);
    if (reading->ranges == NULL || reading->range_of == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read the log: out of memory");
    }
    for (int32_t i = 0; i < partitions; i++) {
        reading->range_of[i] = -1;
    }
    return reading->reader->is_of_embeddings
               ? mneme_embedding_codec_new(&reading->rules.records, config, reading->reader->name, error)
               : MNEME_OK;
}

static int begin(struct reading *reading, struct mneme_error *error) {
    struct mneme_log_reader *reader = reading->reader;
    int status = MNEME_OK;
    reading->queue = rd_kafka_queue_new(reader->client);
    for (size_t i = 0; i < reading->read->range_count && status == MNEME_OK; i++) {
        const struct mneme_log_range *range = &reading->read->ranges[i];
        if (range->partition < 0 || range->partition >= reader->partitions ||
            reading->range_of[range->partition] >= 0) {
            return mneme_error_set(
                error, MNEME_E_USAGE,
                "cannot read partition %d of %s: it is given twice, or is not one of the topic's %d",
                (int)range->partition, reader->name, (int)reader->partitions);
        }
        reading->range_of[range->partition] = (int32_t)i;
        reading->ranges[i].next = range->from;
        if (range->from < range->to) {
            status = mneme_log_reader_start(reader, range->partition, range->from, reading->queue, error);
            reading->ranges[i].is_open = status == MNEME_OK;
            reading->open_count += status == MNEME_OK ? 1 : 0;
        }
    }
    return status;
}

static void close_range(struct reading *reading, size_t i) {
    if (reading->ranges[i].is_open) {
        reading->ranges[i].is_open = false;
        reading->open_count--;
        mneme_log_reader_stop(reading->reader, reading->read->ranges[i].partition);
    }
}

static void end(struct reading *reading) {
    for (size_t i = 0; reading->ranges != NULL && i < reading->read->range_count; i++) {
        close_range(reading, i);
    }
    mneme_fill_clean_up(&reading->fill, &reading->rules);
    mneme_embedding_codec_destroy(reading->rules.records);
    mneme_park_set_clean_up(&reading->own_parked);
    mneme_log_marks_clean_up(&reading->marks);
    if (reading->queue != NULL) {
        rd_kafka_queue_destroy(reading->queue);
    }
    free(reading->ranges);
    free(reading->range_of);
}

/* Hands over the gathered batch, and moves the ranges, even if there were only offsets without events. */
static int hand_over(struct reading *reading, struct mneme_error *error) {
    int status = MNEME_OK;
    if (reading->fill.batch.count > 0) {
        status = reading->read->on_batch(reading->read->context, &reading->fill.batch, error);
        mneme_fill_reset(&reading->fill, &reading->rules);
        reading->heard_micros = mneme_clock_monotonic_micros();
    }
    for (size_t i = 0; status == MNEME_OK && i < reading->read->range_count; i++) {
        reading->read->ranges[i].from = reading->ranges[i].next;
    }
    return status;
}

static bool is_asked_to_end(struct reading *reading, int64_t now) {
    if (!reading->is_interrupted && reading->read->is_interrupted != NULL &&
        now - reading->asked_micros > LONGEST_POLL_MS * 1000) {
        reading->asked_micros = now;
        reading->is_interrupted = reading->read->is_interrupted(reading->read->context);
    }
    return reading->is_interrupted;
}

/* Whether the marks were asked for just now, because of a message that cannot be read. */
static bool ask_for_marks(struct reading *reading) {
    mneme_log_marks_reader *read_marks = reading->read->read_marks;
    if (read_marks == NULL || reading->has_marks) {
        return false;
    }
    reading->has_marks = true;
    return read_marks(&reading->marks, reading->reader->config, reading->reader->name, NULL,
                      &reading->marks_error) == MNEME_OK;
}

/* The message cannot be read, and as far as is known it was not parked by hand. */
static int refuse_unknown(const struct reading *reading, const rd_kafka_message_t *message,
                          const struct mneme_error *reason, struct mneme_error *error) {
    struct mneme_position at = {message->partition, message->offset};
    int status = mneme_unknown_schema(error, reading->reader->name, at, reason);
    return reading->marks_error.code == MNEME_OK
               ? status
               : mneme_error_set(error, MNEME_E_UNKNOWN_SCHEMA,
                                 "%s (it is not known whether that was done: %s)", error->message,
                                 reading->marks_error.message);
}

/* Adds the message, waiting for its schema if that cannot be had for now. The message is taken when it is
 * MNEME_OK and not interrupted. */
static int add(struct reading *reading, struct reading_range *range, rd_kafka_message_t *message,
               struct mneme_error *error) {
    struct mneme_log_record record =
        mneme_kafka_client_record(message, range->next, reading->rules.takes_records);
    for (;;) {
        int64_t now = mneme_clock_monotonic_micros();
        int status = mneme_fill_add(&reading->fill, &reading->rules, reading->parked, &record, now, error);
        if (status == MNEME_E_UNKNOWN_SCHEMA && ask_for_marks(reading)) {
            continue;
        }
        bool is_passing = status == MNEME_E_UNAVAILABLE || status == MNEME_E_TIMEOUT;
        if (status == MNEME_OK || !is_passing || now - reading->heard_micros > reading->timeout_micros ||
            is_asked_to_end(reading, now)) {
            return status;
        }
        mneme_clock_pause(STALL_PAUSE_MICROS);
    }
}

static int take_event(struct reading *reading, size_t i, rd_kafka_message_t *message,
                      struct mneme_error *error) {
    struct reading_range *range = &reading->ranges[i];
    int64_t to = reading->read->ranges[i].to;
    int status = MNEME_OK;
    bool is_taken = false;
    if (message->offset >= range->next && message->offset < to) {
        struct mneme_error reason = {0};
        status = add(reading, range, message, &reason);
        is_taken = status == MNEME_OK;
        if (status != MNEME_OK && reading->is_interrupted) {
            status = MNEME_OK;
        } else if (status == MNEME_E_UNKNOWN_SCHEMA) {
            status = refuse_unknown(reading, message, &reason, error);
        } else if (status != MNEME_OK) {
            status = mneme_error_set(error, reason.code, "cannot read the event at %d:%lld of %s: %s",
                                     (int)message->partition, (long long)message->offset,
                                     reading->reader->name, reason.message);
        }
    }
    if (is_taken) {
        range->next = message->offset + 1;
    }
    if (message->offset >= to) {
        range->next = to;
    }
    if (!is_taken) {
        rd_kafka_message_destroy(message);
    } else {
        reading->heard_micros = reading->fill.changed_micros;
    }
    range->is_at_end = false;
    if (range->next >= to) {
        close_range(reading, i);
    }
    return status;
}

/* The partition's log ends here for now. */
static void take_end(struct reading *reading, size_t i, int64_t offset) {
    struct reading_range *range = &reading->ranges[i];
    reading->heard_micros = mneme_clock_monotonic_micros();
    range->is_at_end = true;
    if (offset > range->next) {
        int64_t to = reading->read->ranges[i].to;
        range->next = offset < to ? offset : to;
    }
    if (range->next >= reading->read->ranges[i].to) {
        close_range(reading, i);
    }
}

static bool is_missing(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/* Takes the message: it is added to the batch or destroyed. */
static int take(struct reading *reading, rd_kafka_message_t *message, struct mneme_error *error) {
    int32_t partition = message->partition;
    int32_t i = partition >= 0 && partition < reading->reader->partitions ? reading->range_of[partition] : -1;
    bool is_wanted = i >= 0 && reading->ranges[i].is_open;
    int status = MNEME_OK;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        reading->missing_micros = 0;
        if (atomic_load_explicit(&reading->reader->is_troubled, memory_order_relaxed)) {
            atomic_store(&reading->reader->is_troubled, false);
        }
        if (is_wanted && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return take_event(reading, (size_t)i, message, error);
        }
        if (is_wanted) {
            take_end(reading, (size_t)i, message->offset);
        }
    } else if (is_missing(message->err)) {
        if (reading->missing_micros == 0) {
            reading->missing_micros = mneme_clock_monotonic_micros();
        }
    } else if (is_wanted) {
        status = mneme_log_reader_refusal(reading->reader, message, reading->ranges[i].next, error);
    }
    rd_kafka_message_destroy(message);
    return status;
}

/* Whether it makes sense to go on waiting. */
static int check_silence(struct reading *reading, int64_t now, struct mneme_error *error) {
    int64_t silent = now - reading->heard_micros;
    if (reading->missing_micros != 0 && now - reading->missing_micros > MISSING_TOPIC_MICROS) {
        return mneme_kafka_error(error, "cannot go on reading topic", reading->reader->name,
                                 RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, NULL);
    }
    size_t waiting = 0; /* ranges that something must still come for */
    size_t i_short = SIZE_MAX;
    for (size_t i = 0; i < reading->read->range_count; i++) {
        if (reading->ranges[i].is_open && !reading->ranges[i].is_at_end) {
            waiting++;
        } else if (reading->ranges[i].is_open && reading->read->ranges[i].to != INT64_MAX) {
            i_short = i;
        }
    }
    if (waiting > 0 && silent > reading->timeout_micros) {
        return mneme_log_reader_unavailable(reading->reader, silent, error);
    }
    if (waiting == 0 && i_short != SIZE_MAX && silent > SHORT_LOG_MICROS) {
        const struct mneme_log_range *range = &reading->read->ranges[i_short];
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "cannot read partition %d of %s up to offset %lld: the log ends at %lld, so "
                               "it was truncated or made again; `mneme status` shows what it holds",
                               (int)range->partition, reading->reader->name, (long long)range->to,
                               (long long)reading->ranges[i_short].next);
    }
    return MNEME_OK;
}

static int64_t due_micros(const struct reading *reading, int64_t now) {
    if (mneme_fill_is_full(&reading->fill, &reading->rules)) {
        return 0;
    }
    return reading->rules.linger_micros == 0 ? INT64_MAX
                                             : mneme_fill_due_micros(&reading->fill, &reading->rules, now);
}

static int turn(struct reading *reading, struct mneme_error *error) {
    int status = MNEME_OK;
    while (reading->open_count > 0 && status == MNEME_OK) {
        int64_t now = mneme_clock_monotonic_micros();
        if (is_asked_to_end(reading, now)) {
            return MNEME_OK;
        }
        int64_t due = due_micros(reading, now);
        if (due == 0) {
            status = hand_over(reading, error);
            continue;
        }
        int64_t bound = LONGEST_POLL_MS * 1000;
        int timeout_ms = (int)(((due < bound ? due : bound) + 999) / 1000);
        rd_kafka_message_t *message = rd_kafka_consume_queue(reading->queue, timeout_ms);
        if (message != NULL) {
            status = take(reading, message, error);
        } else {
            rd_kafka_poll(reading->reader->client, 0); /* for note_trouble */
            status = check_silence(reading, now, error);
        }
    }
    return status;
}

int mneme_log_reader_read(struct mneme_log_reader *reader, struct mneme_log_read *read,
                          struct mneme_error *error) {
    struct reading reading = {.reader = reader, .read = read};
    struct mneme_error outcome = {0};
    int status = prepare(&reading, &outcome);
    if (status == MNEME_OK) {
        status = begin(&reading, &outcome);
    }
    bool is_whole = false; /* what has gathered may be handed over */
    if (status == MNEME_OK) {
        status = turn(&reading, &outcome);
        is_whole = !reading.is_interrupted;
    }
    if (is_whole && reading.fill.batch.count > 0) {
        struct mneme_error last = {0};
        int handed = hand_over(&reading, &last);
        if (status == MNEME_OK && handed != MNEME_OK) {
            status = handed;
            outcome = last;
        }
    } else if (is_whole && status == MNEME_OK) {
        status = hand_over(&reading, &outcome);
    }
    end(&reading);
    return status == MNEME_OK ? MNEME_OK
                              : mneme_error_set(error, (enum mneme_status)status, "%s", outcome.message);
}
