/*
 * Shows values for people.
 */
#include "cli/frame/show.h"

#include <stdio.h>

#include "common/json/read.h"

struct mneme_str mneme_show_text_of(struct mneme_str json, struct mneme_arena *arena) {
    struct mneme_str key, value, text, rest_key, rest;
    struct mneme_str object = mneme_json_trim(json);
    enum mneme_json_kind kind = object.len == 0 ? MNEME_JSON_NULL : mneme_json_kind_of(object);
    if (kind == MNEME_JSON_STRING && mneme_json_unquote(&text, arena, object)) {
        return text;
    }
    if (kind != MNEME_JSON_OBJECT) {
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

struct mneme_str mneme_show_time_of(char text[MNEME_RFC3339_BYTES], int64_t micros) {
    mneme_clock_format_rfc3339(micros, text);
    text[10] = ' ';
    text[19] = '\0';
    return mneme_str_from(text);
}

void mneme_show_cell_time(struct mneme_table *table, int64_t micros) {
    char text[MNEME_RFC3339_BYTES];
    mneme_table_cell_of(table, MNEME_TABLE_TIME, mneme_show_time_of(text, micros));
}

void mneme_show_cell_content(struct mneme_table *table, struct mneme_str json) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    mneme_table_cell(table, mneme_show_text_of(json, &arena));
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
    mneme_table_cell_of(table, MNEME_TABLE_NUMBER, mneme_str_from(text));
}

void mneme_show_cell_position(struct mneme_table *table, struct mneme_position position) {
    char text[48];
    snprintf(text, sizeof text, "%d:%lld", position.partition, (long long)position.offset);
    mneme_table_cell_of(table, MNEME_TABLE_WORD, mneme_str_from(text));
}
