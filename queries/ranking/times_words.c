/*
 * Tables of names, and a reader for each word class.
 */
#include "queries/ranking/times_words.h"

/* --- words --- */

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           ((unsigned char)c & 0x80U) != 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void mneme_time_words_read(struct mneme_time_words *words, struct mneme_str text) {
    words->count = 0;
    for (size_t at = 0; at < text.len && words->count < MNEME_TIME_MAX_WORDS;) {
        size_t from = at;
        while (at < text.len && is_word_byte(text.data[at])) {
            at++;
        }
        if (at > from) {
            words->items[words->count++] = (struct mneme_str){text.data + from, at - from};
        } else {
            at++;
        }
    }
}

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool mneme_time_is_word(struct mneme_str word, struct mneme_str lower_case) {
    size_t same = 0;
    while (same < word.len && same < lower_case.len && lower(word.data[same]) == lower_case.data[same]) {
        same++;
    }
    return same == word.len && same == lower_case.len;
}

struct mneme_str mneme_time_word_at(const struct mneme_time_words *words, size_t at) {
    return at < words->count ? words->items[at] : MNEME_STR_NULL;
}

/* How many words of the phrase match at `at`: all, or 0. */
static size_t match_phrase(const struct mneme_time_words *words, size_t at, const char *phrase) {
    struct mneme_time_words wanted;
    mneme_time_words_read(&wanted, mneme_str_from(phrase));
    for (size_t i = 0; i < wanted.count; i++) {
        if (!mneme_time_is_word(mneme_time_word_at(words, at + i), wanted.items[i])) {
            return 0;
        }
    }
    return wanted.count;
}

/* --- what words stand for --- */

struct named {
    const char *name;
    int value;
};

static const struct named month_names[] = {
    {"january", 1}, {"february", 2}, {"march", 3},     {"april", 4},    {"may", 5},       {"june", 6},
    {"july", 7},    {"august", 8},   {"september", 9}, {"october", 10}, {"november", 11}, {"december", 12},
    {"jan", 1},     {"feb", 2},      {"mar", 3},       {"apr", 4},      {"jun", 6},       {"jul", 7},
    {"aug", 8},     {"sep", 9},      {"sept", 9},      {"oct", 10},     {"nov", 11},      {"dec", 12},
};

static const struct named weekday_names[] = {
    {"monday", 0}, {"tuesday", 1},  {"wednesday", 2}, {"thursday", 3},
    {"friday", 4}, {"saturday", 5}, {"sunday", 6},
};

/* By the month in which they begin. */
static const struct named season_names[] = {
    {"spring", 3}, {"summer", 6}, {"autumn", 9}, {"fall", 9}, {"winter", 12},
};

static const struct named numbers[] = {
    {"a couple of", 2}, {"a couple", 2},     {"couple of", 2}, {"a few", 3},     {"few", 3},
    {"several", 4},     {"half a dozen", 6}, {"a dozen", 12},  {"an", 1},        {"a", 1},
    {"one", 1},         {"two", 2},          {"three", 3},     {"four", 4},      {"five", 5},
    {"six", 6},         {"seven", 7},        {"eight", 8},     {"nine", 9},      {"ten", 10},
    {"eleven", 11},     {"twelve", 12},      {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15},
    {"sixteen", 16},    {"seventeen", 17},   {"eighteen", 18}, {"nineteen", 19},
};

static const struct named tens[] = {
    {"twenty", 20}, {"thirty", 30},  {"forty", 40},  {"fifty", 50},
    {"sixty", 60},  {"seventy", 70}, {"eighty", 80}, {"ninety", 90},
};

static const struct named ordinals[] = {
    {"twenty first", 21}, {"twenty second", 22}, {"twenty third", 23},   {"twenty fourth", 24},
    {"twenty fifth", 25}, {"twenty sixth", 26},  {"twenty seventh", 27}, {"twenty eighth", 28},
    {"twenty ninth", 29}, {"thirty first", 31},  {"first", 1},           {"second", 2},
    {"third", 3},         {"fourth", 4},         {"fifth", 5},           {"sixth", 6},
    {"seventh", 7},       {"eighth", 8},         {"ninth", 9},           {"tenth", 10},
    {"eleventh", 11},     {"twelfth", 12},       {"thirteenth", 13},     {"fourteenth", 14},
    {"fifteenth", 15},    {"sixteenth", 16},     {"seventeenth", 17},    {"eighteenth", 18},
    {"nineteenth", 19},   {"twentieth", 20},     {"thirtieth", 30},
};

#define FIND(table, words, at, value) find((table), sizeof(table) / sizeof *(table), (words), (at), (value))
static size_t find(const struct named *table, size_t count, const struct mneme_time_words *words, size_t at,
                   int *value) {
    for (size_t i = 0; i < count; i++) {
        size_t length = match_phrase(words, at, table[i].name);
        if (length > 0) {
            *value = table[i].value;
            return length;
        }
    }
    return 0;
}

