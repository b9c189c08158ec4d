/*
 * Trying parked events again: in order, each once, as if they had been applied in their place. Verdicts are
 * per stream and all later events of a parked key wait behind it, so the order of the key is the order of the
 * log.
 *
 * The caller's process claims a partition as a worker does, which fences the worker that owns it: that worker
 * joins its group again, and then knows what is still parked. Events leave the parked ones in the transaction
 * of their rows, so the process may be killed at any moment and run again.
 */
#ifndef MNEME_CONSUMERS_REDRIVE_H
#define MNEME_CONSUMERS_REDRIVE_H

#include "common/base/cancel.h"
#include "consumers/runtime/projection.h"

struct mneme_redrive {
    const struct mneme_config *config;
    struct mneme_str projection; /* postgres, search or embed; null: each of them, one after the other */
    struct mneme_str key;        /* only of this stream: "tenant/stream"; null: all */
    bool has_position;           /* only of this event's key, or only this event if nothing waits behind it */
    struct mneme_position position;

    const struct mneme_cancel *cancel; /* NULL: nothing ends it */
    /* The result for an event: applied if its park_reason is NULL, else parked with it. May be NULL. */
    void (*on_event)(void *context, const char *projection, const struct mneme_batch_item *item);
    void *context;
};

struct mneme_redrive_counts {
    int64_t applied, parked;
};

/* Tries the chosen events again. Also MNEME_OK when some stay parked, or when `cancel` is due.
 * MNEME_E_UNAVAILABLE and other errors of the projection leave the rest parked as it was. */
int mneme_redrive_run(struct mneme_redrive_counts *counts, const struct mneme_redrive *redrive,
                      struct mneme_error *error);

#endif
