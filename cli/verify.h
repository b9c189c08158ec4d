/*
 * Compares a projection with the log and prints the result: `mneme verify` and `mneme rebuild --dry-run`.
 */
#ifndef MNEME_CLI_VERIFY_H
#define MNEME_CLI_VERIFY_H

#include "cli/frame/command.h"
#include "consumers/runtime/rebuild.h"

/* The projection that the first argument names, if it has rebuild operations; otherwise NULL with a sentence
 * in `error`, which names the `action`. */
const struct mneme_projection_ops *mneme_cli_rebuildable(const struct mneme_cli *cli, const char *action,
                                                         struct mneme_error *error);

/* Folds the log separately, compares, and prints a line for each table. With `is_dry_run` the lines say what
 * a rebuild would change, and differences are not a failure; otherwise they give MNEME_EXIT_UNSAFE. */
enum mneme_exit mneme_cli_verify(struct mneme_cli *cli, const struct mneme_projection_ops *projection,
                                 unsigned jobs, bool is_dry_run);

/* Builds the rows of one subject (--user or --agent) again, and prints a line for each table. */
enum mneme_exit mneme_cli_rebuild_subject(struct mneme_cli *cli,
                                          const struct mneme_projection_ops *projection, unsigned jobs);

#endif
