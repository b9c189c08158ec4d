/*
 * The common log of the group. For programs it passes on the members' entries unchanged, since each names its
 * projection. For people at a terminal it prints a line when an entry reports a change of state, and drops
 * other entries.
 */
#include <stdio.h>

#include "cli/work/group.h"
#include "common/base/clock.h"
#include "common/base/printable.h"
#include "common/json/read.h"

#define NAME_COLUMNS 9

/* --- entries of a member --- */

/* An entry read from JSON; slices are in the line or the arena. */
struct entry {
    struct mneme_str level, event, reason, advice, status;
    struct mneme_str numbers[3]; /* the values of `number_names`, as written; null: missing */
};

static const char *const number_names[] = {"partitions", "lag", "after_seconds"};
enum number { PARTITIONS, LAG, AFTER_SECONDS };

static void take_field(struct entry *entry, struct mneme_str key, struct mneme_str value,
                       struct mneme_arena *arena) {
    const struct {
        const char *name;
        struct mneme_str *text;
    } texts[] = {{"level", &entry->level},
                 {"event", &entry->event},
                 {"reason", &entry->reason},
                 {"advice", &entry->advice},
                 {"status", &entry->status}};
    bool is_string = mneme_json_kind_of(value) == MNEME_JSON_STRING;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (is_string && mneme_json_unquotes_to(key, mneme_str_from(texts[i].name))) {
            (void)mneme_json_unquote(texts[i].text, arena, value); /* out of memory: it stays null */
        }
    }
    for (size_t i = 0; i < sizeof number_names / sizeof *number_names; i++) {
        if (!is_string && mneme_json_unquotes_to(key, mneme_str_from(number_names[i]))) {
            entry->numbers[i] = value;
        }
    }
}

static bool read_entry(struct entry *entry, struct mneme_str line, struct mneme_arena *arena) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    struct mneme_str key;
    struct mneme_str value;
    *entry = (struct entry){.numbers = {MNEME_STR_NULL}};
    if (!mneme_json_check(line, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return false;
    }
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(line));
    while (mneme_json_next(&reader, &key, &value)) {
        take_field(entry, key, value, arena);
    }
    return entry->event.data != NULL;
}

/* --- lines for people --- */

static void put(const struct mneme_member *member, struct mneme_str text) {
    char time[MNEME_RFC3339_BYTES];
    struct mneme_buffer line = {0};
    mneme_clock_format_rfc3339(mneme_clock_now_micros(), time);
    mneme_printable(&line, text, false);
    fprintf(stderr, "%.8sZ  %-*s %.*s\n", time + strlen("2026-01-02T"), NAME_COLUMNS,
            member == NULL ? "mneme" : member->projection, MNEME_STR_ARG(mneme_buffer_str(&line)));
    mneme_buffer_clean_up(&line);
}

static void add_reason(struct mneme_buffer *out, struct mneme_str reason, struct mneme_str advice) {
    if (reason.len > 0) {
        mneme_buffer_printf(out, ": %.*s", MNEME_STR_ARG(reason));
    }
    if (advice.len > 0) {
        mneme_buffer_printf(out, "; %.*s", MNEME_STR_ARG(advice));
    }
}

/* The phrase for an entry at level info; entries that are not here are not changes of state. A number, if
 * there is one, comes after the phrase, then its unit. */
static const struct {
    const char *event;
    const char *phrase;
    int number; /* enum number, or -1 */
    const char *unit;
} phrases[] = {
    {"worker started", "started", -1, ""},
    {"partitions claimed", "working; partitions:", PARTITIONS, ""},
    {"worker goes on", "goes on after", AFTER_SECONDS, " s"},
    {"projection can be used again", "goes on after", AFTER_SECONDS, " s"},
    {"partitions could be claimed", "goes on after", AFTER_SECONDS, " s"},
    {"topic is there", "has its topic again after", AFTER_SECONDS, " s"},
    {"brokers answer again", "reaches the brokers again", -1, ""},
    {"the embedding endpoint answers again", "reaches the embedding endpoint again", -1, ""},
    {"schema is known", "knows the schema after", AFTER_SECONDS, " s"},
    {"worker ended", "stopped", -1, ""},
    {"progress", "is behind by", LAG, " events"},
};

