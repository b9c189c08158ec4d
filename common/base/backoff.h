/*
 * Exponential back-off with full jitter, for every retry in the project.
 */
#ifndef MNEME_COMMON_BASE_BACKOFF_H
#define MNEME_COMMON_BASE_BACKOFF_H

#include <stdint.h>

struct mneme_backoff {
    int64_t initial_ms;
    int64_t max_ms;
    unsigned attempt; /* 0 after a success */
    uint64_t random_state;
};

void mneme_backoff_init(struct mneme_backoff *backoff, int64_t initial_ms, int64_t max_ms);
void mneme_backoff_reset(struct mneme_backoff *backoff);

/* How long to wait before the next attempt: uniform in [half, whole] of min(max, initial × 2^attempt). */
int64_t mneme_backoff_next_ms(struct mneme_backoff *backoff);

#endif
