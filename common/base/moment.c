/*
 * Times as people write them. Words and durations are relative to a time that the caller passes, so that all
 * parts of a call agree on the current time.
 */
#include "common/base/moment.h"

#include <strings.h>

#include "common/base/clock.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)
#define MAX_DURATION (INT64_C(36525) * DAY) /* 100 years */
#define MOST_SHOWN 100                      /* bytes of a wrong text in a message */

/* From the largest to the smallest. */
static const struct {
    char letter;
    int64_t micros;
} units[] = {{'w', 7 * DAY}, {'d', DAY}, {'h', 3600 * SECOND}, {'m', 60 * SECOND}, {'s', SECOND}};
#define UNIT_COUNT (sizeof units / sizeof *units)

/* The days that have a name, from the beginning of today. */
static const struct {
    const char *word;
    int64_t days;
} days[] = {{"today", 0}, {"yesterday", -1}, {"tomorrow", 1}};

const char *mneme_moment_forms(enum mneme_moment_side side) {
    return side == MNEME_MOMENT_AGO
               ? "7d (ago), yesterday, 2026-11-30, 2026-11-30T12:00 or RFC 3339 (without a zone: UTC)"
               : "7d (from now), tomorrow, 2026-11-30, 2026-11-30T12:00 or RFC 3339 (without a zone: UTC)";
}

bool mneme_duration_parse(int64_t *micros, struct mneme_str text) {
    int64_t total = 0;
    size_t unit = 0;
    size_t at = 0;
    while (at < text.len) {
        int64_t count = 0;
        size_t digits_at = at;
        for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
            count = count * 10 + (text.data[at] - '0');
            if (count > MAX_DURATION / SECOND) {
                return false;
            }
        }
        while (unit < UNIT_COUNT && at < text.len && units[unit].letter != text.data[at]) {
            unit++;
        }
        if (at == digits_at || at == text.len || unit == UNIT_COUNT ||
            count > (MAX_DURATION - total) / units[unit].micros) {
            return false;
        }
        total += count * units[unit++].micros;
        at++;
    }
    if (text.len == 0) {
        return false;
    }
    *micros = total;
    return true;
}

static bool is_word(struct mneme_str text, const char *word) {
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static bool parse_word(int64_t *micros, struct mneme_str text, int64_t now) {
    if (is_word(text, "now")) {
        *micros = now;
        return true;
    }
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        if (is_word(text, days[i].word)) {
            int64_t time_of_day = (now % DAY + DAY) % DAY;
            *micros = now - time_of_day + days[i].days * DAY;
            return true;
        }
    }
    return false;
}

bool mneme_moment_parse(int64_t *micros, struct mneme_str text, int64_t now_micros,
                        enum mneme_moment_side side) {
    int64_t moment;
    int64_t duration;
    if (text.data == NULL) {
        return false;
    }
    if (mneme_duration_parse(&duration, text)) {
        moment = side == MNEME_MOMENT_AGO ? now_micros - duration : now_micros + duration;
    } else if (!parse_word(&moment, text, now_micros) && !mneme_clock_parse_written(&moment, text)) {
        return false;
    }
    if (moment < MNEME_MIN_MICROS || moment > MNEME_MAX_MICROS) {
        return false;
    }
    *micros = moment;
    return true;
}

static struct mneme_str shown(struct mneme_str text) {
    return (struct mneme_str){text.data, text.len < MOST_SHOWN ? text.len : MOST_SHOWN};
}

int mneme_moment_read(int64_t *micros, struct mneme_str text, enum mneme_moment_side side, const char *what,
                      struct mneme_error *error) {
    return mneme_moment_parse(micros, text, mneme_clock_now_micros(), side)
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_USAGE, "%s was not taken: '%.*s' is not a time; give %s",
                                 what, MNEME_STR_ARG(shown(text)), mneme_moment_forms(side));
}

int mneme_duration_read(int64_t *micros, struct mneme_str text, const char *what, struct mneme_error *error) {
    return mneme_duration_parse(micros, text)
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_USAGE,
                                 "%s was not taken: '%.*s' is not a duration; give " MNEME_DURATION_FORMS,
                                 what, MNEME_STR_ARG(shown(text)));
}
