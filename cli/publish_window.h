/*
 * The lines of `mneme publish` in flight, in the order of the input. The window is bounded, so that an
 * endless input takes a bounded amount of memory. The client's thread fills in receipts; the main thread does
 * everything else.
 */
#ifndef MNEME_CLI_PUBLISH_WINDOW_H
#define MNEME_CLI_PUBLISH_WINDOW_H

#include <stdatomic.h>

#include "producers/client.h"

#define MNEME_PUBLISH_WINDOW 10000
#define MNEME_STREAM_ID_BYTES 513 /* the schema's limit, and a NUL */

enum mneme_line_progress {
    MNEME_LINE_UNDER_WAY,
    MNEME_LINE_ACKNOWLEDGED,
    MNEME_LINE_JUDGED, /* its verdict is known, or not wanted */
    MNEME_LINE_FAILED,
};

struct mneme_publish_window;

struct mneme_publish_line {
    struct mneme_publish_window *window;
    int64_t number; /* in the input, from 1 */
    struct mneme_uuid event_id;
    char stream_id[MNEME_STREAM_ID_BYTES];
    _Atomic int progress; /* enum mneme_line_progress; setting it hands over the members below */
    struct mneme_position position;
    enum mneme_status status; /* of a failed line */
    char *message;            /* of a failed line; NULL when memory was exhausted */

    /* With --wait: */
    int64_t wait_until; /* monotonic microseconds; 0: not asked yet */
    char verdict[16];   /* "" when it did not come in time */
    struct mneme_opt_long actual_version;
    char *reason; /* why it was parked, else NULL */
};

struct mneme_publish_window {
    struct mneme_publish_line *lines; /* a ring */
    size_t first, count;
    int wake_fd; /* becomes readable when a receipt comes while the main thread sleeps */
    atomic_bool is_asleep;
};

int mneme_publish_window_init(struct mneme_publish_window *window, struct mneme_error *error);
void mneme_publish_window_clean_up(struct mneme_publish_window *window); /* no line may be in flight */

static inline bool mneme_publish_window_is_full(const struct mneme_publish_window *window) {
    return window->count == MNEME_PUBLISH_WINDOW;
}

/* The line at this place, counted from the oldest; place < count. */
struct mneme_publish_line *mneme_publish_window_at(const struct mneme_publish_window *window, size_t place);

/* Adds the next line, which is then in flight; the window must not be full. */
struct mneme_publish_line *mneme_publish_window_add(struct mneme_publish_window *window, int64_t number);

/* Marks the line as not published; the reason is copied. */
void mneme_publish_line_fail(struct mneme_publish_line *line, enum mneme_status status, const char *message);

/* Drops the oldest line. */
void mneme_publish_window_drop(struct mneme_publish_window *window);

/* The delivery callback; the context is the line. */
void mneme_publish_line_receive(const struct mneme_receipt *receipt, void *line);

/* Sleeps until a receipt comes, `input_fd` (-1: no input) can be read, a signal comes or timeout_ms are over;
 * not at all when the oldest line's progress is no longer oldest_progress. Returns whether the input can be
 * read. */
bool mneme_publish_window_sleep(struct mneme_publish_window *window, int oldest_progress, int input_fd,
                                int timeout_ms);

#endif
