/*
 * The client's own thread: takes delivery reports from librdkafka, calls the callbacks and settles the
 * events. It also remembers what the brokers complain about, so that an event that fails later can say why.
 */
#ifndef MNEME_PRODUCERS_REPORTER_H
#define MNEME_PRODUCERS_REPORTER_H

#include <librdkafka/rdkafka.h>

#include "producers/deliveries.h"

#define MNEME_REPORTER_CHUNK 256

struct mneme_reporter {
    struct mneme_deliveries *deliveries; /* borrowed */
    rd_kafka_t *kafka;                   /* borrowed */
    rd_kafka_queue_t *queue;             /* owned */
    const char *topic;                   /* borrowed */
    pthread_t thread;
    bool is_running;
    _Atomic bool is_stopping;
    _Atomic bool is_fatal; /* the client can no longer publish */

    pthread_mutex_t trouble_lock; /* guards the two below */
    rd_kafka_resp_err_t trouble;  /* the brokers' last complaint since an event was acknowledged, or 0 */
    char trouble_text[512];
    _Atomic bool has_trouble; /* can be read without the lock */

    /* Used by the thread alone: reported, not yet settled. */
    struct mneme_delivery *reported[MNEME_REPORTER_CHUNK];
    size_t reported_count;

    pthread_mutex_t acknowledged_lock; /* guards all below; the thread alone writes them */
    int64_t *acknowledged;             /* owned; the highest acknowledged offset of each partition, or -1 */
    size_t acknowledged_count;
    int64_t acknowledged_events;
    int64_t acknowledged_micros; /* when the last one was acknowledged; mneme_clock_monotonic_micros */
};

int mneme_reporter_init(struct mneme_reporter *reporter, struct mneme_deliveries *deliveries,
                        const char *topic, struct mneme_error *error);
void mneme_reporter_clean_up(struct mneme_reporter *reporter);

/* Starts the thread. The client was made with RD_KAFKA_EVENT_DR and RD_KAFKA_EVENT_ERROR enabled. */
int mneme_reporter_start(struct mneme_reporter *reporter, rd_kafka_t *kafka, struct mneme_error *error);

/* Reports what has arrived, then everything still under way as MNEME_E_TIMEOUT, and ends the thread. No
 * thread may publish any more. Does nothing when the thread is not running. */
void mneme_reporter_stop(struct mneme_reporter *reporter);

/* Whether the caller is the client's own thread, that is: inside a callback. */
bool mneme_reporter_is_current(const struct mneme_reporter *reporter);

/* On the client's own thread: settles what was reported, so that a callback finds room to publish. */
void mneme_reporter_settle(struct mneme_reporter *reporter);

/* Notes that the Kafka client stopped for good; any thread may call it. */
void mneme_reporter_note_fatal(struct mneme_reporter *reporter);

/* MNEME_OK, or the reason why the client can no longer publish. */
int mneme_reporter_check(struct mneme_reporter *reporter, struct mneme_error *error);

#endif
