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
#include "common/base/text_check.h"
#include "common/json/write.h"

static atomic_int configured_level = MNEME_LOG_INFO;
static atomic_int configured_format = MNEME_LOG_LOGFMT;

static const char *const level_names[] = {[MNEME_LOG_DEBUG] = "debug",
                                          [MNEME_LOG_INFO] = "info",
                                          [MNEME_LOG_WARN] = "warn",
                                          [MNEME_LOG_ERROR] = "error"};

void mneme_log_configure(enum mneme_log_level level, enum mneme_log_format format) {
    atomic_store_explicit(&configured_level, (int)level, memory_order_relaxed);
    atomic_store_explicit(&configured_format, (int)format, memory_order_relaxed);
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

/* A value of logfmt: as it is when it can stand without quotes, else escaped as JSON escapes. */
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

/* There is nobody to tell when stderr does not take the line. */
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
    bool is_json = atomic_load_explicit(&configured_format, memory_order_relaxed) == MNEME_LOG_JSON;
    int saved_errno = errno;
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    append_head(&json, level, event, is_json);
    for (size_t i = 0; i < count; i++) {
        if (is_json) {
            append_json(&json, &fields[i]);
        } else {
            append_logfmt(&json, &fields[i]);
        }
    }
    if (is_json) {
        mneme_json_end_object(&json);
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
