/*
 * The time that a question names: each form of the table, and the edges of the calendar.
 */
#include <criterion/criterion.h>

#include "common/base/clock.h"
#include "queries/ranking/times.h"

#define S(text) mneme_str_from(text)

/* Asked on a Wednesday, unless a case says when. */
#define ASKED "2026-05-13T15:30:00Z"

struct form {
    const char *question, *first, *last; /* days; both included. NULL: no time is named */
    const char *asked;                   /* NULL: ASKED */
};

static int64_t micros(const char *text) {
    int64_t value = 0;
    cr_assert(mneme_clock_parse_rfc3339(&value, S(text)), "%s", text);
    return value;
}

static void check(const struct form *forms, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct form *form = &forms[i];
        int64_t now = micros(form->asked == NULL ? ASKED : form->asked);
        char first[MNEME_RFC3339_BYTES];
        char last[MNEME_RFC3339_BYTES];
        struct mneme_time_span found = mneme_question_time(S(form->question), now);
        cr_assert_eq(found.is_set, form->first != NULL, "%s", form->question);
        if (found.is_set) {
            mneme_clock_format_rfc3339(found.first, first);
            mneme_clock_format_rfc3339(found.last, last);
            cr_expect(strncmp(first, form->first, 10) == 0, "%s: from %s, not %s", form->question, first,
                      form->first);
            cr_expect(strncmp(last, form->last, 10) == 0, "%s: to %s, not %s", form->question, last,
                      form->last);
        }
    }
}

#define CHECK(forms) check((forms), sizeof(forms) / sizeof *(forms))

Test(question_times, dates_by_their_names) {
    static const struct form forms[] = {
        {"What happened on 8 May 2023?", "2023-05-08", "2023-05-08", NULL},
        {"on May 8th, 2023 in Paris", "2023-05-08", "2023-05-08", NULL},
        {"the 21st of June 2022", "2022-06-21", "2022-06-21", NULL},
        {"the twenty-first of June, 2022", "2022-06-21", "2022-06-21", NULL},
        {"in December 2021", "2021-12-01", "2021-12-31", NULL},
        {"Feb of 2024", "2024-02-01", "2024-02-29", NULL},
        {"before 2023-05-08?", "2023-05-08", "2023-05-08", NULL},
        {"29 February 2024", "2024-02-29", "2024-02-29", NULL},
        {"in 2023", "2023-01-01", "2023-12-31", NULL},
        {"the year 2019", "2019-01-01", "2019-12-31", NULL},
        {"since 2024", "2024-01-01", "2026-05-13", NULL},
        {"on 3 March", "2026-03-03", "2026-03-03", NULL},
        {"on the third of June", "2025-06-03", "2025-06-03", NULL},
        {"on March the third", "2026-03-03", "2026-03-03", NULL},
        {"What did I eat on May 13?", "2026-05-13", "2026-05-13", NULL},
        {"What did I eat on May 14?", "2025-05-14", "2025-05-14", NULL},
        {"29 February", "2024-02-29", "2024-02-29", NULL},
        {"29 February", "1896-02-29", "1896-02-29", "1904-02-28T00:00:00Z"},
    };
    CHECK(forms);
}

