/*
 * Time: microseconds since 1970 in UTC for stored times, a monotonic clock for bounds and durations.
 */
#ifndef MNEME_COMMON_BASE_CLOCK_H
#define MNEME_COMMON_BASE_CLOCK_H

#include "common/base/types.h"

int64_t mneme_clock_now_micros(void);       /* wall clock */
int64_t mneme_clock_monotonic_micros(void); /* never steps; only differences are meaningful */
int64_t mneme_clock_boot_micros(void);      /* the same, but also runs while the machine sleeps */

/* Waits this long; a signal ends the wait early. */
void mneme_clock_pause(int64_t micros);

/* 0001-01-01 to 9999-12-31: what RFC 3339 and every sink can express. */
#define MNEME_MIN_MICROS INT64_C(-62135596800000000)
#define MNEME_MAX_MICROS INT64_C(253402300799999999)

#define MNEME_RFC3339_BYTES 28 /* "2026-01-02T03:04:05.678901Z" and a NUL */

/* "YYYY-MM-DDTHH:MM:SS.ffffffZ"; `micros` must be in MNEME_MIN_MICROS..MNEME_MAX_MICROS. */
void mneme_clock_format_rfc3339(int64_t micros, char text[MNEME_RFC3339_BYTES]);

/* Accepts RFC 3339 with T or a space, any offset or none (UTC), 0 to 9 fractional digits, and a bare date. */
bool mneme_clock_parse_rfc3339(int64_t *micros, struct mneme_str text);

/* The same, and also a time without seconds, as people write it: 2026-01-02T03:04, with or without an offset.
 */
bool mneme_clock_parse_written(int64_t *micros, struct mneme_str text);

#endif
