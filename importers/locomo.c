/*
 * Reads LoCoMo's form of a conversation: one object whose keys number the sessions.
 */
#include "importers/locomo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/json/read.h"

#define MAX_FILE_BYTES ((size_t)256 * 1024 * 1024)
#define READ_BYTES ((size_t)256 * 1024)

/* The rest of a text that is parsed from the front. */
struct rest {
    struct mneme_str text;
};

static bool take(struct rest *rest, const char *literal) {
    size_t len = strlen(literal);
    if (rest->text.len < len || memcmp(rest->text.data, literal, len) != 0) {
        return false;
    }
    rest->text.data += len;
    rest->text.len -= len;
    return true;
}

static bool take_number(struct rest *rest, size_t max_digits, int *number) {
    size_t digits = 0;
    for (*number = 0; digits < max_digits && digits < rest->text.len; digits++) {
        char digit = rest->text.data[digits];
        if (digit < '0' || digit > '9') {
            break;
        }
        *number = *number * 10 + (digit - '0');
    }
    rest->text.data += digits;
    rest->text.len -= digits;
    return digits > 0;
}

static bool take_month(struct rest *rest, int *month) {
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    *month = 1;
    while (*month <= 12 && !take(rest, months[*month - 1])) {
        ++*month;
    }
    return *month <= 12;
}

bool mneme_locomo_parse_date(int64_t *micros, struct mneme_str text) {
    struct rest rest = {text};
    int hour;
    int minute;
    int day;
    int month;
    int year;
    if (!take_number(&rest, 2, &hour) || !take(&rest, ":") || !take_number(&rest, 2, &minute)) {
        return false;
    }
    bool is_pm = take(&rest, " pm on ");
    if ((!is_pm && !take(&rest, " am on ")) || hour < 1 || hour > 12) {
        return false;
    }
    if (!take_number(&rest, 2, &day) || !take(&rest, " ") || !take_month(&rest, &month) ||
        !take(&rest, ", ") || !take_number(&rest, 4, &year) || rest.text.len > 0) {
        return false;
    }
    char rfc3339[64];
    snprintf(rfc3339, sizeof rfc3339, "%04d-%02d-%02dT%02d:%02d:00Z", year, month, day,
             hour % 12 + (is_pm ? 12 : 0), minute);
    return mneme_clock_parse_rfc3339(micros, mneme_str_from(rfc3339));
}

/* "session_12" with the suffix "" gives 12; 0 for any other key. */
static int64_t session_number(struct mneme_str quoted, const char *suffix) {
    struct mneme_str key = {quoted.data + 1, quoted.len - 2};
    static const char prefix[] = "session_";
    size_t prefix_len = sizeof prefix - 1;
    size_t suffix_len = strlen(suffix);
    if (key.len <= prefix_len + suffix_len || key.len > prefix_len + suffix_len + 6 ||
        memcmp(key.data, prefix, prefix_len) != 0 ||
        memcmp(key.data + key.len - suffix_len, suffix, suffix_len) != 0) {
        return 0;
    }
    int64_t number = 0;
    for (const char *at = key.data + prefix_len; at < key.data + key.len - suffix_len; at++) {
        if (*at < '0' || *at > '9') {
            return 0;
        }
        number = number * 10 + (*at - '0');
    }
    return number;
}

/* A string under a name; anything else is refused. */
static int read_string(struct mneme_str *out, struct mneme_arena *arena, const char *name,
                       struct mneme_str value, struct mneme_error *error) {
    if (mneme_json_kind_of(value) != MNEME_JSON_STRING) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "conversation refused: %s must be a string, not %s; repair it", name,
                               mneme_json_kind_phrase(mneme_json_kind_of(value)));
    }
    return mneme_json_unquote(out, arena, value)
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
}

static bool is_empty(struct mneme_str container) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(container);
    return !mneme_json_next(&reader, &key, &value);
}

static int compare_sessions(const void *a, const void *b) {
    const struct mneme_locomo_session *x = a;
    const struct mneme_locomo_session *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int collect_sessions(struct mneme_locomo *out, struct mneme_arena *arena, struct mneme_str object,
                            struct mneme_error *error) {
    struct mneme_str key;
    struct mneme_str value;
    size_t members = 0;
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        members++;
    }
    out->sessions = mneme_arena_calloc(arena, members + 1, sizeof *out->sessions);
    if (out->sessions == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
    }
    reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        int64_t number = session_number(key, "");
        if (number == 0) {
            continue;
        }
        if (mneme_json_kind_of(value) != MNEME_JSON_ARRAY) {
            return mneme_error_set(
                error, MNEME_E_INVALID,
                "conversation refused: session_%lld must be an array of turns, not %s; repair it",
                (long long)number, mneme_json_kind_phrase(mneme_json_kind_of(value)));
        }
        if (!is_empty(value)) {
            out->sessions[out->session_count++] =
                (struct mneme_locomo_session){.number = number, .turns = value};
        }
    }
    qsort(out->sessions, out->session_count, sizeof *out->sessions, compare_sessions);
    for (size_t i = 1; i < out->session_count; i++) {
        if (out->sessions[i].number == out->sessions[i - 1].number) {
            return mneme_error_set(error, MNEME_E_INVALID,
                                   "conversation refused: session_%lld occurs twice; repair it",
                                   (long long)out->sessions[i].number);
        }
    }
    return MNEME_OK;
}

