/*
 * A circuit breaker: after so many failures in a row a service is left alone for a while, then one request
 * tries it. Pure state; the caller gives the time, in microseconds of a clock that never steps back.
 */
#ifndef MNEME_ENDPOINTS_BREAKER_H
#define MNEME_ENDPOINTS_BREAKER_H

#include "common/base/types.h"

enum mneme_breaker_state {
    MNEME_BREAKER_CLOSED,    /* requests go out */
    MNEME_BREAKER_OPEN,      /* none does */
    MNEME_BREAKER_HALF_OPEN, /* one is out, on whose fate it depends */
};

struct mneme_breaker {
    int64_t max_failures; /* in a row; at least 1 */
    int64_t open_micros;  /* how long it stays open */
    enum mneme_breaker_state state;
    int64_t failures;
    int64_t opened_at;
};

void mneme_breaker_init(struct mneme_breaker *breaker, int64_t max_failures, int64_t open_micros);

/* Whether a request may go out now. After a yes its fate must be told, by one of the three below. */
bool mneme_breaker_admit(struct mneme_breaker *breaker, int64_t now);

/* What became of a request: it was answered, it failed, or it was given up and says nothing. */
void mneme_breaker_succeed(struct mneme_breaker *breaker);
void mneme_breaker_fail(struct mneme_breaker *breaker, int64_t now);
void mneme_breaker_give_up(struct mneme_breaker *breaker, int64_t now);

/* How long until a request may go out: 0 when one may. */
int64_t mneme_breaker_wait_micros(const struct mneme_breaker *breaker, int64_t now);

#endif
