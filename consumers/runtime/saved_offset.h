/*
 * Whether a saved offset is still in the log. A log that was truncated or made again must never be folded as
 * if it were the log of the progress.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_SAVED_OFFSET_H
#define MNEME_CONSUMERS_RUNTIME_SAVED_OFFSET_H

#include "common/base/error.h"
#include "common/base/types.h"

/* What is compared; offsets of one partition. */
struct mneme_saved_offset {
    const char *projection;
    const char *rebuilt_by; /* the projection whose rebuild makes it again */
    bool takes_loss;        /* that rebuild takes --accept-loss */
    const char *topic;
    int32_t partition;
    int64_t next_offset; /* the projection's; 0 when it never began */
    int64_t log_start;   /* the log's first offset */
    int64_t log_end;     /* the offset that the next record will get */
};

/* MNEME_E_UNSAFE, with both ranges and the command that repairs it, unless the offset is in the log. */
int mneme_saved_offset_check(const struct mneme_saved_offset *saved, struct mneme_error *error);

#endif
