/*
 * The progress bar: one line that is drawn over itself.
 */
#include "cli/frame/progress.h"

#include <stdio.h>

#include "common/base/clock.h"

#define REDRAW_MICROS 100000
#define BAR_CELLS 24

void mneme_progress_begin(struct mneme_progress *progress, const char *label, const char *unit, int64_t total,
                          bool visible) {
    *progress = (struct mneme_progress){.label = label, .unit = unit, .total = total, .visible = visible};
    progress->started_micros = mneme_clock_monotonic_micros();
}

static void print_time_left(double seconds) {
    if (seconds >= 3600) {
        fprintf(stderr, ", %.0f h %02d min left", seconds / 3600, (int)(seconds / 60) % 60);
    } else if (seconds >= 60) {
        fprintf(stderr, ", %d min %02d s left", (int)(seconds / 60), (int)seconds % 60);
    } else {
        fprintf(stderr, ", %d s left", (int)seconds);
    }
}

void mneme_progress_update(struct mneme_progress *progress, int64_t done) {
    int64_t now = mneme_clock_monotonic_micros();
    if (!progress->visible || now - progress->printed_micros < REDRAW_MICROS) {
        return;
    }
    progress->printed_micros = now;
    double seconds = (double)(now - progress->started_micros) / 1e6;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    fprintf(stderr, "\r%s ", progress->label);
    if (progress->total > 0) {
        double share = done < progress->total ? (double)done / (double)progress->total : 1;
        int filled = (int)(share * BAR_CELLS);
        fputc('[', stderr);
        for (int i = 0; i < BAR_CELLS; i++) {
            fputc(i < filled ? '#' : '.', stderr);
        }
        fprintf(stderr, "] %3d %%, ", (int)(share * 100));
    }
    fprintf(stderr, "%lld %s, %.0f/s", (long long)done, progress->unit, rate);
    if (progress->total > done && rate > 0) {
        print_time_left((double)(progress->total - done) / rate);
    }
    fprintf(stderr, "\033[K");
    fflush(stderr);
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
