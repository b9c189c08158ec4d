/*
 * A batch: decoded events in log order, with the messages that they point into, and one arena for the rest.
 * Filled by the Kafka thread, applied by the sink thread; it has one owner at a time.
 */
#ifndef MNEME_CONSUMERS_LOG_BATCH_H
#define MNEME_CONSUMERS_LOG_BATCH_H

#include "common/base/arena.h"
#include "consumers/log/digest.h"
#include "schemas/event.h"

/* The header of a record that names the event it comes from. */
#define MNEME_LOG_SOURCE_HEADER "mneme-source"

/* Instead of an offset: it waits behind nothing, and nothing waits behind it. */
#define MNEME_PARKED_ALONE INT64_C(-1)

struct mneme_batch_item {
    struct mneme_position position;
    int64_t recorded_at;         /* the log's time of it, microseconds */
    struct mneme_str key, value; /* the raw message */
    struct mneme_str source;     /* of a record: its header MNEME_LOG_SOURCE_HEADER; null if missing */
    const char *park_reason;     /* not NULL: do not apply, store as parked; in the arena */
    /* Of a parked item: the offset of the parked event that it waits behind, its own when later events of its
     * key wait behind it, or MNEME_PARKED_ALONE. */
    int64_t blocked_by;
    struct mneme_event event; /* valid when park_reason is NULL */
};

/* What a partition contributes to the batch. */
struct mneme_batch_partition {
    int32_t partition;
    int64_t first_offset; /* the progress before the batch */
    int64_t next_offset;  /* the progress after it */
    /* Of the last of its events; set when the batch is given to a projection. Unset if it has no events: then
     * the projection keeps what it has. */
    struct mneme_log_digest last_digest;
};

/* A batch may have partitions and no item: their progress moves past offsets that hold no event. */
struct mneme_batch {
    struct mneme_batch_item *items; /* each partition's in ascending offsets */
    size_t count;
    size_t capacity;
    size_t bytes;       /* of raw messages */
    bool is_of_records; /* struct mneme_log_source */
    /* The events were parked before: they are before the progress, which does not move. Their rows are
     * removed from the parked events, except those that are parked again. */
    bool is_redrive;
    struct mneme_batch_partition *partitions;
    size_t partition_count;
    struct mneme_arena arena; /* arrays, maps, park reasons; also for the projection's use during apply */
};

/* Sets last_digest of each partition that has an item in the batch; of none in a batch of records.
 * MNEME_E_NO_MEMORY. */
int mneme_batch_take_digests(struct mneme_batch *batch, struct mneme_error *error);

#endif
