/*
 * Back-off: bounds, growth, jitter.
 */
#include "common/base/backoff.h"

#include <criterion/criterion.h>

Test(backoff, doubles_up_to_its_bound_and_stays_within_half_of_it) {
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, 100, 10000);
    int64_t whole = 100;
    for (int i = 0; i < 1000; i++) {
        int64_t wait_ms = mneme_backoff_next_ms(&backoff);
        cr_assert(wait_ms >= whole / 2 && wait_ms <= whole, "attempt %d: %lld of %lld", i, (long long)wait_ms,
                  (long long)whole);
        whole = whole * 2 > 10000 ? 10000 : whole * 2;
    }
}

Test(backoff, begins_again_after_a_success) {
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, 100, 10000);
    for (int i = 0; i < 10; i++) {
        mneme_backoff_next_ms(&backoff);
    }
    mneme_backoff_reset(&backoff);
    cr_assert_leq(mneme_backoff_next_ms(&backoff), 100);
}

Test(backoff, is_spread_over_its_range) {
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, 1000, 1000);
    int in_lower_half = 0;
    for (int i = 0; i < 1000; i++) {
        in_lower_half += mneme_backoff_next_ms(&backoff) < 750;
    }
    cr_assert(in_lower_half > 300 && in_lower_half < 700, "%d", in_lower_half);
}

Test(backoff, bears_any_bounds) {
    static const int64_t bounds[][2] = {{0, 0}, {1, INT64_MAX}, {INT64_MAX, INT64_MAX}, {500, 100}, {-5, -5}};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        struct mneme_backoff backoff;
        mneme_backoff_init(&backoff, bounds[i][0], bounds[i][1]);
        int64_t most = bounds[i][1] < 1 ? 1 : bounds[i][1];
        for (int attempt = 0; attempt < 100; attempt++) {
            int64_t wait_ms = mneme_backoff_next_ms(&backoff);
            cr_assert(wait_ms >= 0 && wait_ms <= most);
        }
    }
}
