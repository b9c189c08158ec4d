/*
 * Imports formats that are judged by entry: one pass that publishes valid entries and refuses others
 * individually. The progress is saved.
 */
#ifndef MNEME_IMPORTERS_IMPORT_ENTRIES_H
#define MNEME_IMPORTERS_IMPORT_ENTRIES_H

#include "importers/import.h"

/* Like mneme_import_file, for a regular file, into a zeroed report. `error` is not NULL. */
int mneme_import_entries(struct mneme_import_report *out, struct mneme_client *client,
                         const struct mneme_config *config, const struct mneme_import_format *format,
                         const struct mneme_import_source *source,
                         const struct mneme_import_observer *observer, struct mneme_error *error);

#endif
