/*
 * A progress bar on stderr, only if that is a terminal: share done, rate, time left.
 */
#ifndef MNEME_CLI_PROGRESS_H
#define MNEME_CLI_PROGRESS_H

#include "common/base/types.h"

struct mneme_progress {
    const char *label;
    const char *unit; /* such as "events" */
    int64_t total;    /* 0: unknown */
    int64_t started_micros, printed_micros;
    bool visible;
};

/* `visible`: stderr is a terminal and output is not JSON. */
void mneme_progress_begin(struct mneme_progress *progress, const char *label, const char *unit, int64_t total,
                          bool visible);
/* Erases the bar, so that a line can be printed in its place; it comes back with an update. */
void mneme_progress_clear(struct mneme_progress *progress);
/* Redraws at most ten times a second. */
void mneme_progress_update(struct mneme_progress *progress, int64_t done);
/* Clears the line. */
void mneme_progress_end(struct mneme_progress *progress);

#endif
