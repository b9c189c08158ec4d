/*
 * The words of a question about time, and the classes of them that forms are made of: numbers, days, months,
 * units. Shared by the files of times.
 */
#ifndef MNEME_QUERIES_TIMES_WORDS_H
#define MNEME_QUERIES_TIMES_WORDS_H

#include "common/base/types.h"

#define MNEME_TIME_SECOND INT64_C(1000000) /* microseconds */
#define MNEME_TIME_DAY (86400 * MNEME_TIME_SECOND)

#define MNEME_TIME_MAX_WORDS 256 /* further words are not read */
struct mneme_time_words {
    struct mneme_str items[MNEME_TIME_MAX_WORDS]; /* runs of letters and digits, in their original case */
    size_t count;
};

void mneme_time_words_read(struct mneme_time_words *words, struct mneme_str text);

/* Null after the last word. */
struct mneme_str mneme_time_word_at(const struct mneme_time_words *words, size_t at);

/* Whether the word equals `lower_case`, ignoring the word's case. */
bool mneme_time_is_word(struct mneme_str word, struct mneme_str lower_case);

/* A unit of time that is used with "ago" or "last". */
struct mneme_time_unit {
    const char *name;
    int months;     /* months that it consists of, or else */
    int64_t micros; /* how long it is */
    bool is_period; /* "last ..." means a calendar period */
};

/* What the classes of a form have read. */
struct mneme_time_read {
    int number, day, month, year;
    int season;  /* the month in which it begins */
    int weekday; /* from Monday, 0 */
    const struct mneme_time_unit *unit;
};

/* Reads words of the class with that name ("<n>", "<day>", "<8>", "<month>", "<May>", "<year>", "<season>",
 * "<weekday>", "<unit>", "<period>", "<iso>"), and returns how many there are from `at` on; 0 when they are
 * not of the class. *is_class is false when there is no such class. */
size_t mneme_time_read_class(struct mneme_time_read *out, bool *is_class,
                             const struct mneme_time_words *words, size_t at, struct mneme_str name);

#endif
