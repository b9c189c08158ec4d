/*
 * One table of forms, tried at each word of the question in turn. A form is a row of elements: a word or
 * alternatives ("in|during"), a class of words ("<month>"), "?" after what may be missing, "!" before a word
 * that must not follow. The values that the classes have read go to the row's function, which makes the span.
 */
#include "queries/ranking/times.h"

#include "queries/ranking/times_spans.h"

/* --- forms --- */

/* Of two forms that match at the same word, the first in the table is taken. A form without a function is not
 * a time. */
static const struct {
    const char *form;
    mneme_time_maker *make;
    int which;
} forms[] = {
    {"<iso>", mneme_time_date, 0},
    {"<day> of? <month> of? <year>", mneme_time_date, 0},
    {"<month> the? <day> of? <year>", mneme_time_date, 0},
    {"<month> of? <year>", mneme_time_month, 0},
    {"<month> of? last year", mneme_time_month_of_year_beside, -1},
    {"<month> of? this year", mneme_time_month_of_year_beside, 0},
    {"<day> of <month>", mneme_time_date_without_year, 0},
    {"<8> <month>", mneme_time_date_without_year, 0},
    {"<May> the? <8>", mneme_time_date_without_year, 0},
    {"on <month> the? <day>", mneme_time_date_without_year, 0},
    {"last|past <month>", mneme_time_latest_month, MNEME_TIME_OVER},
    {"this <month>", mneme_time_month_of_year_beside, 0},
    {"in|during|since|until|by|from|of|around|early|mid|late <month>", mneme_time_latest_month,
     MNEME_TIME_BEGUN},

    {"<season> of? <year>", mneme_time_season, 0},
    {"<season> of? last year", mneme_time_season_of_year_beside, -1},
    {"<season> of? this year", mneme_time_season_of_year_beside, 0},
    {"last|past <season>", mneme_time_latest_season, MNEME_TIME_OVER},
    {"this past <season>", mneme_time_latest_season, MNEME_TIME_OVER},
    {"this <season>", mneme_time_this_season, 0},
    {"in|during|since|until|over|early|mid|late the? <season>", mneme_time_latest_season, MNEME_TIME_BEGUN},

    {"<weekday> of? last week", mneme_time_weekday_beside, -1},
    {"<weekday> of? this week", mneme_time_weekday_beside, 0},
    {"this <weekday>", mneme_time_weekday_beside, 0},
    {"last|past|on <weekday>", mneme_time_latest_weekday, 0},
    {"every|each|any <weekday>", NULL, 0},
    {"<weekday>", mneme_time_latest_weekday, 0},

    {"the? day before yesterday", mneme_time_day_beside, -2},
    {"yesterday", mneme_time_day_beside, -1},
    {"last night|evening", mneme_time_day_beside, -1},
    {"this morning|afternoon|evening", mneme_time_day_beside, 0},
    {"today|tonight", mneme_time_day_beside, 0},

    {"this time last <period>", mneme_time_ago, 1},
    {"half a year ago", mneme_time_half_a_year_ago, 6},
    {"<n> <unit> ago|back|earlier", mneme_time_ago, 0},
    {"last|past|previous <n> <unit>", mneme_time_until_now, 0},
    {"in|over|within|during|for the last <period> !of", mneme_time_until_now, 1},
    {"the past <period>", mneme_time_until_now, 1},
    {"<period> before last", mneme_time_period_beside, -2},
    {"last|previous <period>", mneme_time_period_beside, -1},
    {"this <period>", mneme_time_period_beside, 0},
    {"on|at|over|during the weekend", mneme_time_latest_weekend, 2},

    {"in|during|since|of|year <year>", mneme_time_year, 0},
};

#define FORMS (sizeof forms / sizeof *forms)

/* --- matching --- */

/* The next element of a form and its parts. */
struct element {
    struct mneme_str text;
    bool is_optional, is_forbidden;
};

