/*
 * Log lines: built in memory and written by one write(2), so that lines of several threads and processes
 * do not mix. When memory is exhausted the event's name still goes out.
 */
#include "common/log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/printable.h"
#include "common/base/text_check.h"
#include "common/json/write.h"

static atomic_int configured_level = MNEME_LOG_INFO;
static atomic_int configured_format = MNEME_LOG_LOGFMT;
static _Atomic(const char *) configured_projection;

static const char *const level_names[] = {[MNEME_LOG_DEBUG] = "debug",
                                          [MNEME_LOG_INFO] = "info",
                                          [MNEME_LOG_WARN] = "warn",
                                          [MNEME_LOG_ERROR] = "error"};

void mneme_log_configure(enum mneme_log_level level, enum mneme_log_format format) {
    atomic_store_explicit(&configured_level, (int)level, memory_order_relaxed);
    atomic_store_explicit(&configured_format, (int)format, memory_order_relaxed);
}

void mneme_log_set_projection(const char *name) {
    atomic_store_explicit(&configured_projection, name, memory_order_relaxed);
}

bool mneme_log_enabled(enum mneme_log_level level) {
    return (int)level >= atomic_load_explicit(&configured_level, memory_order_relaxed);
}

static bool is_bare(struct mneme_str text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte >= 0x7F) {
            return false;
        }
    }
    return text.len > 0;
}

/* A value of logfmt: as is when it needs no quotes, else escaped as in JSON. */
static void append_value(struct mneme_json_writer *json, struct mneme_str text) {
    if (is_bare(text)) {
        mneme_buffer_append_str(json->out, text);
    } else {
        json->needs_comma = false;
        mneme_json_string(json, text);
    }
}

static void append_logfmt(struct mneme_json_writer *json, const struct mneme_log_field *field) {
    mneme_buffer_printf(json->out, " %s=", field->name);
    json->needs_comma = false;
    switch (field->kind) {
    case MNEME_LOG_FIELD_STR:
        append_value(json, field->text);
        break;
    case MNEME_LOG_FIELD_LONG:
        mneme_json_long(json, field->number);
        break;
    case MNEME_LOG_FIELD_DOUBLE:
        mneme_json_double(json, field->real);
        break;
    }
}

static void append_json(struct mneme_json_writer *json, const struct mneme_log_field *field) {
    mneme_json_key(json, mneme_str_from(field->name));
    switch (field->kind) {
    case MNEME_LOG_FIELD_STR:
        mneme_json_string(json, field->text);
        break;
    case MNEME_LOG_FIELD_LONG:
        mneme_json_long(json, field->number);
        break;
    case MNEME_LOG_FIELD_DOUBLE:
        mneme_json_double(json, field->real);
        break;
    }
}

static const char projection_field[] = "projection";

/* The projection to add to the entry; NULL when the entry names one itself, or there is none. */
static const char *projection_of(const struct mneme_log_field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, projection_field) == 0) {
            return NULL;
        }
    }
    return atomic_load_explicit(&configured_projection, memory_order_relaxed);
}

static void append_head(struct mneme_json_writer *json, enum mneme_log_level level, const char *event,
                        bool is_json) {
    char time[MNEME_RFC3339_BYTES];
    mneme_clock_format_rfc3339(mneme_clock_now_micros(), time);
    if (!is_json) {
        mneme_buffer_printf(json->out, "time=%s level=%s event=", time, level_names[level]);
        append_value(json, mneme_str_from(event));
        return;
    }
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("time"));
    mneme_json_string(json, mneme_str_from(time));
    mneme_json_key(json, MNEME_STR_LIT("level"));
    mneme_json_string(json, mneme_str_from(level_names[level]));
    mneme_json_key(json, MNEME_STR_LIT("event"));
    mneme_json_string(json, mneme_str_from(event));
}

