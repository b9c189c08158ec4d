/*
 * The time that an English question speaks of, by its words: a day, a month, a year, or one relative to the
 * moment at which it is asked ("two months ago", "last week", "on Tuesday", "in spring"). Unset if it names
 * none.
 *
 * Days begin at midnight in UTC, weeks on Monday; seasons are those of the northern hemisphere, winter from
 * December to February. A month, season, weekday or day without a year is the latest one that has begun.
 */
#ifndef MNEME_QUERIES_RANKING_TIMES_H
#define MNEME_QUERIES_RANKING_TIMES_H

#include "common/base/types.h"

struct mneme_time_span {
    bool is_set;
    int64_t first, last;    /* microseconds, both included */
    struct mneme_str words; /* the words in the question; they point into it */
};

/* The first time that the question names, asked at `now` (microseconds). Unset if it names none, or a day
 * that does not exist. */
struct mneme_time_span mneme_question_time(struct mneme_str question, int64_t now);

/* How far a moment is outside the span, in days; 0 within it. */
double mneme_time_days_beside(const struct mneme_time_span *within, int64_t micros);

#endif
