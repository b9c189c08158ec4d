/*
 * mneme import --validate: what a file gives against what the store has of it.
 */
#ifndef MNEME_CLI_IMPORT_VALIDATE_H
#define MNEME_CLI_IMPORT_VALIDATE_H

#include "cli/frame/command.h"
#include "common/postgres/postgres.h"
#include "importers/import.h"

/* Of one file. Zero-initialise; `agents` is cleaned up by mneme_import_agents_clean_up. */
struct mneme_import_validated {
    int64_t there;                     /* as the file has them */
    int64_t missing, differing;        /* which should not be */
    int64_t changed, deleted;          /* by others since they were imported */
    struct mneme_import_agents agents; /* of the memories that are in the store, also changed ones */
};

/* One file's comparison under way. */
struct mneme_import_validation;

/* `postgres` is borrowed; `path` is for what is said. The caller ends it. */
int mneme_import_validation_begin(struct mneme_import_validation **out, const struct mneme_cli *cli,
                                  struct mneme_postgres *postgres, const char *path,
                                  struct mneme_error *error);

/* Takes one event of the file. What is missing or different is said on stderr, and with --json on stdout. */
int mneme_import_validation_take(struct mneme_import_validation *validation, const struct mneme_event *event,
                                 const struct mneme_import_place *place, struct mneme_error *error);

/* Compares what is left if `status` is MNEME_OK, fills *out, and frees the rest; gives `status` or an error
 * of its own. */
int mneme_import_validation_end(struct mneme_import_validated *out,
                                struct mneme_import_validation *validation, int status,
                                struct mneme_error *error);

#endif
