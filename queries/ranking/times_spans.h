/*
 * Converts what a form has read to the span that it means at the moment of asking. Shared by the files of
 * times.
 */
#ifndef MNEME_QUERIES_TIMES_SPANS_H
#define MNEME_QUERIES_TIMES_SPANS_H

#include "queries/ranking/times.h"
#include "queries/ranking/times_words.h"

struct mneme_question_moment {
    int64_t now;
    int year, month, day; /* month and day from 1 */
    int weekday;          /* from Monday, 0 */
};

struct mneme_question_moment mneme_question_moment_of(int64_t micros);

/* `which` is the number in the form's row. The span is unset if there is no such day. */
typedef struct mneme_time_span mneme_time_maker(const struct mneme_time_read *read,
                                                const struct mneme_question_moment *at, int which);

/* `which` of mneme_time_latest_month and mneme_time_latest_season. */
enum mneme_time_latest { MNEME_TIME_BEGUN, MNEME_TIME_OVER };

/* The day that is `which` days from today. */
mneme_time_maker mneme_time_day_beside;
/* Around that time: half a unit to either side, a whole day for days. */
mneme_time_maker mneme_time_ago;
mneme_time_maker mneme_time_half_a_year_ago;
/* From a number of units ago until now; `which` of them if the question has no number. */
mneme_time_maker mneme_time_until_now;
/* The calendar period that is `which` periods from the current one. */
mneme_time_maker mneme_time_period_beside;
/* The latest weekend that has begun. */
mneme_time_maker mneme_time_latest_weekend;
/* The latest one before today. */
mneme_time_maker mneme_time_latest_weekday;
/* In the week that is `which` weeks from the current one. */
mneme_time_maker mneme_time_weekday_beside;
mneme_time_maker mneme_time_date;
/* The latest that has begun. */
mneme_time_maker mneme_time_date_without_year;
mneme_time_maker mneme_time_year;
mneme_time_maker mneme_time_month;
mneme_time_maker mneme_time_season;
mneme_time_maker mneme_time_month_of_year_beside;
mneme_time_maker mneme_time_season_of_year_beside;
mneme_time_maker mneme_time_latest_month;
mneme_time_maker mneme_time_latest_season;
/* The current season, or the season of this year. */
mneme_time_maker mneme_time_this_season;

#endif
