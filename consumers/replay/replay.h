/*
 * Replay (PI3, EV4): events of the log, of a range and by filters, in one order that is the same each time.
 * Nothing is folded and no store is used: it returns what was published.
 */
#ifndef MNEME_CONSUMERS_REPLAY_REPLAY_H
#define MNEME_CONSUMERS_REPLAY_REPLAY_H

#include "common/base/cancel.h"
#include "consumers/log/batch.h"
#include "consumers/log/marks.h"
#include "consumers/replay/filter.h"

struct mneme_log_replay {
    const struct mneme_config *config;
    const char *from, *to; /* as mneme_when_resolve takes them; NULL: beginning, end */
    struct mneme_log_filter filter;
    int64_t limit;       /* events handed over; 0: all */
    int open_timeout_ms; /* for the brokers' first answer; 0: 10 s */
    mneme_log_marks_reader
        *read_marks; /* reads which messages were parked by hand, which are refused; or NULL */

    /* All are called on the calling thread, and get `context`. What an item points to is gone afterwards.
     * False ends the replay. */
    bool (*on_event)(void *context, const struct mneme_batch_item *item);
    /* For a message that is not an event, or that waits behind such a message of its key; its park_reason
     * says why. */
    bool (*on_refused)(void *context, const struct mneme_batch_item *item);
    /* How much of the range was read, in offsets; called often. May be NULL. */
    void (*on_progress)(void *context, int64_t done, int64_t total);
    const struct mneme_cancel *cancel; /* ends the replay; NULL: nothing does */
    void *context;
};

struct mneme_log_replay_counts {
    int64_t events;  /* handed over */
    int64_t refused; /* messages that are not events, or wait behind such a message of their key */
};

/* Also MNEME_OK when it was ended early. MNEME_E_USAGE without a scope; errors as of the log reader,
 * mneme_when_resolve and mneme_merge_run. */
int mneme_log_replay(struct mneme_log_replay_counts *counts, const struct mneme_log_replay *replay,
                     struct mneme_error *error);

#endif
