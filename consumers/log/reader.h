/*
 * Reading the log without a group: given ranges of given partitions, once, in order, decoded as in a worker.
 * Rebuilds, comparisons and replays use this. Nothing is committed, and no other reader is disturbed.
 *
 * Several threads may read with one reader at a time, each partitions of its own; all other calls on a reader
 * belong to one thread at a time.
 */
#ifndef MNEME_CONSUMERS_LOG_READER_H
#define MNEME_CONSUMERS_LOG_READER_H

#include "common/kafka/kafka.h"
#include "consumers/log/fill.h"
#include "consumers/log/source.h"

struct mneme_log_reader;

/*
 * Connects to the brokers as client "mneme-<purpose>" and looks at the events topic. `config` must outlive
 * the reader. MNEME_E_UNAVAILABLE, MNEME_E_DENIED, MNEME_E_NOT_FOUND (no such topic), MNEME_E_UNSAFE (more
 * partitions than can be ordered). Blocks up to 10 s. `*out` is NULL on an error.
 */
int mneme_log_reader_open(struct mneme_log_reader **out, const struct mneme_config *config,
                          const char *purpose, struct mneme_error *error);

/* The same, with a limit to what is fetched ahead in each partition instead of 64 MB. Blocks up to timeout_ms
 * instead of 10 s; 0: 10 s. */
int mneme_log_reader_open_small(struct mneme_log_reader **out, const struct mneme_config *config,
                                const char *purpose, size_t queue_kb, int timeout_ms,
                                struct mneme_error *error);

/* The same for the log that a projection folds. */
int mneme_log_reader_open_source(struct mneme_log_reader **out, const struct mneme_config *config,
                                 const struct mneme_log_source *source, const char *purpose,
                                 struct mneme_error *error);

/* Returns within some seconds even when the brokers are gone. NULL is fine. */
void mneme_log_reader_close(struct mneme_log_reader *reader);

/* As they were when the reader was opened; the name lives as long as the reader. */
const char *mneme_log_reader_topic(const struct mneme_log_reader *reader);
int32_t mneme_log_reader_partitions(const struct mneme_log_reader *reader);

/* --- where to begin and to end --- */

enum mneme_log_point_kind {
    MNEME_LOG_BEGINNING, /* the oldest event that the log still has */
    MNEME_LOG_END,       /* behind the newest one, as of now */
    MNEME_LOG_POSITION,  /* an event */
    MNEME_LOG_TIME,      /* a time of the log's clock */
};

/* A cut through all partitions. */
struct mneme_log_point {
    enum mneme_log_point_kind kind;
    struct mneme_position position; /* of POSITION */
    int64_t micros;                 /* of TIME */
    bool is_behind; /* of POSITION and TIME: events at that position or time are before the cut */
};

/*
 * For each partition of the topic the first offset behind the cut; `offsets` has room for all of them. A
 * POSITION cuts its own partition at that offset and the others by the log's time of that event.
 * MNEME_E_NOT_FOUND when the log has no such position (the message says what it has), MNEME_E_UNAVAILABLE
 * when the brokers do not answer. Blocks up to `timeout_ms`.
 */
int mneme_log_reader_resolve(int64_t *offsets, struct mneme_log_reader *reader,
                             const struct mneme_log_point *point, int timeout_ms, struct mneme_error *error);

/* --- reading --- */

/* Offsets [from, to) of a partition; `to` INT64_MAX: whatever comes, without end. */
struct mneme_log_range {
    int32_t partition;
    int64_t from; /* in: the first to be read; out: the first that was not handed over */
    int64_t to;
};

struct mneme_log_read {
    struct mneme_log_range *ranges; /* each of another partition; changed by reading */
    size_t range_count;
    size_t max_events, max_bytes; /* of a batch; 0: what the settings say */
    int64_t linger_micros; /* a batch is handed over after this time at the latest; 0: when it is full */
    int timeout_ms;        /* how long the brokers or the registry may be away; 0: 60 s */

    /* Parked keys, by partition: their events are handed over as parked, and keys of messages that cannot be
     * applied are added. The caller's; NULL: the reader's own, empty at the start. */
    struct mneme_park_set *parked;
    bool parks_alone; /* struct mneme_projection_ops */

    /* Messages parked by hand, or dropped. Folds pass `marks`, since those messages are parked whether they
     * can be read or not; other readers pass `read_marks`, which is called at the first message that cannot
     * be read. Both may be NULL. */
    const struct mneme_log_marks *marks;
    mneme_log_marks_reader *read_marks;

    /* Asked about ten times a second and between batches; true ends the reading. NULL: never. */
    bool (*is_interrupted)(void *context);

    /* Gets each batch, on the reading thread; the batch is the reader's and is emptied afterwards. Items that
     * are not events have a park_reason. Anything but MNEME_OK ends the reading with that status. */
    int (*on_batch)(void *context, struct mneme_batch *batch, struct mneme_error *error);
    void *context;
};

/*
 * Reads all ranges, partitions side by side, each in ascending offsets. Returns MNEME_OK when all is handed
 * over, or when it was interrupted (then some range has from < to). Memory is bounded by what is
 * fetched ahead (64 MB) and one batch. Errors; all that came before is handed over, and `from` of each range
 * says where to go on:
 *   MNEME_E_UNKNOWN_SCHEMA  this program cannot read an event, and it is not parked by hand; the message
 *                           names it
 *   MNEME_E_UNSAFE          an offset is no longer in the log, or the log ends before `to`
 *   MNEME_E_UNAVAILABLE     the brokers or the registry were away for longer than timeout_ms
 *   MNEME_E_NOT_FOUND       the topic is gone
 *   others                  what the client, or on_batch, said
 */
int mneme_log_reader_read(struct mneme_log_reader *reader, struct mneme_log_read *read,
                          struct mneme_error *error);

#endif
