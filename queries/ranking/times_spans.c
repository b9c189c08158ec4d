/*
 * Computes days by timegm, which carries over months and days that are out of range.
 */
#include "queries/ranking/times_spans.h"

#include <time.h>

#include "common/base/clock.h"

#define YEARS_TO_A_LEAP_DAY 8 /* at most, as from 1896 to 1904 */

/* --- the calendar --- */

static int64_t clamp(int64_t micros) {
    micros = micros < MNEME_MIN_MICROS ? MNEME_MIN_MICROS : micros;
    return micros > MNEME_MAX_MICROS ? MNEME_MAX_MICROS : micros;
}

/* Midnight of a day; months and days that are out of range carry over. */
static int64_t midnight(int year, int month, int day) {
    struct tm parts = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return (int64_t)timegm(&parts) * MNEME_TIME_SECOND;
}

struct mneme_question_moment mneme_question_moment_of(int64_t micros) {
    micros = clamp(micros);
    struct tm parts = {0};
    time_t seconds = (time_t)((micros - (micros < 0 ? MNEME_TIME_SECOND - 1 : 0)) / MNEME_TIME_SECOND);
    gmtime_r(&seconds, &parts);
    return (struct mneme_question_moment){micros, parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                          (parts.tm_wday + 6) % 7};
}

static int64_t today(const struct mneme_question_moment *at) {
    return midnight(at->year, at->month, at->day);
}

static int days_in(int year, int month) {
    return (int)((midnight(year, month + 1, 1) - midnight(year, month, 1)) / MNEME_TIME_DAY);
}

static struct mneme_time_span span(int64_t first, int64_t end) {
    return (struct mneme_time_span){true, clamp(first), clamp(end - 1), MNEME_STR_NULL};
}

static struct mneme_time_span days(int64_t first, int count) {
    return span(first, first + count * MNEME_TIME_DAY);
}

static struct mneme_time_span months(int year, int month, int count) {
    return span(midnight(year, month, 1), midnight(year, month + count, 1));
}

/* The same day a number of months before, or the last day of a shorter month. */
static int64_t months_before(const struct mneme_question_moment *at, int count) {
    int month = at->year * 12 + at->month - 1 - count;
    int year = month / 12;
    if (year < 1) {
        return MNEME_MIN_MICROS;
    }
    int last = days_in(year, month % 12 + 1);
    return midnight(year, month % 12 + 1, at->day < last ? at->day : last) + (at->now - today(at));
}

static int64_t units_before(const struct mneme_question_moment *at, int count,
                            const struct mneme_time_unit *unit) {
    return unit->months > 0 ? months_before(at, count * unit->months) : clamp(at->now - count * unit->micros);
}

/* --- spans --- */

struct mneme_time_span mneme_time_day_beside(const struct mneme_time_read *read,
                                             const struct mneme_question_moment *at, int which) {
    (void)read;
    return days(today(at) + which * MNEME_TIME_DAY, 1);
}

struct mneme_time_span mneme_time_ago(const struct mneme_time_read *read,
                                      const struct mneme_question_moment *at, int which) {
    int64_t then = units_before(at, which > 0 ? which : read->number, read->unit);
    if (read->unit->micros == MNEME_TIME_DAY) {
        struct mneme_question_moment day = mneme_question_moment_of(then);
        return days(today(&day), 1);
    }
    int64_t half =
        (read->unit->months > 0 ? read->unit->months * 30 * MNEME_TIME_DAY : read->unit->micros) / 2;
    return span(then - half, then + half);
}

struct mneme_time_span mneme_time_half_a_year_ago(const struct mneme_time_read *read,
                                                  const struct mneme_question_moment *at, int which) {
    static const struct mneme_time_unit month = {"month", 1, 0, true};
    (void)read;
    return mneme_time_ago(&(struct mneme_time_read){.unit = &month}, at, which);
}

struct mneme_time_span mneme_time_until_now(const struct mneme_time_read *read,
                                            const struct mneme_question_moment *at, int which) {
    return span(units_before(at, which > 0 ? which : read->number, read->unit), at->now + 1);
}

struct mneme_time_span mneme_time_period_beside(const struct mneme_time_read *read,
                                                const struct mneme_question_moment *at, int which) {
    const struct mneme_time_unit *unit = read->unit;
    if (unit->months > 0) {
        int month = at->year * 12 + at->month - 1;
        month += which * unit->months - month % unit->months;
        return months(month / 12, month % 12 + 1, unit->months);
    }
    int64_t monday = today(at) - at->weekday * MNEME_TIME_DAY;
    bool is_weekend = strcmp(unit->name, "weekend") == 0;
    return days(monday + which * unit->micros + (is_weekend ? 5 * MNEME_TIME_DAY : 0),
                is_weekend ? 2 : (int)(unit->micros / MNEME_TIME_DAY));
}

