/*
 * Following the log live: each event once, as it comes, those of a partition in their order. Nothing is
 * folded and no store is used. A follower keeps its position, so it can go on after an error.
 */
#ifndef MNEME_CONSUMERS_REPLAY_FOLLOW_H
#define MNEME_CONSUMERS_REPLAY_FOLLOW_H

#include "common/base/cancel.h"
#include "consumers/log/marks.h"
#include "consumers/replay/filter.h"

struct mneme_log_follow {
    const struct mneme_config *config;
    const char *from; /* as mneme_when_resolve takes it; NULL: the end as of the first run */
    struct mneme_log_filter filter;
    int open_timeout_ms; /* for the brokers' first answer; 0: 10 s */
    mneme_log_marks_reader
        *read_marks; /* reads which messages were parked by hand, which are refused; or NULL */

    /* Called on the thread that runs, with `context`. What an item points to is gone afterwards; one
     * with a park_reason is not an event. False ends the run behind this item. */
    bool (*on_item)(void *context, const struct mneme_batch_item *item);
    const struct mneme_cancel *cancel; /* ends the run; NULL: nothing does */
    void *context;
};

struct mneme_log_follower;

/* Connects to nothing. `follow` is copied; what it points to must outlive the follower. MNEME_E_USAGE without
 * a scope. `*out` is NULL on an error. */
int mneme_log_follower_new(struct mneme_log_follower **out, const struct mneme_log_follow *follow,
                           struct mneme_error *error);
void mneme_log_follower_destroy(struct mneme_log_follower *follower); /* NULL is fine */

/* Runs until on_item or the cancel ends it (MNEME_OK). Errors as of mneme_log_reader_open, mneme_when_resolve
 * and mneme_log_reader_read; the next run goes on behind the last item that was handed over. While there is
 * nothing to read, it waits for brokers that are unavailable. */
int mneme_log_follower_run(struct mneme_log_follower *follower, struct mneme_error *error);

/* Where the next run goes on, such as "0:5,3:18"; nothing before the first run. */
void mneme_log_follower_positions(struct mneme_buffer *out, const struct mneme_log_follower *follower);

#endif
