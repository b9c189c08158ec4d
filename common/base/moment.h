/*
 * Times and durations as people write them: one parser for every place that takes one.
 */
#ifndef MNEME_COMMON_BASE_MOMENT_H
#define MNEME_COMMON_BASE_MOMENT_H

#include "common/base/error.h"
#include "common/base/types.h"

/* On which side of now a bare duration lies. */
enum mneme_moment_side {
    MNEME_MOMENT_AGO,      /* --since 7d: seven days ago */
    MNEME_MOMENT_FROM_NOW, /* --expires-at 7d: in seven days */
};

/* Forms that a sentence or a help text names. A time without a zone is in UTC. */
#define MNEME_DURATION_FORMS "a number and a unit (s, m, h, d or w) such as 30d or 1h30m"
const char *mneme_moment_forms(enum mneme_moment_side side);

/*
 * Sets *micros to the moment that the text names: a duration such as 7d or 1h30m, counted from now_micros to
 * the side; now; today, yesterday, tomorrow (their beginning in UTC); 2026-11-30; 2026-11-30T12:00; or RFC
 * 3339, in which T, Z and the seconds may be written as anyone writes them (mneme_clock_parse_written).
 * False, and *micros as it was, for anything else and for what lies outside
 * MNEME_MIN_MICROS..MNEME_MAX_MICROS.
 */
bool mneme_moment_parse(int64_t *micros, struct mneme_str text, int64_t now_micros,
                        enum mneme_moment_side side);

/* "30d", "1h30m": units from the largest to the smallest, each once; at most 100 years. */
bool mneme_duration_parse(int64_t *micros, struct mneme_str text);

/* The same with a sentence: MNEME_E_USAGE, "<what> was not taken: '<text>' is not a time; give …". Now is the
 * wall clock's. */
int mneme_moment_read(int64_t *micros, struct mneme_str text, enum mneme_moment_side side, const char *what,
                      struct mneme_error *error);
int mneme_duration_read(int64_t *micros, struct mneme_str text, const char *what, struct mneme_error *error);

#endif
