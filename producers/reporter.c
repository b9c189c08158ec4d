/*
 * Delivery reports come in batches as librdkafka gets them from the brokers; events are settled in chunks, so
 * that the lock is taken rarely and a long batch makes room before it ends.
 */
#include "producers/reporter.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"

#define POLL_MS 1000 /* only an upper limit: stopping wakes the thread */

/* An event that was sent may have arrived without being acknowledged. */
#define NOT_PUBLISHED "the event was not published to topic"
#define NOT_KNOWN "it is not known whether the event was published to topic"

int mneme_reporter_init(struct mneme_reporter *reporter, struct mneme_deliveries *deliveries,
                        const char *topic, struct mneme_error *error) {
    memset(reporter, 0, sizeof *reporter);
    reporter->deliveries = deliveries;
    reporter->topic = topic;
    int failure = pthread_mutex_init(&reporter->trouble_lock, NULL);
    if (failure != 0) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "cannot open a publisher: no lock can be made (%s); try again",
                               strerror(failure));
    }
    pthread_mutex_init(&reporter->acknowledged_lock,
                       NULL); /* by the same call; it fails only if the other does */
    return MNEME_OK;
}

void mneme_reporter_clean_up(struct mneme_reporter *reporter) {
    pthread_mutex_destroy(&reporter->acknowledged_lock);
    pthread_mutex_destroy(&reporter->trouble_lock);
    free(reporter->acknowledged);
}

static void set_trouble(struct mneme_reporter *reporter, rd_kafka_resp_err_t code, const char *text) {
    pthread_mutex_lock(&reporter->trouble_lock);
    /* "All brokers are down" says less than the reason. */
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || reporter->trouble == RD_KAFKA_RESP_ERR_NO_ERROR) {
        reporter->trouble = code;
        snprintf(reporter->trouble_text, sizeof reporter->trouble_text, "%s", text);
        atomic_store(&reporter->has_trouble, code != RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    pthread_mutex_unlock(&reporter->trouble_lock);
}

static rd_kafka_resp_err_t get_trouble(struct mneme_reporter *reporter, char text[512]) {
    pthread_mutex_lock(&reporter->trouble_lock);
    rd_kafka_resp_err_t code = reporter->trouble;
    snprintf(text, 512, "%s", reporter->trouble_text);
    pthread_mutex_unlock(&reporter->trouble_lock);
    return code;
}

void mneme_reporter_note_fatal(struct mneme_reporter *reporter) {
    char text[512];
    rd_kafka_resp_err_t cause = rd_kafka_fatal_error(reporter->kafka, text, sizeof text);
    if (cause != RD_KAFKA_RESP_ERR_NO_ERROR) {
        set_trouble(reporter, cause, text);
        atomic_store(&reporter->is_fatal, true);
    }
}

static void note_error(struct mneme_reporter *reporter, rd_kafka_resp_err_t code, const char *reason) {
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        mneme_reporter_note_fatal(reporter);
    } else if (!atomic_load(&reporter->is_fatal)) {
        set_trouble(reporter, code, reason);
    }
}

int mneme_reporter_check(struct mneme_reporter *reporter, struct mneme_error *error) {
    if (!atomic_load_explicit(&reporter->is_fatal, memory_order_acquire)) {
        return MNEME_OK;
    }
    char text[512];
    (void)get_trouble(reporter, text);
    return mneme_error_set(
        error, MNEME_E_UNAVAILABLE,
        NOT_PUBLISHED
        " %s: the Kafka client stopped for good, since it can no longer promise that each event "
        "arrives once and in order (%s); close this client and open another",
        reporter->topic, text);
}

/* What the brokers' answer means for one event. */
static enum mneme_status explain(struct mneme_reporter *reporter, rd_kafka_resp_err_t code, bool was_sent,
                                 struct mneme_error *error) {
    const char *what = was_sent ? NOT_KNOWN : NOT_PUBLISHED;
    char text[512];
    if (code == RD_KAFKA_RESP_ERR__FATAL ||
        (atomic_load(&reporter->is_fatal) &&
         (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__STATE))) {
        (void)mneme_reporter_check(reporter, error);
        return error->code;
    }
    /* A time-out only says how it ended; a complaint of the brokers says why. */
    if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
        rd_kafka_resp_err_t trouble = get_trouble(reporter, text);
        if (trouble != RD_KAFKA_RESP_ERR_NO_ERROR) {
            (void)mneme_kafka_error(error, what, reporter->topic, trouble, text);
            return error->code;
        }
    }
    (void)mneme_kafka_error(error, what, reporter->topic, code, NULL);
    return error->code;
}

void mneme_reporter_settle(struct mneme_reporter *reporter) {
    if (reporter->reported_count > 0) {
        size_t count = reporter->reported_count;
        reporter->reported_count = 0;
        mneme_deliveries_settle(reporter->deliveries, reporter->reported, count);
    }
}

static void report(struct mneme_reporter *reporter, struct mneme_delivery *delivery,
                   const struct mneme_receipt *receipt) {
    if (delivery->on_delivery != NULL) {
        delivery->on_delivery(receipt, delivery->context);
    }
    reporter->reported[reporter->reported_count++] = delivery;
    if (reporter->reported_count == MNEME_REPORTER_CHUNK) {
        mneme_reporter_settle(reporter);
    }
}