static struct element next_element(const char **form) {
    const char *from = *form + strspn(*form, " ");
    size_t len = strcspn(from, " ");
    *form = from + len;
    struct element element = {.text = {from, len}};
    if (len > 0 && from[len - 1] == '?') {
        element.is_optional = true;
        element.text.len--;
    }
    if (len > 0 && *from == '!') {
        element.is_forbidden = true;
        element.text = (struct mneme_str){from + 1, len - 1};
    }
    return element;
}

/* How many words the element matches; 0 when it does not match. */
static size_t match_element(struct mneme_time_read *read, const struct mneme_time_words *words, size_t at,
                            struct mneme_str text) {
    bool is_class;
    size_t taken = mneme_time_read_class(read, &is_class, words, at, text);
    if (is_class) {
        return taken;
    }
    for (const char *from = text.data, *end = text.data + text.len; from < end;) {
        const char *bar = memchr(from, '|', (size_t)(end - from));
        const char *stop = bar == NULL ? end : bar;
        if (mneme_time_is_word(mneme_time_word_at(words, at),
                               (struct mneme_str){from, (size_t)(stop - from)})) {
            return 1;
        }
        from = stop + 1;
    }
    return 0;
}

/* Where the form ends if it matches at `at`, else 0. No optional element may begin like what follows it. */
static size_t match_form(struct mneme_time_read *read, const struct mneme_time_words *words, size_t at,
                         const char *form) {
    for (struct element element; (element = next_element(&form)).text.len > 0;) {
        size_t taken = match_element(read, words, at, element.text);
        if (element.is_forbidden ? taken > 0 : taken == 0 && !element.is_optional) {
            return 0;
        }
        at += element.is_forbidden ? 0 : taken;
    }
    return at;
}

static struct mneme_str words_between(const struct mneme_time_words *words, size_t from, size_t end) {
    const char *begin = words->items[from].data;
    const struct mneme_str *last = &words->items[end - 1];
    return (struct mneme_str){begin, (size_t)(last->data + last->len - begin)};
}

/* The number of the first form that matches at this word, and where it ends; the number of forms if none
 * matches. */
static size_t find_form(struct mneme_time_read *read, size_t *end, const struct mneme_time_words *words,
                        size_t at) {
    size_t i = 0;
    for (; i < FORMS; i++) {
        *read = (struct mneme_time_read){0};
        *end = match_form(read, words, at, forms[i].form);
        if (*end > 0) {
            break;
        }
    }
    return i;
}

/* Where a form matches. */
struct place {
    size_t form, at, end;
    struct mneme_time_read read;
};

/* The first match from this word on; false when there is none. */
static bool find_place(struct place *out, const struct mneme_time_words *words, size_t from, size_t end) {
    for (size_t at = from; at < end; at++) {
        *out = (struct place){.at = at};
        out->form = find_form(&out->read, &out->end, words, at);
        if (out->form < FORMS) {
            return true;
        }
    }
    return false;
}

static bool is_since(const struct mneme_time_words *words, size_t at) {
    return mneme_time_is_word(words->items[at], MNEME_STR_LIT("since")) ||
           (at > 0 && mneme_time_is_word(words->items[at - 1], MNEME_STR_LIT("since")));
}

struct mneme_time_span mneme_question_time(struct mneme_str question, int64_t now) {
    struct mneme_time_words words;
    struct place place;
    struct place other;
    struct mneme_question_moment moment = mneme_question_moment_of(now);
    mneme_time_words_read(&words, question);
    for (size_t from = 0; find_place(&place, &words, from, words.count); from = place.end) {
        /* "in the spring" is less specific than the "spring of 2024" that begins within it. */
        while (find_place(&other, &words, place.at + 1, place.end) && other.end > place.end) {
            place = other;
        }
        struct mneme_time_span found = {0};
        if (forms[place.form].make != NULL) {
            found = forms[place.form].make(&place.read, &moment, forms[place.form].which);
        }
        if (found.is_set) {
            found.last = is_since(&words, place.at) && found.last < moment.now ? moment.now : found.last;
            found.words = words_between(&words, place.at, place.end);
            return found;
        }
    }
    return (struct mneme_time_span){0};
}
