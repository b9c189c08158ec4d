/*
 * Time without time zones and locales: the proleptic Gregorian calendar by arithmetic, since gmtime and
 * strptime take locks and do not support microseconds.
 */
#include "common/base/clock.h"

#include <time.h>

#define MICROS_PER_SECOND INT64_C(1000000)
#define SECONDS_PER_DAY INT64_C(86400)
#define DAYS_PER_400_YEARS 146097
/* Days from 0000-03-01, where the calculations' years begin, to 1970-01-01. */
#define EPOCH_DAY 719468

static int64_t read_clock(clockid_t id) {
    struct timespec now;
    if (clock_gettime(id, &now) != 0) {
        return 0; /* cannot happen for the clocks that Linux always has */
    }
    return (int64_t)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

int64_t mneme_clock_now_micros(void) {
    return read_clock(CLOCK_REALTIME);
}

int64_t mneme_clock_monotonic_micros(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int64_t mneme_clock_boot_micros(void) {
    return read_clock(CLOCK_BOOTTIME);
}

void mneme_clock_pause(int64_t micros) {
    struct timespec pause = {.tv_sec = micros / 1000000, .tv_nsec = (long)(micros % 1000000) * 1000};
    (void)nanosleep(&pause, NULL);
}

/* With years that begin in March the leap day is the last day, so a month's first day is a linear formula. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day) {
    int64_t shifted_year = month <= 2 ? year - 1 : year;
    int64_t shifted_month = month <= 2 ? month + 9 : month - 3;
    int64_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    int64_t leap_days = shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    return shifted_year * 365 + leap_days + day_of_year - EPOCH_DAY;
}

static void date_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
    int64_t shifted = days + EPOCH_DAY; /* not negative from year 0 on */
    int64_t era = shifted / DAYS_PER_400_YEARS;
    int64_t day_of_era = shifted % DAYS_PER_400_YEARS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *year = era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

static char *put_digits(char *at, int64_t value, int count) {
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + count;
}

void mneme_clock_format_rfc3339(int64_t micros, char text[MNEME_RFC3339_BYTES]) {
    const int64_t micros_per_day = SECONDS_PER_DAY * MICROS_PER_SECOND;
    int64_t days = micros / micros_per_day;
    int64_t rest = micros % micros_per_day;
    if (rest < 0) {
        days--;
        rest += micros_per_day;
    }
    int64_t year;
    int64_t month;
    int64_t day;
    date_from_days(days, &year, &month, &day);
    int64_t second = rest / MICROS_PER_SECOND;
    char *at = put_digits(text, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = 'T';
    at = put_digits(at, second / 3600, 2);
    *at++ = ':';
    at = put_digits(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, second % 60, 2);
    *at++ = '.';
    at = put_digits(at, rest % MICROS_PER_SECOND, 6);
    *at++ = 'Z';
    *at = '\0';
}

/* A reader over the text; each take function returns false when something else follows. */
struct cursor {
    const char *at;
    const char *end;
};

static bool take(struct cursor *cursor, char wanted) {
    if (cursor->at < cursor->end && *cursor->at == wanted) {
        cursor->at++;
        return true;
    }
    return false;
}

static bool take_number(struct cursor *cursor, int digits, int64_t low, int64_t high, int64_t *value) {
    int64_t number = 0;
    for (int i = 0; i < digits; i++, cursor->at++) {
        if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9') {
            return false;
        }
        number = number * 10 + (*cursor->at - '0');
    }
    *value = number;
    return number >= low && number <= high;
}

static int64_t days_in_month(int64_t year, int64_t month) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

static bool take_date(struct cursor *cursor, int64_t *days) {
    int64_t year;
    int64_t month;
    int64_t day;
    if (!take_number(cursor, 4, 1, 9999, &year) || !take(cursor, '-') ||
        !take_number(cursor, 2, 1, 12, &month) || !take(cursor, '-') ||
        !take_number(cursor, 2, 1, days_in_month(year, month), &day)) {
        return false;
    }
    *days = days_from_date(year, month, day);
    return true;
}

/* One to nine digits after the point; anything finer than a microsecond is cut off. */
static bool take_fraction(struct cursor *cursor, int64_t *micros) {
    int digits = 0;
    *micros = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++, digits++) {
        if (digits < 6) {
            *micros = *micros * 10 + (*cursor->at - '0');
        }
    }
    for (int i = digits; i < 6; i++) {
        *micros *= 10;
    }
    return digits >= 1 && digits <= 9;
}

/* A leap second (:60) counts as the first moment of the next minute. */
static bool take_time(struct cursor *cursor, int64_t *micros, bool needs_seconds) {
    int64_t hour;
    int64_t minute;
    int64_t second = 0;
    int64_t fraction = 0;
    if (!take_number(cursor, 2, 0, 23, &hour) || !take(cursor, ':') ||
        !take_number(cursor, 2, 0, 59, &minute)) {
        return false;
    }
    bool has_seconds = take(cursor, ':');
    if (has_seconds ? !take_number(cursor, 2, 0, 60, &second) : needs_seconds) {
        return false;
    }
    if (has_seconds && take(cursor, '.') && !take_fraction(cursor, &fraction)) {
        return false;
    }
    *micros = (hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + fraction;
    return true;
}

static bool take_offset(struct cursor *cursor, int64_t *micros) {
    *micros = 0;
    if (cursor->at == cursor->end || take(cursor, 'Z') || take(cursor, 'z')) {
        return true;
    }
    int64_t sign = take(cursor, '-') ? -1 : 1;
    if (sign == 1 && !take(cursor, '+')) {
        return false;
    }
    int64_t hours;
    int64_t minutes = 0;
    if (!take_number(cursor, 2, 0, 23, &hours)) {
        return false;
    }
    if (cursor->at < cursor->end) {
        take(cursor, ':'); /* ISO 8601 also writes +0100 */
        if (!take_number(cursor, 2, 0, 59, &minutes)) {
            return false;
        }
    }
    *micros = sign * (hours * 3600 + minutes * 60) * MICROS_PER_SECOND;
    return true;
}

static bool parse(int64_t *micros, struct mneme_str text, bool needs_seconds) {
    if (text.data == NULL) {
        return false;
    }
    struct cursor cursor = {text.data, text.data + text.len};
    int64_t days;
    int64_t time_of_day = 0;
    int64_t offset = 0;
    if (!take_date(&cursor, &days)) {
        return false;
    }
    if (cursor.at < cursor.end) {
        if (!(take(&cursor, 'T') || take(&cursor, 't') || take(&cursor, ' ')) ||
            !take_time(&cursor, &time_of_day, needs_seconds) || !take_offset(&cursor, &offset)) {
            return false;
        }
    }
    int64_t result = days * SECONDS_PER_DAY * MICROS_PER_SECOND + time_of_day - offset;
    if (cursor.at != cursor.end || result < MNEME_MIN_MICROS || result > MNEME_MAX_MICROS) {
        return false;
    }
    *micros = result;
    return true;
}

bool mneme_clock_parse_rfc3339(int64_t *micros, struct mneme_str text) {
    return parse(micros, text, true);
}

bool mneme_clock_parse_written(int64_t *micros, struct mneme_str text) {
    return parse(micros, text, false);
}
