/*
 * Values for people.
 */
#include "cli/frame/show.h"

#include <stdio.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/printable.h"
#include "common/base/uuid.h"
#include "common/json/read.h"

#define LABEL_FORMAT "%-14s "

void mneme_show_escape(struct mneme_buffer *out, struct mneme_str text, bool keep_lines) {
    mneme_printable(out, text, keep_lines);
}

/* The text of {"text": …}, in the arena or the JSON; other JSON as it is. */
static struct mneme_str text_of(struct mneme_str json, struct mneme_arena *arena) {
    struct mneme_str key, value, text, rest_key, rest;
    struct mneme_str object = mneme_json_trim(json);
    if (object.len == 0 || mneme_json_kind_of(object) != MNEME_JSON_OBJECT) {
        return json;
    }
    struct mneme_json_reader reader = mneme_json_enter(object);
    if (mneme_json_next(&reader, &key, &value) && !mneme_json_next(&reader, &rest_key, &rest) &&
        mneme_json_unquotes_to(key, MNEME_STR_LIT("text")) &&
        mneme_json_kind_of(value) == MNEME_JSON_STRING && mneme_json_unquote(&text, arena, value)) {
        return text;
    }
    return json;
}

/* "2026-01-02 03:04:05" */
static struct mneme_str time_text(char text[MNEME_RFC3339_BYTES], int64_t micros) {
    mneme_clock_format_rfc3339(micros, text);
    text[10] = ' ';
    text[19] = '\0';
    return mneme_str_from(text);
}

void mneme_show_cell_uuid(struct mneme_table *table, struct mneme_uuid id) {
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(id, text);
    mneme_table_cell(table, (struct mneme_str){text, sizeof text});
}

void mneme_show_cell_time(struct mneme_table *table, int64_t micros) {
    char text[MNEME_RFC3339_BYTES];
    mneme_table_cell(table, time_text(text, micros));
}

void mneme_show_cell_content(struct mneme_table *table, struct mneme_str json) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    mneme_table_cell(table, text_of(json, &arena));
    mneme_arena_clean_up(&arena);
}

void mneme_show_cell_bytes(struct mneme_table *table, int64_t bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    char text[32];
    while (value >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    mneme_table_cell(table, mneme_str_from(text));
}

void mneme_show_cell_position(struct mneme_table *table, struct mneme_position position) {
    char text[48];
    snprintf(text, sizeof text, "%d:%lld", position.partition, (long long)position.offset);
    mneme_table_cell(table, mneme_str_from(text));
}

static void print_line(const char *label, struct mneme_str text, bool keep_lines) {
    struct mneme_buffer escaped = {0};
    mneme_show_escape(&escaped, text, keep_lines);
    printf(LABEL_FORMAT "%.*s\n", label, MNEME_STR_ARG(mneme_buffer_str(&escaped)));
    mneme_buffer_clean_up(&escaped);
}

void mneme_show_uuid(const char *label, struct mneme_uuid id) {
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(id, text);
    print_line(label, (struct mneme_str){text, sizeof text}, false);
}

void mneme_show_str(const char *label, struct mneme_str text) {
    if (text.len > 0) {
        print_line(label, text, false);
    }
}

void mneme_show_content(const char *label, struct mneme_str json) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    if (json.len > 0 && !mneme_str_equal(json, MNEME_STR_LIT("{}"))) {
        print_line(label, text_of(json, &arena), true);
    }
    mneme_arena_clean_up(&arena);
}

void mneme_show_array(const char *label, const struct mneme_str_array *array) {
    struct mneme_buffer joined = {0};
    for (size_t i = 0; i < array->count; i++) {
        mneme_buffer_append_str(&joined, i > 0 ? MNEME_STR_LIT(", ") : MNEME_STR_LIT(""));
        mneme_buffer_append_str(&joined, array->items[i]);
    }
    mneme_show_str(label, mneme_buffer_str(&joined));
    mneme_buffer_clean_up(&joined);
}

void mneme_show_time(const char *label, struct mneme_opt_long micros) {
    char text[MNEME_RFC3339_BYTES];
    if (micros.is_set) {
        print_line(label, time_text(text, micros.value), false);
    }
}

void mneme_show_long(const char *label, struct mneme_opt_long value) {
    if (value.is_set) {
        printf(LABEL_FORMAT "%lld\n", label, (long long)value.value);
    }
}

int mneme_show_check_json(struct mneme_str json, const char *option, struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (json.data == NULL) {
        return MNEME_OK;
    }
    if (!mneme_json_check(json, &kind, &reason, &at)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "--%s was not taken: it is no JSON: %s at byte %zu; correct it", option,
                               reason, at);
    }
    if (kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_USAGE, "--%s was not taken: it is %s; give a JSON object",
                               option, mneme_json_kind_phrase(kind));
    }
    return MNEME_OK;
}
