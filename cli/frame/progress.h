/*
 * A progress bar on stderr, shown only on a terminal: share done, rate and time left, as far as they fit.
 */
#ifndef MNEME_CLI_PROGRESS_H
#define MNEME_CLI_PROGRESS_H

#include "common/base/buffer.h"

struct mneme_progress {
    const char *label;
    const char *unit; /* such as "events" */
    int64_t total;    /* 0: unknown */
    int64_t started_micros, printed_micros;
    bool visible;
};

/* `visible`: stderr is a terminal and output is not JSON. Strings are borrowed until the end. */
void mneme_progress_begin(struct mneme_progress *progress, const char *label, const char *unit, int64_t total,
                          bool visible);
/* Erases the bar, so that a line can be printed in its place; it comes back with an update. */
void mneme_progress_clear(struct mneme_progress *progress);
/* Redraws at most ten times a second. */
void mneme_progress_update(struct mneme_progress *progress, int64_t done);
/* Clears the line. */
void mneme_progress_end(struct mneme_progress *progress);

/* Appends the bar's text after the given time, at most `columns` wide. If there is too little room, the time
 * left is dropped first, then the rate, then the bar itself, then the end of the label. */
void mneme_progress_line(struct mneme_buffer *out, const struct mneme_progress *progress, int64_t done,
                         int64_t elapsed_micros, int columns);

#endif
