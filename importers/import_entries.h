/*
 * The way of formats that are judged by entry: one pass, in which what is fine is published and the rest is
 * refused by itself. How far it has come is remembered.
 */
#ifndef MNEME_IMPORTERS_IMPORT_ENTRIES_H
#define MNEME_IMPORTERS_IMPORT_ENTRIES_H

#include "importers/import.h"

/* As mneme_import_file, of a regular file, into a zeroed report. `error` is not NULL. */
int mneme_import_entries(struct mneme_import_report *out, struct mneme_client *client,
                         const struct mneme_config *config, const struct mneme_import_format *format,
                         const struct mneme_import_source *source,
                         const struct mneme_import_observer *observer, struct mneme_error *error);

#endif