static const struct mneme_time_unit units[] = {
    {"minute", 0, 60 * MNEME_TIME_SECOND, false},
    {"hour", 0, 3600 * MNEME_TIME_SECOND, false},
    {"day", 0, MNEME_TIME_DAY, false},
    {"night", 0, MNEME_TIME_DAY, false},
    {"week", 0, 7 * MNEME_TIME_DAY, true},
    {"weekend", 0, 7 * MNEME_TIME_DAY, true},
    {"fortnight", 0, 14 * MNEME_TIME_DAY, true},
    {"month", 1, 0, true},
    {"quarter", 3, 0, true},
    {"year", 12, 0, true},
    {"decade", 120, 0, true},
};

/* --- classes --- */

/* Each returns how many words it has read, 0 if they are not of the class. */
typedef size_t class_reader(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at);

/* Reads at most four digits, and what follows them; -1 without digits. */
static int read_digits(struct mneme_str word, struct mneme_str *rest) {
    int value = 0;
    size_t digits = 0;
    while (digits < word.len && digits < 4 && is_digit(word.data[digits])) {
        value = value * 10 + (word.data[digits++] - '0');
    }
    *rest = (struct mneme_str){word.data + digits, word.len - digits};
    return digits > 0 ? value : -1;
}

static size_t read_number(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    struct mneme_str rest;
    int ones = 0;
    size_t taken = FIND(tens, words, at, &out->number);
    if (taken > 0) {
        size_t more = FIND(numbers, words, at + taken, &ones);
        bool is_compound =
            more == 1 && ones >= 1 && ones <= 9 && mneme_time_word_at(words, at + taken).len > 2;
        out->number += is_compound ? ones : 0;
        return taken + (is_compound ? more : 0);
    }
    taken = FIND(numbers, words, at, &out->number);
    if (taken == 0 && at < words->count) {
        out->number = read_digits(words->items[at], &rest);
        taken = out->number >= 0 && rest.len == 0 ? 1 : 0;
    }
    return taken;
}

/* Digits of a day, with or without an ordinal ending. */
static size_t read_digit_day(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    struct mneme_str rest;
    out->day = at < words->count ? read_digits(words->items[at], &rest) : -1;
    return out->day >= 1 && out->day <= 31 && (rest.len == 0 || (rest.len == 2 && !is_digit(rest.data[0])))
               ? 1
               : 0;
}

static size_t read_day(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    size_t taken = read_digit_day(out, words, at);
    return taken > 0 ? taken : FIND(ordinals, words, at, &out->day);
}

static size_t read_month(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    return FIND(month_names, words, at, &out->month);
}

/* With a capital, so that it is not a verb. */
static size_t read_capital_month(struct mneme_time_read *out, const struct mneme_time_words *words,
                                 size_t at) {
    struct mneme_str word = mneme_time_word_at(words, at);
    return word.len > 0 && word.data[0] >= 'A' && word.data[0] <= 'Z' ? read_month(out, words, at) : 0;
}

static size_t read_year(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    struct mneme_str rest;
    out->year = at < words->count ? read_digits(words->items[at], &rest) : -1;
    return out->year >= 1000 && rest.len == 0 ? 1 : 0;
}

static size_t read_season(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    return FIND(season_names, words, at, &out->season);
}

static size_t read_weekday(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    return FIND(weekday_names, words, at, &out->weekday);
}

static size_t read_unit(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    struct mneme_str word = mneme_time_word_at(words, at);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct mneme_str name = mneme_str_from(units[i].name);
        bool is_plural = word.len == name.len + 1 && lower(word.data[name.len]) == 's';
        if (mneme_time_is_word((struct mneme_str){word.data, word.len - (is_plural ? 1 : 0)}, name)) {
            out->unit = &units[i];
            return 1;
        }
    }
    return 0;
}

static size_t read_period(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    return read_unit(out, words, at) > 0 && out->unit->is_period ? 1 : 0;
}

/* "2023-05-08": three words that are one. */
static size_t read_iso(struct mneme_time_read *out, const struct mneme_time_words *words, size_t at) {
    struct mneme_time_read second = {0};
    struct mneme_str rest;
    struct mneme_str year = mneme_time_word_at(words, at);
    struct mneme_str month = mneme_time_word_at(words, at + 1);
    struct mneme_str day = mneme_time_word_at(words, at + 2);
    bool has_form = year.len == 4 && month.len == 2 && day.len == 2 && day.data + 2 == year.data + 10;
    if (!has_form || read_year(out, words, at) == 0 || read_digit_day(out, words, at + 2) == 0 ||
        read_number(&second, words, at + 1) == 0 || read_digits(month, &rest) < 1 || second.number > 12) {
        return 0;
    }
    out->month = second.number;
    return 3;
}

static const struct {
    const char *name;
    class_reader *read;
} classes[] = {
    {"<n>", read_number},      {"<day>", read_day},           {"<8>", read_digit_day},
    {"<month>", read_month},   {"<May>", read_capital_month}, {"<year>", read_year},
    {"<season>", read_season}, {"<weekday>", read_weekday},   {"<unit>", read_unit},
    {"<period>", read_period}, {"<iso>", read_iso},
};

size_t mneme_time_read_class(struct mneme_time_read *out, bool *is_class,
                             const struct mneme_time_words *words, size_t at, struct mneme_str name) {
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (mneme_str_equal(name, mneme_str_from(classes[i].name))) {
            *is_class = true;
            return classes[i].read(out, words, at);
        }
    }
    *is_class = false;
    return 0;
}
