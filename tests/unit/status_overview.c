/*
 * What the status says of a lag: how long it lasts.
 */
#include <criterion/criterion.h>

#include "cli/status/overview.h"

static const char *left(int64_t lag, double rate) {
    static char text[MNEME_OVERVIEW_LEFT_BYTES];
    const struct mneme_projection_status projection = {
        .has_log = true, .lag = lag, .rate_per_s = {.value = rate, .is_set = rate >= 0}};
    mneme_overview_time_left(text, &projection);
    return text;
}

Test(status_overview, nothing_is_left_without_a_lag) {
    cr_expect_str_eq(left(0, 0), "-");
    cr_expect_str_eq(left(0, 1000), "-");
}

Test(status_overview, it_is_not_known_while_nothing_moves_or_the_log_is_away) {
    static char text[MNEME_OVERVIEW_LEFT_BYTES];
    const struct mneme_projection_status away = {.has_log = false};
    cr_expect_str_eq(left(10, 0), "?");
    cr_expect_str_eq(left(10, -1), "?");
    mneme_overview_time_left(text, &away);
    cr_expect_str_eq(text, "?");
}

Test(status_overview, it_is_rounded_up_in_a_unit_that_tells_two_at_least) {
    cr_expect_str_eq(left(1, 1000), "1 s");
    cr_expect_str_eq(left(1000, 10), "100 s");
    cr_expect_str_eq(left(1190, 10), "119 s");
    cr_expect_str_eq(left(1210, 10), "3 min");
    cr_expect_str_eq(left(72000, 10), "2 h");
    cr_expect_str_eq(left(INT64_C(1728000) * 10, 10), "20 d");
}

Test(status_overview, a_group_means_all_its_projections) {
    const struct mneme_overview all = {.only = NULL};
    const struct mneme_overview embed = {.only = "embed"};
    const struct mneme_overview one = {.only = "embed.bge"};
    cr_expect(mneme_overview_is_named(&all, MNEME_STR_LIT("search")));
    cr_expect(mneme_overview_is_named(&embed, MNEME_STR_LIT("embed.bge")));
    cr_expect(mneme_overview_is_named(&one, MNEME_STR_LIT("embed.bge")));
    cr_expect_not(mneme_overview_is_named(&one, MNEME_STR_LIT("embed.bge-small")));
    cr_expect_not(mneme_overview_is_named(&embed, MNEME_STR_LIT("search")));
}
