/*
 * Limits requests per minute, evenly: a bucket that fills at that rate and holds the requests of one second,
 * at least one. Pure state; the caller passes the time, in microseconds of a monotonic clock.
 */
#ifndef MNEME_ENDPOINTS_RATE_H
#define MNEME_ENDPOINTS_RATE_H

#include "common/base/types.h"

struct mneme_rate {
    int64_t per_minute; /* 0: no limit */
    double tokens;
    int64_t filled_at;
};

void mneme_rate_init(struct mneme_rate *rate, int64_t per_minute, int64_t now);

/* Takes one request from the bucket; otherwise returns false and sets how long to wait for one. */
bool mneme_rate_take(struct mneme_rate *rate, int64_t now, int64_t *wait_micros);

#endif
