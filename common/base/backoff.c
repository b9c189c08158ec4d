/*
 * Back-off. The jitter keeps workers that failed together from retrying together; the quality of its random
 * numbers does not matter, so a small generator in the struct suffices.
 */
#include "common/base/backoff.h"

#include "common/base/clock.h"

void mneme_backoff_init(struct mneme_backoff *backoff, int64_t initial_ms, int64_t max_ms) {
    /* The address differs between processes and threads where the clock might not. */
    uint64_t seed = (uint64_t)mneme_clock_monotonic_micros() ^ (uint64_t)(uintptr_t)backoff << 16;
    *backoff = (struct mneme_backoff){
        .initial_ms = initial_ms < 1 ? 1 : initial_ms,
        .max_ms = max_ms < 1 ? 1 : max_ms,
        .random_state = seed | 1,
    };
}

void mneme_backoff_reset(struct mneme_backoff *backoff) {
    backoff->attempt = 0;
}

/* One step of a 64-bit xorshift generator. */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

int64_t mneme_backoff_next_ms(struct mneme_backoff *backoff) {
    int64_t whole = backoff->initial_ms;
    for (unsigned i = 0; i < backoff->attempt && whole < backoff->max_ms; i++) {
        whole = whole > INT64_MAX / 2 ? INT64_MAX : whole * 2;
    }
    if (whole >= backoff->max_ms) {
        whole = backoff->max_ms;
    } else {
        backoff->attempt++;
    }
    int64_t half = whole / 2;
    return half + (int64_t)(next_random(&backoff->random_state) % (uint64_t)(whole - half + 1));
}
