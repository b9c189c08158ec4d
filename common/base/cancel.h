/*
 * How a caller ends a wait: by its own flag, or by a deadline. Plain data that is passed down to every wait;
 * it must outlive the call.
 */
#ifndef MNEME_COMMON_BASE_CANCEL_H
#define MNEME_COMMON_BASE_CANCEL_H

#include "common/base/clock.h"

/* All zero: nothing ends it. */
struct mneme_cancel {
    bool (*is_cancelled)(void *context); /* called often, by whichever thread waits; may be NULL */
    void *context;
    int64_t deadline_micros; /* of mneme_clock_monotonic_micros; 0: none */
};

/* Whether the caller has cancelled. `cancel` may be NULL. */
static inline bool mneme_cancel_is_asked(const struct mneme_cancel *cancel) {
    return cancel != NULL && cancel->is_cancelled != NULL && cancel->is_cancelled(cancel->context);
}

/* Microseconds that are left, at most `most_micros`; 0 when the deadline has passed. */
static inline int64_t mneme_cancel_left_micros(const struct mneme_cancel *cancel, int64_t most_micros) {
    if (cancel == NULL || cancel->deadline_micros == 0) {
        return most_micros;
    }
    int64_t left = cancel->deadline_micros - mneme_clock_monotonic_micros();
    return left < 0 ? 0 : left < most_micros ? left : most_micros;
}

/* The same cancel, but due no later than timeout_ms from now. `cancel` may be NULL. */
static inline struct mneme_cancel mneme_cancel_within(const struct mneme_cancel *cancel, int64_t timeout_ms) {
    struct mneme_cancel none = {NULL, NULL, 0};
    struct mneme_cancel bounded = cancel != NULL ? *cancel : none;
    int64_t deadline = mneme_clock_monotonic_micros() + timeout_ms * 1000;
    if (bounded.deadline_micros == 0 || deadline < bounded.deadline_micros) {
        bounded.deadline_micros = deadline;
    }
    return bounded;
}

/* Whether the wait is over, for either reason. */
static inline bool mneme_cancel_is_due(const struct mneme_cancel *cancel) {
    return mneme_cancel_is_asked(cancel) || mneme_cancel_left_micros(cancel, 1) == 0;
}

#endif
