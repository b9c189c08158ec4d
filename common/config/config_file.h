/*
 * The settings file; used only by config.c.
 */
#ifndef MNEME_COMMON_CONFIG_CONFIG_FILE_H
#define MNEME_COMMON_CONFIG_CONFIG_FILE_H

#include "common/config/config.h"

/* Applies the file at `path`: lines "key = value", empty lines and comments. A comment begins with # at the
 * beginning of a line or after white space; a value that contains such a # must be in double quotes. A line
 * that is not a setting, an unknown key and a repeated key are MNEME_E_USAGE with the line number; if `tell`
 * is not NULL, it is called for each error instead, and reading continues. */
int mneme_config_read_file(struct mneme_config *config, const char *path, mneme_config_tell *tell,
                           void *context, struct mneme_error *error);

/* As mneme_config_set; `where` completes the sentence of the error: cannot use NAME = "value" <where>. */
int mneme_config_set_from(struct mneme_config *config, enum mneme_setting setting, const char *text,
                          enum mneme_setting_source source, const char *where, struct mneme_error *error);

#endif
