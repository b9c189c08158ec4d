/*
 * Settings in memory: each value is kept both as text and parsed, and is checked against the table when it is
 * set. config_file.c reads the file.
 */
#include "common/config/config.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/redact.h"
#include "common/base/text_check.h"
#include "common/config/config_file.h"

struct value {
    char *text; /* owned; never NULL once loaded */
    int64_t number;
    double real;
    bool is_true;
    enum mneme_setting_source source;
};

struct mneme_config {
    struct value values[MNEME_SETTING_COUNT];
};

#define ANY .min = 0, .max = 0
#define RANGE(least, most) .min = (least), .max = (most)
#define ONE_OF(list) .choices = (list)
#define PLAIN false
#define SECRET true
static const struct mneme_setting_info settings[] = {
#define X(id, env_name, kind, default_text, limits, secrecy, text)                                           \
    [MNEME_SETTING_##id] = {.env = (env_name),                                                               \
                            .type = MNEME_TYPE_##kind,                                                       \
                            .default_value = (default_text),                                                 \
                            limits,                                                                          \
                            .is_secret = (secrecy),                                                          \
                            .doc = (text)},
    MNEME_SETTINGS(X)
#undef X
};
#undef ANY
#undef RANGE
#undef ONE_OF
#undef PLAIN
#undef SECRET

const struct mneme_setting_info *mneme_setting_info(enum mneme_setting setting) {
    return &settings[setting];
}

void mneme_setting_describe_values(struct mneme_buffer *out, enum mneme_setting setting) {
    static const char *const types[] = {
        [MNEME_TYPE_STRING] = "text", [MNEME_TYPE_LONG] = "whole number", [MNEME_TYPE_DOUBLE] = "number",
        [MNEME_TYPE_BOOL] = "bool",   [MNEME_TYPE_CHOICE] = "choice",
    };
    const struct mneme_setting_info *info = &settings[setting];
    if (info->type == MNEME_TYPE_CHOICE) {
        for (const char *c = info->choices; *c != '\0'; c++) {
            mneme_buffer_printf(out, *c == '|' ? ", " : "%c", *c);
        }
        return;
    }
    mneme_buffer_printf(out, "%s", types[info->type]);
    if (info->min != 0 || info->max != 0) {
        mneme_buffer_printf(out, ", %.0f to %.0f", info->min, info->max);
    }
}

int mneme_setting_by_env(struct mneme_str env) {
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        if (mneme_str_equal(mneme_str_from(settings[i].env), env)) {
            return i;
        }
    }
    return -1;
}

/* A parser sets `value` from the text (a choice: as the table spells it), or returns why it cannot. */
static const char *parse_string(struct value *value, const struct mneme_setting_info *info) {
    (void)info;
    struct mneme_str text = mneme_str_from(value->text);
    const char *reason;
    size_t at;
    if (!mneme_utf8_check(text, NULL, &reason, &at)) {
        return "not UTF-8";
    }
    return mneme_has_control(text) ? "it contains a control character" : NULL;
}

static const char *parse_long(struct value *value, const struct mneme_setting_info *info) {
    char *end;
    errno = 0;
    long long number = strtoll(value->text, &end, 10);
    if (end == value->text || *end != '\0') {
        return "not a whole number";
    }
    if (errno == ERANGE || (double)number < info->min || (double)number > info->max) {
        return "out of range";
    }
    value->number = number;
    return NULL;
}

static const char *parse_double(struct value *value, const struct mneme_setting_info *info) {
    /* The program that the library runs in may have set a locale with another decimal separator. */
    locale_t neutral = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (neutral == (locale_t)0) {
        return "the C locale is missing";
    }
    char *end;
    double real = strtod_l(value->text, &end, neutral);
    freelocale(neutral);
    if (end == value->text || *end != '\0') {
        return "not a number";
    }
    if (!(real >= info->min && real <= info->max)) {
        return "out of range";
    }
    value->real = real;
    return NULL;
}

