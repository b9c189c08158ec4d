/*
 * Structured logs on stderr, one line an entry: logfmt or JSON for programs, text for people. Values are
 * escaped, so that content never starts a new line.
 */
#ifndef MNEME_COMMON_LOG_LOG_H
#define MNEME_COMMON_LOG_LOG_H

#include "common/base/types.h"

enum mneme_log_level { MNEME_LOG_DEBUG, MNEME_LOG_INFO, MNEME_LOG_WARN, MNEME_LOG_ERROR };
enum mneme_log_format {
    MNEME_LOG_LOGFMT,
    MNEME_LOG_JSON,
    /* "mneme: EVENT: reason; advice (name value, …)", from the fields of these names and the others. */
    MNEME_LOG_TEXT,
};

/* Process-wide; call before any other thread logs. The default is info in logfmt. */
void mneme_log_configure(enum mneme_log_level level, enum mneme_log_format format);

/* The projection of this process, such as "postgres": becomes the field `projection` of every entry that has
 * none; in text format, the time of day in UTC and the name replace "mneme". A constant; NULL (the default)
 * for a process without a projection. Process-wide; call before any other thread logs. */
void mneme_log_set_projection(const char *name);

/* One field of an entry. Build with the macros below. */
struct mneme_log_field {
    const char *name;
    enum { MNEME_LOG_FIELD_STR, MNEME_LOG_FIELD_LONG, MNEME_LOG_FIELD_DOUBLE } kind;
    struct mneme_str text;
    int64_t number;
    double real;
};

#define MNEME_LOG_S(field_name, c_string)                                                                    \
    ((struct mneme_log_field){                                                                               \
        .name = (field_name), .kind = MNEME_LOG_FIELD_STR, .text = mneme_str_from(c_string)})
#define MNEME_LOG_STR(field_name, slice)                                                                     \
    ((struct mneme_log_field){.name = (field_name), .kind = MNEME_LOG_FIELD_STR, .text = (slice)})
#define MNEME_LOG_I(field_name, integer)                                                                     \
    ((struct mneme_log_field){                                                                               \
        .name = (field_name), .kind = MNEME_LOG_FIELD_LONG, .number = (int64_t)(integer)})
#define MNEME_LOG_D(field_name, float_value)                                                                 \
    ((struct mneme_log_field){.name = (field_name), .kind = MNEME_LOG_FIELD_DOUBLE, .real = (float_value)})

/* Writes one line with one write(2); thread-safe. `event` is a fixed phrase, such as "batch applied". */
void mneme_log_write(enum mneme_log_level level, const char *event, const struct mneme_log_field *fields,
                     size_t count);

/* mneme_log(MNEME_LOG_INFO, "batch applied", MNEME_LOG_I("rows", n), …); at least one field. */
#define mneme_log(level, event, ...)                                                                         \
    mneme_log_write((level), (event), (const struct mneme_log_field[]){__VA_ARGS__},                         \
                    sizeof((const struct mneme_log_field[]){__VA_ARGS__}) / sizeof(struct mneme_log_field))

bool mneme_log_enabled(enum mneme_log_level level);

#endif
