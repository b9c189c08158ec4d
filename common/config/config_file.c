/*
 * Reads the settings file line by line. Keys are the environment names in lower case without the project's
 * prefix, so that there is only one name to remember.
 */
#include "common/config/config_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/nearest.h"
#include "common/base/text_check.h"

#define MAX_KEY 64

static const char env_prefix[] = "MNEME_";

/* Trims white space from both ends, in place. */
static char *trim(char *text) {
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1])) {
        len--;
    }
    text[len] = '\0';
    return text;
}

static bool is_key_of(const char *key, const char *env) {
    size_t prefix_len = sizeof env_prefix - 1;
    if (strncmp(env, env_prefix, prefix_len) == 0) {
        env += prefix_len;
    }
    for (; *key != '\0' && *env != '\0'; key++, env++) {
        if (*key != tolower((unsigned char)*env)) {
            return false;
        }
    }
    return *key == *env;
}

static int setting_by_key(const char *key) {
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        if (is_key_of(key, mneme_setting_info((enum mneme_setting)i)->env)) {
            return i;
        }
    }
    return -1;
}

/* The value without a trailing comment, which begins with # after white space; of a value in double quotes,
 * what is between them. In place. */
static char *read_value(char *text) {
    char *value = trim(text);
    char *quote = value[0] == '"' ? strchr(value + 1, '"') : NULL;
    const char *behind = quote == NULL ? "x" : quote + 1 + strspn(quote + 1, " \t");
    if (*behind == '\0' || *behind == '#') {
        *quote = '\0';
        return value + 1;
    }
    for (char *at = value; *at != '\0'; at++) {
        if (*at == '#' && (at == value || isspace((unsigned char)at[-1]))) {
            *at = '\0';
            return trim(value);
        }
    }
    return value;
}

/* The key of a setting, as written in the file. */
static void key_of(char key[MAX_KEY], enum mneme_setting setting) {
    const char *env = mneme_setting_info(setting)->env;
    size_t prefix_len = sizeof env_prefix - 1;
    env += strncmp(env, env_prefix, prefix_len) == 0 ? prefix_len : 0;
    size_t len = 0;
    for (; env[len] != '\0' && len + 1 < MAX_KEY; len++) {
        key[len] = (char)tolower((unsigned char)env[len]);
    }
    key[len] = '\0';
}

static int unknown_key(const char *key, const char *path, size_t number, struct mneme_error *error) {
    char known[MNEME_SETTING_COUNT][MAX_KEY];
    struct mneme_nearest nearest = {0};
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        key_of(known[i], (enum mneme_setting)i);
        mneme_nearest_offer(&nearest, mneme_str_from(key), known[i]);
    }
    return mneme_error_set(
        error, MNEME_E_USAGE,
        nearest.name != NULL
            ? "cannot read the settings: line %zu of %s: there is no setting \"%.100s\"; did you mean \"%s\"?"
            : "cannot read the settings: line %zu of %s: there is no setting \"%.100s\"; `mneme config` "
              "lists them "
              "all%s",
        number, path, key, nearest.name != NULL ? nearest.name : "");
}

static int read_line(struct mneme_config *config, char *line, const char *path, size_t number,
                     struct mneme_error *error) {
    char *key = trim(line);
    if (*key == '\0' || *key == '#') {
        return MNEME_OK;
    }
    char *equals = strchr(key, '=');
    if (equals == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot read the settings: line %zu of %s has no \"=\"; write key = value",
                               number, path);
    }
    *equals = '\0';
    key = trim(key);
    char *value = read_value(equals + 1);
    int setting = setting_by_key(key);
    if (setting < 0) {
        return unknown_key(key, path, number, error);
    }
    enum mneme_setting id = (enum mneme_setting)setting;
    if (mneme_config_source(config, id) == MNEME_FROM_FILE) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot read the settings: line %zu of %s sets \"%s\" again; keep one of the two lines", number,
            path, key);
    }
    if (*value == '\0' && mneme_setting_info(id)->type != MNEME_TYPE_STRING) {
        return MNEME_OK;
    }
    char where[256];
    int len = snprintf(where, sizeof where, "in line %zu of %s", number, path);
    return mneme_config_set_from(config, id, value, MNEME_FROM_FILE, len < 0 ? "in the file" : where, error);
}

int mneme_config_read_file(struct mneme_config *config, const char *path, mneme_config_tell *tell,
                           void *context, struct mneme_error *error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot read the settings: %s: %s; name a file that can be read", path,
                               strerror(errno));
    }
    int status = MNEME_OK;
    char *line = NULL;
    size_t capacity = 0;
    errno = 0;
    for (size_t number = 1; status == MNEME_OK && getline(&line, &capacity, file) >= 0; number++) {
        struct mneme_str text = mneme_str_from(line);
        size_t mark = number == 1 ? text.len - mneme_without_mark(text).len : 0;
        status = read_line(config, line + mark, path, number, error);
        if (status == MNEME_E_USAGE && tell != NULL) {
            tell(context, error);
            status = MNEME_OK;
        }
    }
    if (status == MNEME_OK && !feof(file)) {
        status = mneme_error_set(error, MNEME_E_USAGE,
                                 "cannot read the settings: %s: %s; name a file that can be read", path,
                                 strerror(errno));
    }
    free(line);
    if (fclose(file) != 0 && status == MNEME_OK) {
        status = mneme_error_set(error, MNEME_E_INTERNAL, "cannot read the settings: %s: %s; check the disk",
                                 path, strerror(errno));
    }
    return status;
}