/* Notes an acknowledged position. If memory is exhausted it is left out; only callers that ask for own writes
 * miss it. */
static void note_acknowledged(struct mneme_reporter *reporter, struct mneme_position position) {
    size_t partition = (size_t)position.partition;
    reporter->acknowledged_events++;
    reporter->acknowledged_micros = mneme_clock_monotonic_micros();
    if (partition >= reporter->acknowledged_count) {
        int64_t *larger = reallocarray(reporter->acknowledged, partition + 1, sizeof *larger);
        if (larger == NULL) {
            return;
        }
        for (size_t i = reporter->acknowledged_count; i <= partition; i++) {
            larger[i] = -1;
        }
        reporter->acknowledged = larger;
        reporter->acknowledged_count = partition + 1;
    }
    if (position.offset > reporter->acknowledged[partition]) {
        reporter->acknowledged[partition] = position.offset;
    }
}

static void report_message(struct mneme_reporter *reporter, const rd_kafka_message_t *message) {
    struct mneme_delivery *delivery = message->_private;
    mneme_delivery_receive(delivery);
    struct mneme_receipt receipt = {
        .status = MNEME_OK,
        .event_id = delivery->event_id,
        .position = {.partition = message->partition, .offset = message->offset},
        .message = "",
    };
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (atomic_load_explicit(&reporter->has_trouble, memory_order_relaxed) &&
            !atomic_load(&reporter->is_fatal)) {
            set_trouble(reporter, RD_KAFKA_RESP_ERR_NO_ERROR, "");
        }
        pthread_mutex_lock(&reporter->acknowledged_lock);
        note_acknowledged(reporter, receipt.position);
        pthread_mutex_unlock(&reporter->acknowledged_lock);
        report(reporter, delivery, &receipt);
        return;
    }
    struct mneme_error error = {0};
    receipt.status =
        explain(reporter, message->err,
                rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED, &error);
    receipt.position = (struct mneme_position){.partition = -1, .offset = -1};
    receipt.message = error.message;
    report(reporter, delivery, &receipt);
}

/* A few at a time, so that the memory of all of them is being fetched while the first is reported. */
static void report_messages(struct mneme_reporter *reporter, rd_kafka_event_t *event) {
    const rd_kafka_message_t *messages[16];
    size_t count;
    while ((count = rd_kafka_event_message_array(event, messages, sizeof messages / sizeof messages[0])) >
           0) {
        for (size_t i = 0; i < count; i++) {
            __builtin_prefetch(messages[i]->_private, 1);
        }
        for (size_t i = 0; i < count; i++) {
            report_message(reporter, messages[i]);
        }
    }
}

static void report_event(struct mneme_reporter *reporter, rd_kafka_event_t *event) {
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
        report_messages(reporter, event);
        mneme_reporter_settle(reporter);
    } else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
        note_error(reporter, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
    }
    rd_kafka_event_destroy(event);
}

/* The client is closed, and librdkafka has dropped these events without a report, or would. */
static void report_abandoned(struct mneme_reporter *reporter) {
    struct mneme_delivery *delivery;
    while ((delivery = mneme_deliveries_oldest(reporter->deliveries)) != NULL) {
        struct mneme_error error = {0};
        struct mneme_receipt receipt = {
            .event_id = delivery->event_id,
            .position = {.partition = -1, .offset = -1},
            .message = error.message,
        };
        receipt.status = explain(reporter, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, true, &error);
        report(reporter, delivery, &receipt);
        mneme_reporter_settle(reporter);
    }
}

static void *run(void *argument) {
    struct mneme_reporter *reporter = argument;
    while (!atomic_load(&reporter->is_stopping)) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(reporter->queue, POLL_MS);
        if (event != NULL) {
            report_event(reporter, event);
        }
    }
    rd_kafka_event_t *event;
    while ((event = rd_kafka_queue_poll(reporter->queue, 0)) != NULL) {
        report_event(reporter, event);
    }
    report_abandoned(reporter);
    return NULL;
}

int mneme_reporter_start(struct mneme_reporter *reporter, rd_kafka_t *kafka, struct mneme_error *error) {
    reporter->kafka = kafka;
    reporter->queue = rd_kafka_queue_get_main(kafka);
    /* Signals to the program are for its own threads. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&reporter->thread, NULL, run, reporter);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        rd_kafka_queue_destroy(reporter->queue);
        return mneme_error_set(
            error, MNEME_E_UNAVAILABLE,
            "cannot open a publisher: no thread can be created (%s); raise the limit of processes",
            strerror(failure));
    }
    reporter->is_running = true;
    return MNEME_OK;
}

void mneme_reporter_stop(struct mneme_reporter *reporter) {
    if (!reporter->is_running) {
        return;
    }
    atomic_store(&reporter->is_stopping, true);
    rd_kafka_queue_yield(reporter->queue);
    pthread_join(reporter->thread, NULL);
    rd_kafka_queue_destroy(reporter->queue);
    reporter->is_running = false;
}

bool mneme_reporter_is_current(const struct mneme_reporter *reporter) {
    return pthread_equal(reporter->thread, pthread_self()) != 0;
}
