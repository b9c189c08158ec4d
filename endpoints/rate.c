/*
 * A token bucket.
 */
#include "endpoints/rate.h"

#define MINUTE_MICROS 60e6

static double capacity(const struct mneme_rate *rate) {
    double of_a_second = (double)rate->per_minute / 60;
    return of_a_second < 1 ? 1 : of_a_second;
}

void mneme_rate_init(struct mneme_rate *rate, int64_t per_minute, int64_t now) {
    *rate = (struct mneme_rate){.per_minute = per_minute, .filled_at = now};
    rate->tokens = capacity(rate);
}

bool mneme_rate_take(struct mneme_rate *rate, int64_t now, int64_t *wait_micros) {
    *wait_micros = 0;
    if (rate->per_minute == 0) {
        return true;
    }
    double per_micro = (double)rate->per_minute / MINUTE_MICROS;
    rate->tokens += (double)(now - rate->filled_at) * per_micro;
    rate->filled_at = now;
    if (rate->tokens > capacity(rate)) {
        rate->tokens = capacity(rate);
    }
    if (rate->tokens >= 1) {
        rate->tokens -= 1;
        return true;
    }
    *wait_micros = (int64_t)((1 - rate->tokens) / per_micro) + 1;
    return false;
}
