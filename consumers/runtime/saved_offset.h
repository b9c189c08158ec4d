/*
 * Whether a saved offset still lies in the log. A log that was cut or made anew must never be folded as if it
 * were the one that the progress speaks of.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_SAVED_OFFSET_H
#define MNEME_CONSUMERS_RUNTIME_SAVED_OFFSET_H

#include "common/base/error.h"
#include "common/base/types.h"

/* What is compared; offsets of one partition. */
struct mneme_saved_offset {
    const char *projection;
    const char *rebuilt_by; /* the projection whose rebuild makes it again */
    bool takes_loss;        /* that rebuild is asked whether a loss is meant */
    const char *topic;
    int32_t partition;
    int64_t next_offset; /* the projection's; 0 when it never began */
    int64_t log_start;   /* the log's first offset */
    int64_t log_end;     /* the offset that the next record will get */
};

/* MNEME_E_UNSAFE, with both ranges and the command that repairs it, unless the offset lies in the log. */
int mneme_saved_offset_check(const struct mneme_saved_offset *saved, struct mneme_error *error);

#endif
