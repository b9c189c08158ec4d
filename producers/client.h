/*
 * The parts of a publisher, for the files of this folder, and functions that open one with existing settings.
 */
#ifndef MNEME_PRODUCERS_CLIENT_H
#define MNEME_PRODUCERS_CLIENT_H

#include "common/config/config.h"
#include "common/kafka/kafka.h"
#include "producers/reporter.h"
#include "producers/scratch.h"
#include "schemas/codec.h"

struct mneme_client {
    struct mneme_config *owned_config; /* NULL when the settings belong to the caller */
    const struct mneme_config *config;
    struct mneme_codec *codec;
    rd_kafka_t *kafka;
    rd_kafka_topic_t *topic;
    char topic_name[MNEME_TOPIC_NAME_BYTES];
    size_t max_event_bytes;    /* maximum size of key and value together */
    int64_t max_message_bytes; /* that the topic allows */
    size_t content_max_chars;
    int block_ms;
    struct mneme_producer_scratch_pool scratch;
    struct mneme_deliveries deliveries;
    struct mneme_reporter reporter;

    /* Called by mneme_close when everything is reported, with the highest acknowledged offset of each
     * partition (-1: none). May be NULL. */
    void (*on_close)(const int64_t *offsets, size_t partitions, void *context);
    void *on_close_context;
};

/* The settings that mneme_open uses; the caller destroys *out. */
int mneme_client_settings(struct mneme_config **out, const char *config_path,
                          const struct mneme_client_setting *settings, size_t setting_count,
                          struct mneme_error *error);

/* Like mneme_open, with settings that outlive the client. */
int mneme_client_open(struct mneme_client **out, const struct mneme_config *config,
                      struct mneme_error *error);

/* The same, but MNEME_E_UNAVAILABLE if the brokers do not answer within timeout_ms (above 0). */
int mneme_client_open_within(struct mneme_client **out, const struct mneme_config *config, int timeout_ms,
                             struct mneme_error *error);

/* The same, for events that may be lost: brokers that refuse a connection are not waited for, and the others
 * must answer within timeout_ms (above 0). */
int mneme_client_open_now(struct mneme_client **out, const struct mneme_config *config, int timeout_ms,
                          struct mneme_error *error);

/* What the brokers have acknowledged so far. */
struct mneme_client_written {
    const struct mneme_position *positions; /* the last one of each partition, in the arena */
    size_t count;                           /* how many; 0: none */
    int64_t events;
    int64_t last_micros; /* when the last one was acknowledged; of mneme_clock_monotonic_micros */
};
int mneme_client_written(struct mneme_client_written *out, struct mneme_client *client,
                         struct mneme_arena *arena, struct mneme_error *error);

/* Like mneme_event_init, for a tenant that outlives the event; needs no publisher. Thread-safe. */
int mneme_event_make(struct mneme_event *event, struct mneme_str tenant, enum mneme_event_type type,
                     struct mneme_error *error);

/* Frees everything; events still under way are reported as MNEME_E_TIMEOUT. */
void mneme_client_destroy(struct mneme_client *client);

#endif
