/*
 * Copying the log into a topic with another number of partitions: all events in the order of the log's time,
 * so that those of each key keep their order across partitions, with unchanged key, value and time. Each
 * record names its source (the header MNEME_LOG_SOURCE_HEADER), so that an interrupted copy goes on without
 * duplicates, and the whole copy can be compared with its source.
 */
#ifndef MNEME_CONSUMERS_REPLAY_REPARTITION_H
#define MNEME_CONSUMERS_REPLAY_REPARTITION_H

#include "common/base/cancel.h"
#include "common/kafka/kafka.h"

struct mneme_repartition {
    const struct mneme_config *config; /* leads to the source */
    const char *prefix;                /* of the topic that is made: `prefix`events */
    int32_t partitions;                /* that it gets */
    bool is_last; /* publishing to the source has ended: the copy gets the broker's clock and becomes the log
                   */
    const struct mneme_cancel *cancel;                /* NULL: nothing ends it */
    void (*on_progress)(void *context, int64_t read); /* events of the source that were read */
    void *context;
};

struct mneme_repartition_outcome {
    char topic[MNEME_TOPIC_NAME_BYTES];
    int64_t events;      /* of the source, and of the copy unless it was interrupted */
    int64_t copied;      /* by this run */
    bool is_interrupted; /* the same call goes on where it was */
    bool is_finished;    /* the copy may be used */
};

/*
 * Makes the topic if there is none, copies what it lacks, and compares number and hash of all records of each
 * partition of the source with what the copy has of it. MNEME_E_USAGE when source and copy are one topic,
 * MNEME_E_UNSAFE when the topic is not an unfinished copy of this source with that many partitions, when the
 * comparison fails, or when `is_last` and events were published meanwhile. Else the brokers' errors. Blocks;
 * memory: the reader's, and eight bytes for each pair of partitions.
 */
int mneme_repartition_run(struct mneme_repartition_outcome *outcome, const struct mneme_repartition *options,
                          struct mneme_error *error);

#endif
