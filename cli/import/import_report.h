/*
 * What an import prints: about refused entries, and at the end of each file.
 */
#ifndef MNEME_CLI_IMPORT_REPORT_H
#define MNEME_CLI_IMPORT_REPORT_H

#include "cli/frame/command.h"
#include "cli/import/import_validate.h"
#include "importers/import.h"

struct mneme_import_said {
    const char *path, *format;
    const char *noun; /* what the events are, in a format that is checked by entry */
    bool is_judged_by_entry;
    bool is_dry_run;
    const struct mneme_import_report *report;
    const struct mneme_import_validated *validated; /* NULL: nothing was compared */
};

/* One JSON object, or lines of text. */
enum mneme_exit mneme_cli_import_report(const struct mneme_cli *cli, const struct mneme_import_said *said);

/* A sentence on stderr, and with --json an object on stdout as well. */
enum mneme_exit mneme_cli_import_refused(const struct mneme_cli *cli, const char *path, int64_t entry,
                                         int64_t line, const char *why);

/* The same for an entry that was repaired or reinterpreted and then imported. */
enum mneme_exit mneme_cli_import_warned(const struct mneme_cli *cli, const char *path, int64_t entry,
                                        int64_t line, const char *why);

/* A line of text if files were passed over; nothing with --json, which reports each file. */
void mneme_cli_import_sum(const struct mneme_cli *cli, int64_t files, int64_t passed_over);

#endif
