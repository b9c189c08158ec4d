/*
 * Times and durations as people write them.
 */
#include "common/base/moment.h"

#include <criterion/criterion.h>

#include "common/base/clock.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

static const int64_t midnight = INT64_C(1764460800) * SECOND;             /* 2025-11-30T00:00:00Z */
static const int64_t now = INT64_C(1764460800) * SECOND + 13 * HOUR + 17; /* some time of that day */

static void check(const char *text, enum mneme_moment_side side, int64_t wanted) {
    int64_t micros = -1;
    cr_assert(mneme_moment_parse(&micros, mneme_str_from(text), now, side), "%s", text);
    cr_assert_eq(micros, wanted, "%s gives %lld", text, (long long)micros);
}

Test(moment, a_duration_lies_on_the_side_that_the_place_means) {
    check("7d", MNEME_MOMENT_AGO, now - 7 * DAY);
    check("7d", MNEME_MOMENT_FROM_NOW, now + 7 * DAY);
    check("12h", MNEME_MOMENT_AGO, now - 12 * HOUR);
    check("4w", MNEME_MOMENT_AGO, now - 28 * DAY);
    check("90m", MNEME_MOMENT_FROM_NOW, now + 90 * 60 * SECOND);
    check("1d12h30s", MNEME_MOMENT_AGO, now - DAY - 12 * HOUR - 30 * SECOND);
    check("0s", MNEME_MOMENT_AGO, now);
}

Test(moment, words_are_days_in_utc) {
    static const enum mneme_moment_side sides[] = {MNEME_MOMENT_AGO, MNEME_MOMENT_FROM_NOW};
    for (size_t i = 0; i < 2; i++) {
        check("now", sides[i], now);
        check("today", sides[i], midnight);
        check("yesterday", sides[i], midnight - DAY);
        check("Yesterday", sides[i], midnight - DAY);
        check("tomorrow", sides[i], midnight + DAY);
    }
    int64_t micros;
    cr_assert(mneme_moment_parse(&micros, MNEME_STR_LIT("today"), -1, MNEME_MOMENT_AGO));
    cr_assert_eq(micros, -DAY, "before 1970 a day begins before its times, too");
    cr_assert(mneme_moment_parse(&micros, MNEME_STR_LIT("today"), midnight, MNEME_MOMENT_AGO));
    cr_assert_eq(micros, midnight);
}

Test(moment, dates_and_times_are_in_utc_unless_they_say_otherwise) {
    check("2025-11-30", MNEME_MOMENT_AGO, midnight);
    check("2025-11-30T12:00", MNEME_MOMENT_AGO, midnight + 12 * HOUR);
    check("2025-11-30 12:00", MNEME_MOMENT_AGO, midnight + 12 * HOUR);
    check("2025-11-30t12:00z", MNEME_MOMENT_AGO, midnight + 12 * HOUR);
    check("2025-11-30T12:00+02:00", MNEME_MOMENT_AGO, midnight + 10 * HOUR);
    check("2025-11-30T12:00:01.5-01:00", MNEME_MOMENT_AGO, midnight + 13 * HOUR + SECOND + SECOND / 2);
}

Test(moment, anything_else_is_refused_and_leaves_the_moment_alone) {
    static const char *const bad[] = {"",
                                      "d",
                                      "7",
                                      "-7d",
                                      "7 d",
                                      "7days",
                                      "1.5d",
                                      "7d ",
                                      " 7d",
                                      "1h1d",
                                      "1h1h",
                                      "1d12",
                                      "7D",
                                      "tomorow",
                                      "yesterdays",
                                      "2025-11-31",
                                      "2025-11-30T",
                                      "12:00",
                                      "25-1-1",
                                      "20251130",
                                      "s",
                                      "1d-12h",
                                      "9999999w",
                                      "2025-11-30T12:00:",
                                      "99999999999999999999d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t micros = 42;
        cr_assert_not(mneme_moment_parse(&micros, mneme_str_from(bad[i]), now, MNEME_MOMENT_AGO), "%s",
                      bad[i]);
        cr_assert_eq(micros, 42);
    }
    int64_t micros = 42;
    cr_assert_not(mneme_moment_parse(&micros, MNEME_STR_NULL, now, MNEME_MOMENT_AGO));
    cr_assert_not(mneme_moment_parse(&micros, MNEME_STR_LIT("7d"), MNEME_MIN_MICROS + DAY, MNEME_MOMENT_AGO));
    cr_assert_not(
        mneme_moment_parse(&micros, MNEME_STR_LIT("7d"), MNEME_MAX_MICROS - DAY, MNEME_MOMENT_FROM_NOW));
    cr_assert_eq(micros, 42);
}

Test(moment, a_refusal_names_the_forms) {
    struct mneme_error error = {0};
    int64_t micros;
    cr_assert_eq(mneme_moment_read(&micros, MNEME_STR_LIT("soon"), MNEME_MOMENT_AGO, "--since", &error),
                 MNEME_E_USAGE);
    cr_assert_str_eq(error.message, "--since was not taken: 'soon' is not a time; give 7d (ago), yesterday, "
                                    "2026-11-30, 2026-11-30T12:00 or RFC 3339 (without a zone: UTC)");
    cr_assert_eq(
        mneme_moment_read(&micros, MNEME_STR_LIT("soon"), MNEME_MOMENT_FROM_NOW, "--expires-at", &error),
        MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "give 7d (from now), tomorrow"), "%s", error.message);
    cr_assert_eq(mneme_duration_read(&micros, MNEME_STR_LIT("7"), "--older-than", &error), MNEME_E_USAGE);
    cr_assert_str_eq(error.message, "--older-than was not taken: '7' is not a duration; give a number and a "
                                    "unit (s, m, h, d or w) such as 30d or 1h30m");
}

Test(moment, a_duration_ends_at_a_hundred_years) {
    int64_t micros;
    cr_assert(mneme_duration_parse(&micros, MNEME_STR_LIT("36525d")));
    cr_assert_eq(micros, 36525 * DAY);
    cr_assert_not(mneme_duration_parse(&micros, MNEME_STR_LIT("36525d1s")));
    cr_assert_not(mneme_duration_parse(&micros, MNEME_STR_LIT("36526d")));
}

Test(moment, a_duration_has_a_unit) {
    struct mneme_error error = {0};
    int64_t micros;
    static const struct {
        const char *text;
        int64_t micros;
    } good[] = {
        {"0s", 0}, {"90m", 5400000000}, {"12h", 43200000000}, {"30d", 2592000000000}, {"1w", 604800000000}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert_eq(mneme_duration_read(&micros, mneme_str_from(good[i].text), "x", &error), MNEME_OK, "%s",
                     good[i].text);
        cr_assert_eq(micros, good[i].micros, "%s", good[i].text);
    }
    static const char *const bad[] = {
        "", "30", "d", "-1d", "1.5d", "30 d", "30days", "99999999999999999999d", "9999999w"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(mneme_duration_read(&micros, mneme_str_from(bad[i]), "x", &error), MNEME_E_USAGE, "%s",
                     bad[i]);
    }
}