/* Some entries repeat, or say what the group says itself when the process has ended. */
static bool is_news(struct mneme_member *member, const struct entry *entry) {
    int64_t count;
    if (mneme_str_equal(entry->event, MNEME_STR_LIT("progress"))) {
        return !mneme_str_equal(entry->numbers[LAG], MNEME_STR_LIT("0"));
    }
    if (mneme_str_equal(entry->event, MNEME_STR_LIT("worker ended"))) {
        return mneme_str_equal(entry->status, MNEME_STR_LIT("ok"));
    }
    if (!mneme_str_equal(entry->event, MNEME_STR_LIT("partitions claimed")) ||
        !mneme_json_to_long(&count, entry->numbers[PARTITIONS])) {
        return true;
    }
    bool is_news = count != member->partitions;
    member->partitions = count;
    return is_news;
}

static void say_state(struct mneme_member *member, const struct entry *entry) {
    struct mneme_buffer text = {0};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (!mneme_str_equal(entry->event, mneme_str_from(phrases[i].event))) {
            continue;
        }
        mneme_buffer_printf(&text, "%s", phrases[i].phrase);
        double number;
        if (phrases[i].number >= 0 && mneme_json_to_double(&number, entry->numbers[phrases[i].number])) {
            mneme_buffer_printf(&text, number == (double)(int64_t)number ? " %.0f%s" : " %.1f%s", number,
                                phrases[i].unit);
        }
    }
    if (text.len > 0 && is_news(member, entry)) {
        put(member, mneme_buffer_str(&text));
    }
    mneme_buffer_clean_up(&text);
}

static void say_entry(struct mneme_member *member, const struct entry *entry) {
    struct mneme_buffer text = {0};
    bool is_state = mneme_str_equal(entry->level, MNEME_STR_LIT("info")) ||
                    mneme_str_equal(entry->level, MNEME_STR_LIT("debug"));
    if (is_state) {
        say_state(member, entry);
        return;
    }
    mneme_buffer_append_str(&text, entry->event);
    add_reason(&text, entry->reason, entry->advice);
    put(member, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
}

/* --- both --- */

static bool begins_with(struct mneme_str line, const char *prefix) {
    size_t len = strlen(prefix);
    return line.len >= len && memcmp(line.data, prefix, len) == 0;
}

/* Whether the line is an entry of the log: logfmt, JSON, or text that begins with the time of day. */
static bool is_entry(struct mneme_str line) {
    return begins_with(line, "time=") || begins_with(line, "{\"time\":") ||
           (line.len > 9 && line.data[2] == ':' && line.data[5] == ':' && line.data[8] == 'Z');
}

void mneme_group_log_pass_on(const struct mneme_group_log *log, struct mneme_member *member,
                             struct mneme_str line) {
    static const char own_words[] = "mneme: ";
    struct mneme_arena arena;
    struct entry entry;
    if (begins_with(line, own_words)) { /* the group logs it when the process has ended */
        (void)snprintf(member->last_error, sizeof member->last_error, "%.*s",
                       (int)(line.len - strlen(own_words)), line.data + strlen(own_words));
        return;
    }
    if (!log->is_quiet && is_entry(line)) {
        (void)fprintf(stderr, "%.*s\n", MNEME_STR_ARG(line));
        return;
    }
    mneme_arena_init(&arena, 0);
    if (log->is_quiet && read_entry(&entry, line, &arena)) {
        say_entry(member, &entry);
    } else if (log->is_quiet) {
        put(member, line);
    } else {
        mneme_log(MNEME_LOG_WARN, "output", MNEME_LOG_S("projection", member->projection),
                  MNEME_LOG_STR("line", line));
    }
    mneme_arena_clean_up(&arena);
}

void mneme_group_log_say(const struct mneme_group_log *log, enum mneme_log_level level,
                         const struct mneme_member *member, const char *event, double in_seconds,
                         const char *reason) {
    struct mneme_buffer text = {0};
    if (!log->is_quiet) {
        const struct mneme_log_field fields[] = {
            MNEME_LOG_S("projection", member == NULL ? "all" : member->projection),
            MNEME_LOG_S("reason", reason),
            MNEME_LOG_D("in_seconds", in_seconds),
        };
        mneme_log_write(level, event, fields, sizeof fields / sizeof *fields - (in_seconds < 0 ? 1 : 0));
        return;
    }
    mneme_buffer_printf(&text, "%s", event);
    if (in_seconds >= 0) {
        mneme_buffer_printf(&text, " in %.1f s", in_seconds);
    }
    add_reason(&text, mneme_str_from(reason), MNEME_STR_NULL);
    put(member, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
}
