/*
 * The three states of a breaker.
 */
#include "endpoints/breaker.h"

void mneme_breaker_init(struct mneme_breaker *breaker, int64_t max_failures, int64_t open_micros) {
    *breaker = (struct mneme_breaker){.max_failures = max_failures, .open_micros = open_micros};
}

int64_t mneme_breaker_wait_micros(const struct mneme_breaker *breaker, int64_t now) {
    int64_t left = breaker->opened_at + breaker->open_micros - now;
    return breaker->state == MNEME_BREAKER_CLOSED || left < 0 ? 0 : left;
}

bool mneme_breaker_admit(struct mneme_breaker *breaker, int64_t now) {
    if (breaker->state == MNEME_BREAKER_CLOSED) {
        return true;
    }
    if (breaker->state == MNEME_BREAKER_OPEN && mneme_breaker_wait_micros(breaker, now) == 0) {
        breaker->state = MNEME_BREAKER_HALF_OPEN;
        return true;
    }
    return false;
}

void mneme_breaker_succeed(struct mneme_breaker *breaker) {
    /* A request that went out before the others failed must not close the breaker that they opened. */
    if (breaker->state != MNEME_BREAKER_OPEN) {
        breaker->state = MNEME_BREAKER_CLOSED;
        breaker->failures = 0;
    }
}

static void open_breaker(struct mneme_breaker *breaker, int64_t now) {
    breaker->state = MNEME_BREAKER_OPEN;
    breaker->opened_at = now;
}

void mneme_breaker_fail(struct mneme_breaker *breaker, int64_t now) {
    breaker->failures++;
    if (breaker->state == MNEME_BREAKER_HALF_OPEN ||
        (breaker->state == MNEME_BREAKER_CLOSED && breaker->failures >= breaker->max_failures)) {
        open_breaker(breaker, now);
    }
}

void mneme_breaker_give_up(struct mneme_breaker *breaker, int64_t now) {
    /* The trial was inconclusive: the next request is a new trial. */
    if (breaker->state == MNEME_BREAKER_HALF_OPEN) {
        open_breaker(breaker, now - breaker->open_micros);
    }
}