static const char *parse_bool(struct value *value, const struct mneme_setting_info *info) {
    (void)info;
    static const struct {
        const char *text;
        bool is_true;
    } words[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false},
                 {"on", true},   {"off", false},   {"1", true},   {"0", false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(value->text, words[i].text) == 0) {
            value->is_true = words[i].is_true;
            return NULL;
        }
    }
    return "neither true nor false";
}

static const char *parse_choice(struct value *value, const struct mneme_setting_info *info) {
    size_t len = strlen(value->text);
    for (const char *choice = info->choices; *choice != '\0';) {
        size_t choice_len = strcspn(choice, "|");
        if (len == choice_len && strncasecmp(choice, value->text, len) == 0) {
            memcpy(value->text, choice, len);
            return NULL;
        }
        choice += choice_len + (choice[choice_len] == '|' ? 1 : 0);
    }
    return "not one of the choices";
}

static const char *(*const parsers[])(struct value *, const struct mneme_setting_info *) = {
    [MNEME_TYPE_STRING] = parse_string, [MNEME_TYPE_LONG] = parse_long,
    [MNEME_TYPE_DOUBLE] = parse_double, [MNEME_TYPE_BOOL] = parse_bool,
    [MNEME_TYPE_CHOICE] = parse_choice,
};

static void describe_limits(struct mneme_buffer *out, const struct mneme_setting_info *info) {
    switch (info->type) {
    case MNEME_TYPE_STRING:
        mneme_buffer_printf(out, "give text without control characters");
        break;
    case MNEME_TYPE_LONG:
        mneme_buffer_printf(out, "give a whole number from %.0f to %.0f", info->min, info->max);
        break;
    case MNEME_TYPE_DOUBLE:
        mneme_buffer_printf(out, "give a number from %g to %g", info->min, info->max);
        break;
    case MNEME_TYPE_BOOL:
        mneme_buffer_printf(out, "give true or false");
        break;
    case MNEME_TYPE_CHOICE:
        mneme_buffer_printf(out, "give one of %s", info->choices);
        break;
    }
    mneme_buffer_append_byte(out, '\0');
}

static enum mneme_status refuse(struct mneme_error *error, const struct mneme_setting_info *info,
                                const char *text, const char *where, const char *why) {
    struct mneme_buffer shown = {0};
    struct mneme_buffer limits = {0};
    mneme_redact(&shown, mneme_str_from(info->is_secret ? MNEME_REDACTED : text));
    mneme_buffer_append_byte(&shown, '\0');
    describe_limits(&limits, info);
    enum mneme_status status =
        mneme_error_set(error, MNEME_E_USAGE, "cannot use %s = \"%.200s\" %s: %s; %s", info->env,
                        shown.failed ? "" : shown.data, where, why, limits.failed ? "" : limits.data);
    mneme_buffer_clean_up(&shown);
    mneme_buffer_clean_up(&limits);
    return status;
}

int mneme_config_set_from(struct mneme_config *config, enum mneme_setting setting, const char *text,
                          enum mneme_setting_source source, const char *where, struct mneme_error *error) {
    const struct mneme_setting_info *info = &settings[setting];
    struct value value = {.text = strdup(text), .source = source};
    if (value.text == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot set %s: out of memory; free some memory",
                               info->env);
    }
    const char *why = parsers[info->type](&value, info);
    if (why != NULL) {
        free(value.text);
        return refuse(error, info, text, where, why);
    }
    free(config->values[setting].text);
    config->values[setting] = value;
    return MNEME_OK;
}

int mneme_config_set(struct mneme_config *config, enum mneme_setting setting, const char *value,
                     enum mneme_setting_source source, struct mneme_error *error) {
    static const char *const places[] = {[MNEME_FROM_DEFAULT] = "by default",
                                         [MNEME_FROM_FILE] = "in the file",
                                         [MNEME_FROM_ENVIRONMENT] = "in the environment",
                                         [MNEME_FROM_OPTION] = "given as an option"};
    return mneme_config_set_from(config, setting, value, source, places[source], error);
}

