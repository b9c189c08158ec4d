/*
 * Folding ranges of the log into a projection without its workers, all partitions in parallel: the main step
 * of a rebuild and of a verification. Partitions are independent, so each lane, a thread with its own reader
 * and projection, folds some of them.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_REFOLD_H
#define MNEME_CONSUMERS_RUNTIME_REFOLD_H

#include "consumers/log/history.h"
#include "consumers/log/reader.h"
#include "consumers/runtime/projection.h"

struct mneme_refold_options {
    const struct mneme_projection_ops *projection;
    const struct mneme_config *config; /* names the place that is folded into; only read, by all lanes */
    unsigned jobs;                     /* lanes; 0: one for each processor. Never more than partitions */
    size_t max_events, max_bytes;      /* of a batch; 0: what projection or settings say */
    const bool *partitions;            /* which to fold, by number; NULL: all of the topic */
    const struct mneme_log_history *history; /* what the log must match; NULL: nothing is known */
    bool takes_over_loss; /* if the log has lost its beginning, begin with what it has; else MNEME_E_UNSAFE
                           */

    /* Whether an event is folded at all; NULL: each is. Called by all lanes at once. */
    bool (*wants)(void *context, const struct mneme_batch_item *item);

    /* Called by all lanes, about ten times a second: true ends the run. NULL: never. */
    bool (*is_interrupted)(void *context);

    /* Called from mneme_refold_run, on its thread, about ten times a second. NULL: never. */
    void (*on_progress)(void *context, int64_t done);
    void *context;
};

struct mneme_refold; /* one thread at a time */

/* Opens readers and projections and claims the partitions. The options' pointers must outlive the refold.
 * MNEME_E_UNSAFE when the projection's progress does not match the log; else their errors. */
int mneme_refold_open(struct mneme_refold **out, const struct mneme_refold_options *options,
                      struct mneme_error *error);
void mneme_refold_close(struct mneme_refold *refold);

/* A reader for questions about the log, between runs. */
struct mneme_log_reader *mneme_refold_reader(struct mneme_refold *refold);

/* By partition of the topic, the first offset that is not folded; borrowed. */
const int64_t *mneme_refold_offsets(const struct mneme_refold *refold);

/* Events that were folded since the refold was opened. */
int64_t mneme_refold_done(const struct mneme_refold *refold);

/* Events that were read in all runs: fewer than offsets if markers of transactions took some. */
int64_t mneme_refold_events(const struct mneme_refold *refold);

/* The number of offsets between here and `to` (by partition). */
int64_t mneme_refold_left(const struct mneme_refold *refold, const int64_t *to);

/*
 * Folds each partition up to `to` (by partition, not included). May be called again, to go on. MNEME_OK also
 * when it was interrupted. Waits for an unavailable store for up to a minute; all that was folded stays.
 * Errors of mneme_log_reader_read; MNEME_E_CONFLICT when another process has claimed the partitions.
 */
int mneme_refold_run(struct mneme_refold *refold, const int64_t *to, struct mneme_error *error);

#endif
