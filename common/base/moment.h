/*
 * Times and durations as people write them: one parser for every place that takes one.
 */
#ifndef MNEME_COMMON_BASE_MOMENT_H
#define MNEME_COMMON_BASE_MOMENT_H

#include "common/base/error.h"
#include "common/base/types.h"

/* Whether a bare duration means the past or the future. */
enum mneme_moment_side {
    MNEME_MOMENT_AGO,      /* --since 7d: seven days ago */
    MNEME_MOMENT_FROM_NOW, /* --expires-at 7d: in seven days */
};

/* Accepted forms, for messages and help texts. A time without a zone is in UTC. */
#define MNEME_DURATION_FORMS "a number and a unit (s, m, h, d or w) such as 30d or 1h30m"
const char *mneme_moment_forms(enum mneme_moment_side side);

/*
 * Sets *micros to the moment that the text names: a duration such as 7d or 1h30m, before or after now_micros;
 * now; today, yesterday, tomorrow (their beginning in UTC); 2026-11-30; 2026-11-30T12:00; or RFC 3339 in any
 * common notation (mneme_clock_parse_written). False, with *micros unchanged, for anything else and for times
 * outside MNEME_MIN_MICROS..MNEME_MAX_MICROS.
 */
bool mneme_moment_parse(int64_t *micros, struct mneme_str text, int64_t now_micros,
                        enum mneme_moment_side side);

/* "30d", "1h30m": units from the largest to the smallest, each once; at most 100 years. */
bool mneme_duration_parse(int64_t *micros, struct mneme_str text);

/* The same with an error message: MNEME_E_USAGE, "<what> was not taken: '<text>' is not a time; give …". The
 * current time is that of the wall clock. */
int mneme_moment_read(int64_t *micros, struct mneme_str text, enum mneme_moment_side side, const char *what,
                      struct mneme_error *error);
int mneme_duration_read(int64_t *micros, struct mneme_str text, const char *what, struct mneme_error *error);

#endif
