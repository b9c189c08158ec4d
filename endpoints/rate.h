/*
 * Limits requests per minute, evenly: a bucket that fills at that rate and holds one second's worth,
 * at least one. Pure state; the caller gives the time, in microseconds of a clock that never steps back.
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

/* Takes leave for one request; otherwise tells how long until there is one. */
bool mneme_rate_take(struct mneme_rate *rate, int64_t now, int64_t *wait_micros);

#endif