static void append_structured(struct mneme_json_writer *json, enum mneme_log_level level, const char *event,
                              const struct mneme_log_field *fields, size_t count, bool is_json) {
    void (*append)(struct mneme_json_writer *, const struct mneme_log_field *) =
        is_json ? append_json : append_logfmt;
    const char *projection = projection_of(fields, count);
    append_head(json, level, event, is_json);
    if (projection != NULL) {
        append(json, &MNEME_LOG_S(projection_field, projection));
    }
    for (size_t i = 0; i < count; i++) {
        append(json, &fields[i]);
    }
    if (is_json) {
        mneme_json_end_object(json);
    }
}

/* --- for people --- */

static void append_plain(struct mneme_json_writer *json, const struct mneme_log_field *field) {
    json->needs_comma = false;
    switch (field->kind) {
    case MNEME_LOG_FIELD_STR:
        mneme_printable(json->out, field->text, false);
        break;
    case MNEME_LOG_FIELD_LONG:
        mneme_json_long(json, field->number);
        break;
    case MNEME_LOG_FIELD_DOUBLE:
        mneme_buffer_printf(json->out, "%.1f", field->real);
        break;
    }
}

static bool is_empty(const struct mneme_log_field *field) {
    return field->kind == MNEME_LOG_FIELD_STR && field->text.len == 0;
}

/* The fields that form the sentence, with the text before each. */
static const struct {
    const char *name;
    const char *before;
} parts[] = {{"reason", ": "}, {"advice", "; "}};
#define PART_COUNT (sizeof parts / sizeof *parts)

static bool is_part(const struct mneme_log_field *field) {
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (strcmp(field->name, parts[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static void append_text(struct mneme_json_writer *json, const char *event,
                        const struct mneme_log_field *fields, size_t count) {
    const char *projection = atomic_load_explicit(&configured_projection, memory_order_relaxed);
    if (projection != NULL) {
        char time[MNEME_RFC3339_BYTES];
        mneme_clock_format_rfc3339(mneme_clock_now_micros(), time);
        mneme_buffer_printf(json->out, "%.8sZ ", time + strlen("2026-01-02T"));
    }
    mneme_buffer_printf(json->out, "%s: %s", projection == NULL ? "mneme" : projection, event);
    for (size_t part = 0; part < PART_COUNT; part++) {
        for (size_t i = 0; i < count; i++) {
            if (strcmp(fields[i].name, parts[part].name) == 0 && !is_empty(&fields[i])) {
                mneme_buffer_printf(json->out, "%s", parts[part].before);
                append_plain(json, &fields[i]);
            }
        }
    }
    const char *before = " (";
    for (size_t i = 0; i < count; i++) {
        if (!is_part(&fields[i]) && !is_empty(&fields[i]) && strcmp(fields[i].name, projection_field) != 0) {
            mneme_buffer_printf(json->out, "%s%s ", before, fields[i].name);
            append_plain(json, &fields[i]);
            before = ", ";
        }
    }
    mneme_buffer_printf(json->out, "%s", strcmp(before, ", ") == 0 ? ")" : "");
}

/* A failure to write to stderr cannot be reported anywhere. */
static void write_all(const char *data, size_t len) {
    while (len > 0) {
        ssize_t written = write(STDERR_FILENO, data, len);
        if (written < 0 && errno != EINTR) {
            return;
        }
        if (written > 0) {
            data += written;
            len -= (size_t)written;
        }
    }
}

void mneme_log_write(enum mneme_log_level level, const char *event, const struct mneme_log_field *fields,
                     size_t count) {
    if (!mneme_log_enabled(level)) {
        return;
    }
    int format = atomic_load_explicit(&configured_format, memory_order_relaxed);
    int saved_errno = errno;
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    if (format == MNEME_LOG_TEXT) {
        append_text(&json, event, fields, count);
    } else {
        append_structured(&json, level, event, fields, count, format == MNEME_LOG_JSON);
    }
    mneme_buffer_append_byte(&line, '\n');
    if (line.failed) {
        write_all(event, strlen(event));
        write_all("\n", 1);
    } else {
        mneme_utf8_repair(line.data, line.len);
        write_all(line.data, line.len);
    }
    mneme_buffer_clean_up(&line);
    errno = saved_errno;
}