static int set_defaults(struct mneme_config *config, struct mneme_error *error) {
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        int status = mneme_config_set(config, (enum mneme_setting)i, settings[i].default_value,
                                      MNEME_FROM_DEFAULT, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}

static int set_from_environment(struct mneme_config *config, mneme_config_tell *tell, void *context,
                                struct mneme_error *error) {
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        const char *value = getenv(settings[i].env);
        if (value == NULL || (*value == '\0' && settings[i].type != MNEME_TYPE_STRING)) {
            continue;
        }
        int status = mneme_config_set(config, (enum mneme_setting)i, value, MNEME_FROM_ENVIRONMENT, error);
        if (status == MNEME_E_USAGE && tell != NULL) {
            tell(context, error);
        } else if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}

/* `tell` may be NULL. */
static int load(struct mneme_config **out, const char *path, mneme_config_tell *tell, void *context,
                struct mneme_error *error) {
    struct mneme_config *config = calloc(1, sizeof *config);
    if (config == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot read the settings: out of memory; free some memory");
    }
    if (path == NULL) {
        path = getenv("MNEME_CONFIG");
    }
    int status = set_defaults(config, error);
    if (status == MNEME_OK && path != NULL && *path != '\0') {
        status = mneme_config_read_file(config, path, tell, context, error);
        if (status == MNEME_E_USAGE && tell != NULL) {
            tell(context, error);
            status = MNEME_OK;
        }
    }
    if (status == MNEME_OK) {
        status = set_from_environment(config, tell, context, error);
    }
    if (status != MNEME_OK) {
        mneme_config_destroy(config);
        return status;
    }
    *out = config;
    return MNEME_OK;
}

int mneme_config_load(struct mneme_config **out, const char *path, struct mneme_error *error) {
    return load(out, path, NULL, NULL, error);
}

int mneme_config_load_telling(struct mneme_config **out, const char *path, mneme_config_tell *tell,
                              void *context, struct mneme_error *error) {
    return load(out, path, tell, context, error);
}

int mneme_config_copy(struct mneme_config **out, const struct mneme_config *config,
                      struct mneme_error *error) {
    struct mneme_config *copy = calloc(1, sizeof *copy);
    *out = NULL;
    for (int i = 0; copy != NULL && i < MNEME_SETTING_COUNT; i++) {
        copy->values[i] = config->values[i];
        copy->values[i].text = strdup(config->values[i].text);
        if (copy->values[i].text == NULL) {
            mneme_config_destroy(copy);
            copy = NULL;
        }
    }
    if (copy == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot copy the settings: out of memory; free some memory");
    }
    *out = copy;
    return MNEME_OK;
}

void mneme_config_destroy(struct mneme_config *config) {
    if (config == NULL) {
        return;
    }
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        free(config->values[i].text);
    }
    free(config);
}

const char *mneme_config_string(const struct mneme_config *config, enum mneme_setting setting) {
    return config->values[setting].text;
}

int64_t mneme_config_long(const struct mneme_config *config, enum mneme_setting setting) {
    return config->values[setting].number;
}

double mneme_config_double(const struct mneme_config *config, enum mneme_setting setting) {
    return config->values[setting].real;
}

bool mneme_config_bool(const struct mneme_config *config, enum mneme_setting setting) {
    return config->values[setting].is_true;
}

enum mneme_setting_source mneme_config_source(const struct mneme_config *config, enum mneme_setting setting) {
    return config->values[setting].source;
}

void mneme_config_show(const struct mneme_config *config, enum mneme_setting setting,
                       struct mneme_buffer *out) {
    const char *text = config->values[setting].text;
    bool is_hidden = settings[setting].is_secret && *text != '\0';
    mneme_redact(out, mneme_str_from(is_hidden ? MNEME_REDACTED : text));
}
