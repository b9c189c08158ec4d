/*
 * A circuit breaker: after a number of failures in a row no requests go to a service for a while, then one
 * request tries it. Pure state; the caller passes the time, in microseconds of a monotonic clock.
 */
#ifndef MNEME_ENDPOINTS_BREAKER_H
#define MNEME_ENDPOINTS_BREAKER_H

#include "common/base/types.h"

enum mneme_breaker_state {
    MNEME_BREAKER_CLOSED,    /* requests go out */
    MNEME_BREAKER_OPEN,      /* no requests go out */
    MNEME_BREAKER_HALF_OPEN, /* one trial request is out; its result decides */
};

struct mneme_breaker {
    int64_t max_failures; /* in a row; at least 1 */
    int64_t open_micros;  /* how long it stays open */
    enum mneme_breaker_state state;
    int64_t failures;
    int64_t opened_at;
};

void mneme_breaker_init(struct mneme_breaker *breaker, int64_t max_failures, int64_t open_micros);

/* Whether a request may go out now. If so, its result must be reported by one of the three functions below.
 */
bool mneme_breaker_admit(struct mneme_breaker *breaker, int64_t now);

/* The result of a request: it was answered, it failed, or it was given up without a result. */
void mneme_breaker_succeed(struct mneme_breaker *breaker);
void mneme_breaker_fail(struct mneme_breaker *breaker, int64_t now);
void mneme_breaker_give_up(struct mneme_breaker *breaker, int64_t now);

/* How long until a request may go out: 0 when one may. */
int64_t mneme_breaker_wait_micros(const struct mneme_breaker *breaker, int64_t now);

#endif
