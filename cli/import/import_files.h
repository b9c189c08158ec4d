/*
 * The files of an import: those given by name, and those in the given folders.
 */
#ifndef MNEME_CLI_IMPORT_FILES_H
#define MNEME_CLI_IMPORT_FILES_H

#include <stdbool.h>

#include "common/base/error.h"

bool mneme_is_folder(const char *path);

/* Calls the visitor for every *.json and *.json.gz below the folder, in the order of their names; hidden ones
 * are left out, links are followed. False from the visitor ends it. MNEME_E_INVALID when there are no such
 * files, or a folder cannot be read. */
int mneme_import_visit_folder(const char *folder, bool (*visit)(void *context, const char *path),
                              void *context, struct mneme_error *error);

#endif
