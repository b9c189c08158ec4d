/*
 * Times as text.
 */
#include "common/base/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#define SECOND INT64_C(1000000)

static void check_parses(const char *text, int64_t wanted) {
    int64_t micros = -1;
    cr_assert(mneme_clock_parse_rfc3339(&micros, mneme_str_from(text)), "%s", text);
    cr_assert_eq(micros, wanted, "%s gives %lld", text, (long long)micros);
}

Test(clock, reads_the_forms_of_rfc_3339) {
    const int64_t base = INT64_C(1767323045) * SECOND; /* 2026-01-02T03:04:05Z */
    check_parses("2026-01-02T03:04:05Z", base);
    check_parses("2026-01-02t03:04:05z", base);
    check_parses("2026-01-02 03:04:05", base);
    check_parses("2026-01-02T03:04:05.6Z", base + 600000);
    check_parses("2026-01-02T03:04:05.678901Z", base + 678901);
    check_parses("2026-01-02T03:04:05.678901999Z", base + 678901);
    check_parses("2026-01-02T05:34:05+02:30", base);
    check_parses("2026-01-02T05:34:05+0230", base);
    check_parses("2026-01-01T19:04:05-08", base);
    check_parses("2026-01-02", base - (3 * 3600 + 4 * 60 + 5) * SECOND);
    check_parses("1970-01-01T00:00:00Z", 0);
    check_parses("1969-12-31T23:59:59.999999Z", -1);
    check_parses("2016-12-31T23:59:60Z", INT64_C(1483228800) * SECOND);
    check_parses("2000-02-29", INT64_C(951782400) * SECOND);
    check_parses("0001-01-01T00:00:00Z", MNEME_MIN_MICROS);
    check_parses("9999-12-31T23:59:59.999999Z", MNEME_MAX_MICROS);
}

Test(clock, refuses_what_is_no_time) {
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-01",
        "2026-1-02",
        "26-01-02",
        "2026-13-01",
        "2026-00-10",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-01-00",
        "0000-01-01",
        "2026-01-02T",
        "2026-01-02X03:04:05Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:00Z",
        "2026-01-02T03:04:61Z",
        "2026-01-02T03:04Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.1234567890Z",
        "2026-01-02T03:04:05+",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+01:60",
        "2026-01-02T03:04:05Zx",
        "2026-01-02T03:04:05 Z",
        " 2026-01-02",
        "2026-01-02 ",
        "-026-01-02",
        "2026-01-02T03:04:05+01:0",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:60Z",
        "now",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t micros = 42;
        cr_assert_not(mneme_clock_parse_rfc3339(&micros, mneme_str_from(wrong[i])), "%s", wrong[i]);
        cr_assert_eq(micros, 42);
    }
    int64_t micros;
    cr_assert_not(mneme_clock_parse_rfc3339(&micros, MNEME_STR_NULL));
}

Test(clock, reads_a_time_of_day_without_seconds_where_people_write) {
    const int64_t base = INT64_C(1767323040) * SECOND; /* 2026-01-02T03:04:00Z */
    static const char *const good[] = {"2026-01-02T03:04", "2026-01-02 03:04", "2026-01-02T03:04Z",
                                       "2026-01-02T05:04+02:00", "2026-01-02T03:04:00Z"};
    static const char *const bad[] = {"2026-01-02T03:", "2026-01-02T03",
                                      "2026-01-02T03:04:", "2026-01-02T03:04.5", "2026-01-02T03:4"};
    int64_t micros;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(mneme_clock_parse_written(&micros, mneme_str_from(good[i])), "%s", good[i]);
        cr_assert_eq(micros, base, "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_not(mneme_clock_parse_written(&micros, mneme_str_from(bad[i])), "%s", bad[i]);
    }
}

Test(clock, does_not_read_behind_the_end) {
    int64_t micros;
    cr_assert(mneme_clock_parse_rfc3339(&micros, (struct mneme_str){"2026-01-02T03:04:05.678901Z", 10}));
    cr_assert_not(mneme_clock_parse_rfc3339(&micros, (struct mneme_str){"2026-01-02T03:04:05Z", 13}));
}

Test(clock, writes_what_it_reads_and_agrees_with_the_c_library) {
    uint64_t state = 88172645463325252U;
    for (int i = 0; i < 20000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        uint64_t span = (uint64_t)(MNEME_MAX_MICROS - MNEME_MIN_MICROS);
        int64_t micros = MNEME_MIN_MICROS + (int64_t)(state % (span + 1));
        char text[MNEME_RFC3339_BYTES];
        mneme_clock_format_rfc3339(micros, text);
        check_parses(text, micros);
        int64_t floored = micros - (micros % SECOND + SECOND) % SECOND;
        time_t seconds = (time_t)(floored / SECOND);
        struct tm parts;
        char expected[64];
        cr_assert_not_null(gmtime_r(&seconds, &parts));
        cr_assert_gt(strftime(expected, sizeof expected, "-%m-%dT%H:%M:%S.", &parts), 0);
        cr_assert_arr_eq(text + 4, expected, strlen(expected));
        cr_assert_eq(strtol((char[]){text[0], text[1], text[2], text[3], '\0'}, NULL, 10),
                     parts.tm_year + 1900);
    }
}

Test(clock, moves_forward) {
    int64_t before = mneme_clock_monotonic_micros();
    cr_assert_geq(mneme_clock_monotonic_micros(), before);
    cr_assert_lt(llabs((long long)(mneme_clock_now_micros() / SECOND - (int64_t)time(NULL))), 3);
}
