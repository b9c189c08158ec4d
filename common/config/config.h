/*
 * Settings: one table gives parser, defaults, bounds, --help, `mneme config` and docs/configuration.md.
 * Order of precedence: option, environment, file, default. A setting is read through its enum.
 */
#ifndef MNEME_COMMON_CONFIG_CONFIG_H
#define MNEME_COMMON_CONFIG_CONFIG_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/config/settings.h"

enum mneme_setting {
#define X(id, env, type, default_value, limits, secrecy, doc) MNEME_SETTING_##id,
    MNEME_SETTINGS(X)
#undef X
        MNEME_SETTING_COUNT
};

enum mneme_setting_type {
    MNEME_TYPE_STRING,
    MNEME_TYPE_LONG,
    MNEME_TYPE_DOUBLE,
    MNEME_TYPE_BOOL,
    MNEME_TYPE_CHOICE
};
enum mneme_setting_source { MNEME_FROM_DEFAULT, MNEME_FROM_FILE, MNEME_FROM_ENVIRONMENT, MNEME_FROM_OPTION };

struct mneme_setting_info {
    const char *env; /* also the key in the file, in lower case without the prefix MNEME_ */
    enum mneme_setting_type type;
    const char *default_value;
    double min, max;     /* of numbers, both included */
    const char *choices; /* "a|b|c" for MNEME_TYPE_CHOICE */
    bool is_secret;
    const char *doc;
};

struct mneme_config;

/* The table's row; a constant. */
const struct mneme_setting_info *mneme_setting_info(enum mneme_setting setting);

/* Appends the allowed values, such as "whole number, 1 to 4096" or "debug, info". */
void mneme_setting_describe_values(struct mneme_buffer *out, enum mneme_setting setting);

/* The setting with that environment name, or -1. */
int mneme_setting_by_env(struct mneme_str env);

/* Reads defaults, then `path` (NULL: $MNEME_CONFIG if set, else no file), then the environment. In the file
 * each line is empty, a comment that begins with #, or "key = value". Every value is checked; the error is
 * MNEME_E_USAGE and names setting, value, source and what is allowed. An empty value counts as not set,
 * except for a string. Reads the environment: no other thread may change it meanwhile. */
int mneme_config_load(struct mneme_config **out, const char *path, struct mneme_error *error);
void mneme_config_destroy(struct mneme_config *config);

/* The same, but reports everything that is wrong: calls `tell` with the error for each line and variable that
 * cannot be used, and continues without it. If the file cannot be read at all, the defaults stay.
 * MNEME_E_NO_MEMORY. */
typedef void mneme_config_tell(void *context, const struct mneme_error *error);
int mneme_config_load_telling(struct mneme_config **out, const char *path, mneme_config_tell *tell,
                              void *context, struct mneme_error *error);

/* An independent copy. */
int mneme_config_copy(struct mneme_config **out, const struct mneme_config *config,
                      struct mneme_error *error);

/* Sets a value from a command line option or from the library's caller, with the same checks. */
int mneme_config_set(struct mneme_config *config, enum mneme_setting setting, const char *value,
                     enum mneme_setting_source source, struct mneme_error *error);

/* Values live as long as the configuration; do not set while other threads read. An unset string is "". */
const char *mneme_config_string(const struct mneme_config *config, enum mneme_setting setting);
int64_t mneme_config_long(const struct mneme_config *config, enum mneme_setting setting);
double mneme_config_double(const struct mneme_config *config, enum mneme_setting setting);
bool mneme_config_bool(const struct mneme_config *config, enum mneme_setting setting);
enum mneme_setting_source mneme_config_source(const struct mneme_config *config, enum mneme_setting setting);

/* The value as it may be shown: secrets, and passwords within strings, are replaced with "********". */
void mneme_config_show(const struct mneme_config *config, enum mneme_setting setting,
                       struct mneme_buffer *out);

#endif