static int date_sessions(struct mneme_locomo *out, struct mneme_arena *arena, struct mneme_str object,
                         struct mneme_error *error) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        struct mneme_locomo_session wanted = {.number = session_number(key, "_date_time")};
        struct mneme_locomo_session *session =
            wanted.number == 0 || out->session_count == 0
                ? NULL
                : bsearch(&wanted, out->sessions, out->session_count, sizeof wanted, compare_sessions);
        if (session == NULL) {
            continue;
        }
        int status = read_string(&session->date, arena, "a session's date_time", value, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < out->session_count; i++) {
        struct mneme_locomo_session *session = &out->sessions[i];
        if (session->date.data == NULL) {
            return mneme_error_set(error, MNEME_E_INVALID,
                                   "conversation refused: session_%lld has no session_%lld_date_time; add it",
                                   (long long)session->number, (long long)session->number);
        }
        if (!mneme_locomo_parse_date(&session->started_at, session->date)) {
            return mneme_error_set(
                error, MNEME_E_INVALID,
                "conversation refused: session_%lld_date_time is \"%.*s\"; write it as \"1:56 pm on 8 "
                "May, 2023\"",
                (long long)session->number, (int)(session->date.len < 60 ? session->date.len : 60),
                session->date.data);
        }
    }
    return MNEME_OK;
}

int mneme_locomo_read(struct mneme_locomo *out, struct mneme_arena *arena, struct mneme_str json,
                      struct mneme_error *error) {
    *out = (struct mneme_locomo){0};
    struct mneme_str object = mneme_json_trim(json);
    if (mneme_json_kind_of(object) != MNEME_JSON_OBJECT) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "conversation refused: it is %s; write an object with speaker_a, speaker_b and sessions",
            mneme_json_kind_phrase(mneme_json_kind_of(object)));
    }
    struct mneme_str key;
    struct mneme_str value;
    int status = MNEME_OK;
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("speaker_a"))) {
            status = read_string(&out->speaker_a, arena, "speaker_a", value, error);
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("speaker_b"))) {
            status = read_string(&out->speaker_b, arena, "speaker_b", value, error);
        }
    }
    if (status == MNEME_OK && (out->speaker_a.len == 0 || out->speaker_b.len == 0)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "conversation refused: %s is missing; is this a LoCoMo file?",
                               out->speaker_a.len == 0 ? "speaker_a" : "speaker_b");
    }
    if (status == MNEME_OK) {
        status = collect_sessions(out, arena, object, error);
    }
    return status == MNEME_OK ? date_sessions(out, arena, object, error) : status;
}

int mneme_locomo_read_turn(struct mneme_locomo_turn *out, const struct mneme_locomo *conversation,
                           struct mneme_arena *arena, struct mneme_str json, struct mneme_error *error) {
    *out = (struct mneme_locomo_turn){0};
    if (mneme_json_kind_of(json) != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "turn refused: it is %s; write an object with speaker and text",
                               mneme_json_kind_phrase(mneme_json_kind_of(json)));
    }
    const struct {
        const char *name;
        struct mneme_str *field;
        bool is_required;
    } fields[] = {
        {"speaker", &out->speaker, true},       {"dia_id", &out->dia_id, true}, {"text", &out->text, true},
        {"blip_caption", &out->caption, false}, {"query", &out->query, false},
    };
    size_t count = sizeof fields / sizeof fields[0];
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(json);
    while (mneme_json_next(&reader, &key, &value)) {
        for (size_t i = 0; i < count; i++) {
            if (mneme_json_unquotes_to(key, mneme_str_from(fields[i].name))) {
                int status = read_string(fields[i].field, arena, fields[i].name, value, error);
                if (status != MNEME_OK) {
                    return status;
                }
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].is_required && fields[i].field->data == NULL) {
            return mneme_error_set(error, MNEME_E_INVALID, "turn refused: %s is missing; add it",
                                   fields[i].name);
        }
    }
    if (!mneme_str_equal(out->speaker, conversation->speaker_a) &&
        !mneme_str_equal(out->speaker, conversation->speaker_b)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "turn refused: its speaker is neither speaker_a nor speaker_b; repair it");
    }
    return MNEME_OK;
}

int mneme_locomo_load(struct mneme_buffer *out, int fd, const char *path, struct mneme_error *error) {
    off_t at = 0;
    ssize_t got = 1;
    while (got != 0) {
        if (!mneme_buffer_reserve(out, READ_BYTES)) {
            return mneme_error_set(error, MNEME_E_NO_MEMORY,
                                   "cannot import: out of memory; free some memory");
        }
        got = pread(fd, out->data + out->len, READ_BYTES, at);
        if (got < 0 && errno != EINTR) {
            return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                   "%s was not imported: it cannot be read: %s; check the disk", path,
                                   strerror(errno));
        }
        at += got > 0 ? got : 0;
        out->len += got > 0 ? (size_t)got : 0;
        if (out->len > MAX_FILE_BYTES) {
            return mneme_error_set(error, MNEME_E_INVALID,
                                   "%s was not imported: it is larger than 256 MiB; split it", path);
        }
    }
    return MNEME_OK;
}
