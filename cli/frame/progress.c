/*
 * The progress bar: one line that is redrawn in place.
 */
#include "cli/frame/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/frame/text.h"
#include "common/base/clock.h"
#include "common/base/printable.h"

#define REDRAW_MICROS 100000
#define MAX_BAR 24
#define MIN_BAR 8
#define FRAME 3 /* columns of a bar without its cells */
#define MIN_LABEL 12
#define DEFAULT_COLUMNS 80

/* Whether the terminal can erase a line; otherwise bars would fill it. */
static bool can_redraw(void) {
    const char *term = getenv("TERM");
    return term == NULL || strcmp(term, "dumb") != 0;
}

void mneme_progress_begin(struct mneme_progress *progress, const char *label, const char *unit, int64_t total,
                          bool visible) {
    *progress = (struct mneme_progress){
        .label = label, .unit = unit, .total = total, .visible = visible && can_redraw()};
    progress->started_micros = mneme_clock_monotonic_micros();
}

/* --- the line --- */

static void put_time_left(struct mneme_buffer *out, int64_t seconds) {
    if (seconds >= 86400) {
        mneme_buffer_printf(out, ", %lld d %lld h left", (long long)(seconds / 86400),
                            (long long)(seconds / 3600 % 24));
    } else if (seconds >= 3600) {
        mneme_buffer_printf(out, ", %lld h %lld min left", (long long)(seconds / 3600),
                            (long long)(seconds / 60 % 60));
    } else if (seconds >= 60) {
        mneme_buffer_printf(out, ", %lld min %lld s left", (long long)(seconds / 60),
                            (long long)(seconds % 60));
    } else {
        mneme_buffer_printf(out, ", %lld s left", (long long)seconds);
    }
}

/* " [###.....]" */
static void put_bar(struct mneme_buffer *out, double share, int cells) {
    int filled = (int)(share * cells);
    mneme_buffer_printf(out, " [");
    for (int i = 0; i < cells; i++) {
        mneme_buffer_append_byte(out, i < filled ? '#' : '.');
    }
    mneme_buffer_append_byte(out, ']');
}

/* Appends the part unless the line gets too wide. */
static void put_if_fits(struct mneme_buffer *out, const struct mneme_buffer *part, int *left) {
    int width = mneme_text_width(mneme_buffer_str(part));
    if (width <= *left) {
        mneme_buffer_append_str(out, mneme_buffer_str(part));
        *left -= width;
    } else {
        *left = 0; /* nor do the parts after it */
    }
}

/* Appends as much of the label as fits; returns its width. */
static int put_label(struct mneme_buffer *out, struct mneme_str label, int wanted, int left) {
    int room = wanted < left ? wanted : left;
    int width = mneme_text_width(label);
    if (width <= room) {
        mneme_buffer_append_str(out, label);
        return width;
    }
    label.len = mneme_text_fit(label, room > 1 ? room - 1 : 0, &width);
    mneme_buffer_append_str(out, label);
    mneme_buffer_append_str(out, room > 0 ? MNEME_STR_LIT("…") : MNEME_STR_LIT(""));
    return width + (room > 0);
}

void mneme_progress_line(struct mneme_buffer *out, const struct mneme_progress *progress, int64_t done,
                         int64_t elapsed_micros, int columns) {
    struct mneme_buffer label = {0};
    struct mneme_buffer counts = {0};
    struct mneme_buffer part = {0};
    double seconds = (double)elapsed_micros / 1e6;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    double share = progress->total > done ? (double)done / (double)progress->total : 1;
    mneme_printable(&label, mneme_str_from(progress->label), false);
    mneme_buffer_printf(&counts, " ");
    if (progress->total > 0) {
        mneme_buffer_printf(&counts, "%3d %%, ", (int)(share * 100));
    }
    mneme_buffer_printf(&counts, "%lld %s", (long long)done, progress->unit);
    mneme_buffer_printf(&part, ", %.0f/s", rate);
    int rate_width = mneme_text_width(mneme_buffer_str(&part));
    int left = columns - mneme_text_width(mneme_buffer_str(&counts));
    /* A long label, such as a path, is cut to leave room for a short bar and the rate, as long as its
     * beginning still identifies it. */
    int wanted = left - rate_width - (progress->total > 0 ? MIN_BAR + FRAME : 0);
    left -= put_label(out, mneme_buffer_str(&label), wanted > MIN_LABEL ? wanted : MIN_LABEL, left);
    int cells = left - FRAME - rate_width >= MIN_BAR ? left - FRAME - rate_width : left - FRAME;
    cells = cells < MAX_BAR ? cells : MAX_BAR;
    if (progress->total > 0 && cells >= MIN_BAR) {
        put_bar(out, share, cells);
        left -= cells + FRAME;
    }
    mneme_buffer_append_str(out, mneme_buffer_str(&counts));
    put_if_fits(out, &part, &left);
    if (progress->total > done && rate > 0) {
        mneme_buffer_clear(&part);
        put_time_left(&part, (int64_t)((double)(progress->total - done) / rate));
        put_if_fits(out, &part, &left);
    }
    mneme_buffer_clean_up(&label);
    mneme_buffer_clean_up(&counts);
    mneme_buffer_clean_up(&part);
}

/* --- on the terminal --- */

/* One column stays free: some terminals start a new line after the last column. */
static int columns_of_terminal(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1
                                                                           : DEFAULT_COLUMNS - 1;
}

void mneme_progress_update(struct mneme_progress *progress, int64_t done) {
    int64_t now = mneme_clock_monotonic_micros();
    if (!progress->visible || now - progress->printed_micros < REDRAW_MICROS) {
        return;
    }
    struct mneme_buffer line = {0};
    progress->printed_micros = now;
    mneme_progress_line(&line, progress, done, now - progress->started_micros, columns_of_terminal());
    fprintf(stderr, "\r%.*s\033[K", MNEME_STR_ARG(mneme_buffer_str(&line)));
    fflush(stderr);
    mneme_buffer_clean_up(&line);
}

void mneme_progress_clear(struct mneme_progress *progress) {
    if (progress->visible && progress->printed_micros != 0) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
        progress->printed_micros = 0;
    }
}

void mneme_progress_end(struct mneme_progress *progress) {
    mneme_progress_clear(progress);
    progress->visible = false;
}
