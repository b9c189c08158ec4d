/*
 * The file of settings; used by config.c alone.
 */
#ifndef MNEME_COMMON_CONFIG_CONFIG_FILE_H
#define MNEME_COMMON_CONFIG_CONFIG_FILE_H

#include "common/config/config.h"

/* Sets what the file at `path` says: lines "key = value", empty ones and comments. A comment begins with # at
 * the beginning of a line or behind white space; a value that holds such a # stands in double quotes. A line
 * that is no setting, an unknown key and a key given twice are MNEME_E_USAGE with the number of the line;
 * with `tell` (else NULL) it is told of each and reading goes on. */
int mneme_config_read_file(struct mneme_config *config, const char *path, mneme_config_tell *tell,
                           void *context, struct mneme_error *error);

/* As mneme_config_set; `where` completes the sentence of the error: cannot use NAME = "value" <where>. */
int mneme_config_set_from(struct mneme_config *config, enum mneme_setting setting, const char *text,
                          enum mneme_setting_source source, const char *where, struct mneme_error *error);

#endif
