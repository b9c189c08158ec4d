/*
 * Several partitions of the log as one sequence: by the log's time, then by partition, then by offset, so
 * that the same ranges give the same sequence every time. If the log's clock went back within a partition,
 * its events keep their order and count as of the latest time before them.
 */
#ifndef MNEME_CONSUMERS_REPLAY_MERGE_H
#define MNEME_CONSUMERS_REPLAY_MERGE_H

#include "common/base/cancel.h"
#include "consumers/log/reader.h"

#define MNEME_MERGE_MAX_PARTITIONS 512 /* each is read by a separate thread */

enum mneme_merge_step { MNEME_MERGE_GO_ON, MNEME_MERGE_STOP };

struct mneme_merge {
    struct mneme_log_reader *reader;
    const struct mneme_log_range *ranges; /* bounded ones, each of another partition */
    size_t range_count;

    mneme_log_marks_reader *read_marks; /* struct mneme_log_read */

    const struct mneme_cancel *cancel; /* ends the merge; NULL: nothing does */

    /* Gets each item in order, on the calling thread; what it points to is invalid afterwards. */
    enum mneme_merge_step (*on_item)(void *context, const struct mneme_batch_item *item);
    void *context;
};

/*
 * Runs until all is handed over, on_item says STOP, or `cancel` is due (all MNEME_OK). Errors are those of
 * mneme_log_reader_read, after all that stands before the event that could not be read, and MNEME_E_USAGE for
 * too many partitions. Memory: one small batch and what the reader fetches ahead, for each partition.
 */
int mneme_merge_run(const struct mneme_merge *merge, struct mneme_error *error);

#endif