Test(question_times, what_is_no_time) {
    static const struct form forms[] = {
        {"31 February 2023", NULL, NULL, NULL},
        {"30 February", NULL, NULL, NULL},
        {"2023-13-01", NULL, NULL, NULL},
        {"2023-02-30", NULL, NULL, NULL},
        {"May I have tea?", NULL, NULL, NULL},
        {"They march on", NULL, NULL, NULL},
        {"Who may fall in the spring of water", "2026-03-01", "2026-05-31", NULL},
        {"Where did he fall?", NULL, NULL, NULL},
        {"What do we do every Tuesday?", NULL, NULL, NULL},
        {"The last one left", NULL, NULL, NULL},
        {"two months", NULL, NULL, NULL},
        {"ago", NULL, NULL, NULL},
        {"7", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
    };
    CHECK(forms);
}

Test(question_times, days_beside_today) {
    static const struct form forms[] = {
        {"today", "2026-05-13", "2026-05-13", NULL},
        {"this morning", "2026-05-13", "2026-05-13", NULL},
        {"What's tonight?", "2026-05-13", "2026-05-13", NULL},
        {"YESTERDAY", "2026-05-12", "2026-05-12", NULL},
        {"last night", "2026-05-12", "2026-05-12", NULL},
        {"the day before yesterday", "2026-05-11", "2026-05-11", NULL},
        {"yesterday", "2024-02-29", "2024-02-29", "2024-03-01T00:00:00Z"},
        {"yesterday", "2025-12-31", "2025-12-31", "2026-01-01T23:59:59Z"},
        {"the day before yesterday", "2023-02-27", "2023-02-27", "2023-03-01T12:00:00Z"},
        {"since yesterday", "2026-05-12", "2026-05-13", NULL},
    };
    CHECK(forms);
}

Test(question_times, so_long_ago) {
    static const struct form forms[] = {
        {"three days ago", "2026-05-10", "2026-05-10", NULL},
        {"3 days ago", "2026-05-10", "2026-05-10", NULL},
        {"a couple of days ago", "2026-05-11", "2026-05-11", NULL},
        {"a few nights ago", "2026-05-10", "2026-05-10", NULL},
        {"twenty-one days ago", "2026-04-22", "2026-04-22", NULL},
        {"thirty days back", "2026-04-13", "2026-04-13", NULL},
        {"an hour ago", "2026-05-13", "2026-05-13", NULL},
        {"one week ago", "2026-05-03", "2026-05-10", NULL},
        {"a fortnight ago", "2026-04-22", "2026-05-06", NULL},
        {"two months ago", "2026-02-26", "2026-03-28", NULL},
        {"half a year ago", "2025-10-29", "2025-11-28", NULL},
        {"a year ago", "2024-11-14", "2025-11-09", NULL},
        {"two years ago today", "2023-11-15", "2024-11-09", NULL},
        {"this time last year", "2024-11-14", "2025-11-09", NULL},
        {"1 month ago", "2026-02-13", "2026-03-15", "2026-03-31T12:00:00Z"},
        {"1 month ago", "2024-02-14", "2024-03-15", "2024-03-31T12:00:00Z"},
        {"a year ago", "2022-09-01", "2023-08-27", "2024-02-29T12:00:00Z"},
        {"9999 years ago", "0001-01-01", "0001-06-29", NULL},
        {"9999 decades ago", "0001-01-01", "0005-12-05", NULL},
    };
    CHECK(forms);
}

Test(question_times, weeks_months_and_years_of_the_calendar) {
    static const struct form forms[] = {
        {"last week", "2026-05-04", "2026-05-10", NULL},
        {"this week", "2026-05-11", "2026-05-17", NULL},
        {"the week before last", "2026-04-27", "2026-05-03", NULL},
        {"last weekend", "2026-05-09", "2026-05-10", NULL},
        {"this weekend", "2026-05-16", "2026-05-17", NULL},
        {"at the weekend", "2026-05-09", "2026-05-10", NULL},
        {"over the weekend", "2026-05-09", "2026-05-10", "2026-05-10T09:00:00Z"},
        {"last month", "2026-04-01", "2026-04-30", NULL},
        {"this month", "2026-05-01", "2026-05-31", NULL},
        {"the month before last", "2026-03-01", "2026-03-31", NULL},
        {"last quarter", "2026-01-01", "2026-03-31", NULL},
        {"last year", "2025-01-01", "2025-12-31", NULL},
        {"last year's trip", "2025-01-01", "2025-12-31", NULL},
        {"earlier this year", "2026-01-01", "2026-12-31", NULL},
        {"the year before last", "2024-01-01", "2024-12-31", NULL},
        {"last decade", "2010-01-01", "2019-12-31", NULL},
        {"last month", "2025-12-01", "2025-12-31", "2026-01-31T00:00:00Z"},
        {"last month", "2024-02-01", "2024-02-29", "2024-03-31T00:00:00Z"},
        {"last week", "2025-12-22", "2025-12-28", "2026-01-04T23:00:00Z"},
        {"last week", "2025-12-29", "2026-01-04", "2026-01-05T00:00:00Z"},
        {"in the last two weeks", "2026-04-29", "2026-05-13", NULL},
        {"over the past 3 months", "2026-02-13", "2026-05-13", NULL},
        {"in the last month", "2026-04-13", "2026-05-13", NULL},
        {"the past year", "2025-05-13", "2026-05-13", NULL},
        {"in the last week of school", "2026-05-04", "2026-05-10", NULL},
        {"since last month", "2026-04-01", "2026-05-13", NULL},
    };
    CHECK(forms);
}

Test(question_times, weekdays) {
    static const struct form forms[] = {
        {"on Tuesday", "2026-05-12", "2026-05-12", NULL},
        {"What did we decide Monday?", "2026-05-11", "2026-05-11", NULL},
        {"last Friday", "2026-05-08", "2026-05-08", NULL},
        {"on Wednesday", "2026-05-06", "2026-05-06", NULL},
        {"on Sunday", "2026-05-10", "2026-05-10", NULL},
        {"this Friday", "2026-05-15", "2026-05-15", NULL},
        {"on Tuesday of last week", "2026-05-05", "2026-05-05", NULL},
        {"Friday last week", "2026-05-08", "2026-05-08", NULL},
        {"on Thursday", "2024-02-29", "2024-02-29", "2024-03-01T01:00:00Z"},
        {"every Monday and last Friday", "2026-05-08", "2026-05-08", NULL},
    };
    CHECK(forms);
}

Test(question_times, months_and_seasons_without_a_year) {
    static const struct form forms[] = {
        {"in March", "2026-03-01", "2026-03-31", NULL},
        {"in May", "2026-05-01", "2026-05-31", NULL},
        {"in June", "2025-06-01", "2025-06-30", NULL},
        {"in February", "2024-02-01", "2024-02-29", "2024-12-31T00:00:00Z"},
        {"last May", "2025-05-01", "2025-05-31", NULL},
        {"last March", "2026-03-01", "2026-03-31", NULL},
        {"this June", "2026-06-01", "2026-06-30", NULL},
        {"March last year", "2025-03-01", "2025-03-31", NULL},
        {"since April", "2026-04-01", "2026-05-13", NULL},
        {"in spring", "2026-03-01", "2026-05-31", NULL},
        {"in the summer", "2025-06-01", "2025-08-31", NULL},
        {"this summer", "2026-06-01", "2026-08-31", NULL},
        {"last summer", "2025-06-01", "2025-08-31", NULL},
        {"last spring", "2025-03-01", "2025-05-31", NULL},
        {"in the fall", "2025-09-01", "2025-11-30", NULL},
        {"last winter", "2025-12-01", "2026-02-28", NULL},
        {"this winter", "2025-12-01", "2026-02-28", "2026-02-01T00:00:00Z"},
        {"this winter", "2026-12-01", "2027-02-28", NULL},
        {"last winter", "2023-12-01", "2024-02-29", "2024-03-01T00:00:00Z"},
        {"last winter", "2022-12-01", "2023-02-28", "2024-02-29T23:59:59Z"},
        {"the spring of 2024", "2024-03-01", "2024-05-31", NULL},
        {"winter 2023", "2023-12-01", "2024-02-29", NULL},
        {"summer of last year", "2025-06-01", "2025-08-31", NULL},
        {"this past autumn", "2025-09-01", "2025-11-30", NULL},
    };
    CHECK(forms);
}

Test(question_times, the_words_are_told) {
    struct mneme_str question = MNEME_STR_LIT("What did we eat two months ago, Ada?");
    struct mneme_time_span found = mneme_question_time(question, micros(ASKED));
    cr_assert(mneme_str_equal(found.words, MNEME_STR_LIT("two months ago")), "%.*s",
              MNEME_STR_ARG(found.words));
}

Test(question_times, any_moment_can_be_asked_from) {
    static const int64_t moments[] = {INT64_MIN, MNEME_MIN_MICROS, -1, 0, MNEME_MAX_MICROS, INT64_MAX};
    static const char *const questions[] = {"last year", "a decade ago", "last winter",
                                            "on Monday", "29 February",  "the past 9999 weeks"};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        for (size_t k = 0; k < sizeof questions / sizeof *questions; k++) {
            struct mneme_time_span found = mneme_question_time(S(questions[k]), moments[i]);
            cr_assert(!found.is_set || (found.first >= MNEME_MIN_MICROS && found.last <= MNEME_MAX_MICROS));
        }
    }
}

Test(question_times, days_beside_a_span) {
    struct mneme_time_span span = mneme_question_time(MNEME_STR_LIT("8 May 2023"), 0);
    cr_assert_float_eq(mneme_time_days_beside(&span, micros("2023-05-08T00:00:00Z")), 0, 1e-9);
    cr_assert_float_eq(mneme_time_days_beside(&span, micros("2023-05-08T23:59:59Z")), 0, 1e-9);
    cr_assert_float_eq(mneme_time_days_beside(&span, micros("2023-05-06T00:00:00Z")), 2, 1e-9);
    cr_assert_float_eq(mneme_time_days_beside(&span, micros("2023-05-12T00:00:00Z")), 3, 1e-9);
}
