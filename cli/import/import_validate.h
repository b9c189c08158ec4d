/*
 * mneme import --validate: compares the events of a file with the store.
 */
#ifndef MNEME_CLI_IMPORT_VALIDATE_H
#define MNEME_CLI_IMPORT_VALIDATE_H

#include "cli/frame/command.h"
#include "common/postgres/postgres.h"
#include "importers/import.h"

/* Of one file. Zero-initialise; `agents` is cleaned up by mneme_import_agents_clean_up. */
struct mneme_import_validated {
    int64_t there;                     /* the same in the store */
    int64_t missing, differing;        /* both are faults */
    int64_t changed, deleted;          /* by others since the import */
    struct mneme_import_agents agents; /* of the memories in the store, including changed ones */
};

/* The comparison of one file. */
struct mneme_import_validation;

/* `postgres` is borrowed; `path` is for messages. The caller ends the comparison. */
int mneme_import_validation_begin(struct mneme_import_validation **out, const struct mneme_cli *cli,
                                  struct mneme_postgres *postgres, const char *path,
                                  struct mneme_error *error);

/* Takes one event of the file. Reports what is missing or different on stderr, and with --json on stdout. */
int mneme_import_validation_take(struct mneme_import_validation *validation, const struct mneme_event *event,
                                 const struct mneme_import_place *place, struct mneme_error *error);

/* Compares what is left if `status` is MNEME_OK, fills *out, and frees the rest; returns `status`, or the
 * error of the comparison. */
int mneme_import_validation_end(struct mneme_import_validated *out,
                                struct mneme_import_validation *validation, int status,
                                struct mneme_error *error);

#endif
