/*
 * Filling a batch from the log: each message becomes an item that is either a checked event or parked with
 * its reason. Knows nothing of the Kafka client, only of records of the log. Belongs to the Kafka thread
 * until the batch is handed to the sink.
 */
#ifndef MNEME_CONSUMERS_LOG_FILL_H
#define MNEME_CONSUMERS_LOG_FILL_H

#include "common/base/buffer.h"
#include "consumers/log/batch.h"
#include "consumers/log/marks.h"
#include "consumers/log/park_set.h"
#include "schemas/codec.h"
#include "schemas/embedding.h"

/* A message of the log. Key and value point into it. */
struct mneme_log_record {
    struct mneme_position position;
    int64_t progress;     /* of the partition before this record: the next offset that was expected */
    int64_t timestamp_ms; /* the log's time of it; below 0 if the log has none */
    struct mneme_str key, value;
    struct mneme_str source; /* see struct mneme_batch_item */
    void *message;           /* what keeps key and value alive */
};

/* What holds for every batch of a worker. */
struct mneme_fill_rules {
    struct mneme_codec *codec;
    int32_t topic_partitions;
    size_t content_max_chars;
    size_t max_events, max_bytes;
    int64_t linger_micros;
    bool takes_records;                    /* as they are, not as events */
    struct mneme_embedding_codec *records; /* says which unknown schemas to wait for; NULL: none */
    bool parks_alone;                      /* struct mneme_projection_ops */
    const struct mneme_log_marks *marks;   /* of the topic: what is parked by hand, or dropped; may be NULL */
    void (*release)(void *message);        /* gives a record's message back */
};

struct mneme_fill {
    struct mneme_batch batch;
    void **messages; /* of the items, in their order */
    size_t message_capacity;
    size_t partition_capacity;
    size_t last_partition;  /* index in batch.partitions of the record before */
    int64_t opened_micros;  /* when the first record came */
    int64_t changed_micros; /* when the last one came */
    bool has_stray;         /* an item is parked because its key belongs to another partition */
    struct mneme_buffer scratch;
};

void mneme_fill_init(struct mneme_fill *fill);

/* Releases what the batch holds and all memory. */
void mneme_fill_clean_up(struct mneme_fill *fill, const struct mneme_fill_rules *rules);

/* Releases the messages and makes the batch empty; memory of a usual size is kept for the next one. */
void mneme_fill_reset(struct mneme_fill *fill, const struct mneme_fill_rules *rules);

/*
 * Adds the record and takes its message. What is not an event of its key and place is parked alone. An event
 * that is over a limit, or was parked by hand, is parked with its key, which is added to `parked`, and so are
 * later events of the key. With rules->parks_alone no key is parked. A dropped event is released: the batch
 * gets no item, and its progress moves past it. On an error nothing is taken: MNEME_E_UNAVAILABLE when the
 * schema cannot be fetched now, MNEME_E_NO_MEMORY, or another code for a record that this program cannot read
 * (MNEME_E_UNKNOWN_SCHEMA): the reader must not go past it.
 */
int mneme_fill_add(struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                   struct mneme_park_set *parked, const struct mneme_log_record *record, int64_t now_micros,
                   struct mneme_error *error);

/* Notes that the partition has no event from `progress` up to the later `next_offset`: markers of
 * transactions, events of aborted ones, or compacted records. MNEME_E_NO_MEMORY. */
int mneme_fill_skip(struct mneme_fill *fill, const struct mneme_fill_rules *rules, int32_t partition,
                    int64_t progress, int64_t next_offset, int64_t now_micros, struct mneme_error *error);

/* Whether applying the batch would change nothing: no record, no progress. */
bool mneme_fill_is_empty(const struct mneme_fill *fill);

/* Whether no record should be added before the batch is applied. */
bool mneme_fill_is_full(const struct mneme_fill *fill, const struct mneme_fill_rules *rules);

/* Microseconds until an idle sink should get the batch: 0 for now, INT64_MAX while it is empty. Counted from
 * the last record, so that a burst stays together, but bounded from the first, so that a steady trickle is
 * seen. */
int64_t mneme_fill_due_micros(const struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                              int64_t now_micros);

/* The log's time of a record in microseconds, within what every sink can express. */
int64_t mneme_fill_recorded_at(int64_t timestamp_ms);

/* Parks each item of the key in the partition that is not parked yet behind `blocked_by`, from index `first`
 * on. False when memory is exhausted. */
bool mneme_batch_park_key(struct mneme_batch *batch, size_t first, int32_t partition, struct mneme_str key,
                          int64_t blocked_by);

#endif