struct mneme_time_span mneme_time_latest_weekend(const struct mneme_time_read *read,
                                                 const struct mneme_question_moment *at, int which) {
    (void)read;
    return days(today(at) - (at->weekday + which) % 7 * MNEME_TIME_DAY, 2);
}

struct mneme_time_span mneme_time_latest_weekday(const struct mneme_time_read *read,
                                                 const struct mneme_question_moment *at, int which) {
    (void)which;
    int back = (at->weekday - read->weekday + 6) % 7 + 1;
    return days(today(at) - back * MNEME_TIME_DAY, 1);
}

struct mneme_time_span mneme_time_weekday_beside(const struct mneme_time_read *read,
                                                 const struct mneme_question_moment *at, int which) {
    return days(today(at) + (which * 7 + read->weekday - at->weekday) * MNEME_TIME_DAY, 1);
}

struct mneme_time_span mneme_time_date(const struct mneme_time_read *read,
                                       const struct mneme_question_moment *at, int which) {
    (void)at;
    (void)which;
    bool is_there = read->day <= days_in(read->year, read->month);
    return is_there ? days(midnight(read->year, read->month, read->day), 1) : (struct mneme_time_span){0};
}

struct mneme_time_span mneme_time_date_without_year(const struct mneme_time_read *read,
                                                    const struct mneme_question_moment *at, int which) {
    struct mneme_time_read dated = *read;
    (void)which;
    for (int back = 0; back <= YEARS_TO_A_LEAP_DAY; back++) {
        dated.year = at->year - back;
        struct mneme_time_span found = mneme_time_date(&dated, at, 0);
        if (found.is_set && found.first <= at->now) {
            return found;
        }
    }
    return (struct mneme_time_span){0};
}

struct mneme_time_span mneme_time_year(const struct mneme_time_read *read,
                                       const struct mneme_question_moment *at, int which) {
    (void)at;
    (void)which;
    return months(read->year, 1, 12);
}

struct mneme_time_span mneme_time_month(const struct mneme_time_read *read,
                                        const struct mneme_question_moment *at, int which) {
    (void)at;
    (void)which;
    return months(read->year, read->month, 1);
}

struct mneme_time_span mneme_time_season(const struct mneme_time_read *read,
                                         const struct mneme_question_moment *at, int which) {
    (void)at;
    (void)which;
    return months(read->year, read->season, 3);
}

struct mneme_time_span mneme_time_month_of_year_beside(const struct mneme_time_read *read,
                                                       const struct mneme_question_moment *at, int which) {
    return months(at->year + which, read->month, 1);
}

struct mneme_time_span mneme_time_season_of_year_beside(const struct mneme_time_read *read,
                                                        const struct mneme_question_moment *at, int which) {
    return months(at->year + which, read->season, 3);
}

static struct mneme_time_span latest(const struct mneme_question_moment *at, int first_month, int count,
                                     int which) {
    for (int back = 0; back < 2; back++) {
        struct mneme_time_span found = months(at->year - back, first_month, count);
        if ((which == MNEME_TIME_OVER ? found.last : found.first) <= at->now) {
            return found;
        }
    }
    return months(at->year - 2, first_month, count);
}

struct mneme_time_span mneme_time_latest_month(const struct mneme_time_read *read,
                                               const struct mneme_question_moment *at, int which) {
    return latest(at, read->month, 1, which);
}

struct mneme_time_span mneme_time_latest_season(const struct mneme_time_read *read,
                                                const struct mneme_question_moment *at, int which) {
    return latest(at, read->season, 3, which);
}

struct mneme_time_span mneme_time_this_season(const struct mneme_time_read *read,
                                              const struct mneme_question_moment *at, int which) {
    struct mneme_time_span found = mneme_time_latest_season(read, at, MNEME_TIME_BEGUN);
    return found.last >= at->now ? found : mneme_time_season_of_year_beside(read, at, which);
}

double mneme_time_days_beside(const struct mneme_time_span *within, int64_t micros) {
    int64_t beside = micros < within->first ? within->first - micros : micros - within->last;
    return beside > 0 ? (double)beside / (double)MNEME_TIME_DAY : 0;
}
