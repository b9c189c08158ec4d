/*
 * A comparison of a projection with the log, shown: `mneme verify` and `mneme rebuild --dry-run`.
 */
#ifndef MNEME_CLI_VERIFY_H
#define MNEME_CLI_VERIFY_H

#include "cli/frame/command.h"
#include "consumers/runtime/rebuild.h"

/* The projection of that name which has rebuild operations; NULL with a sentence in `error`. `deed` is what
 * was to be done with it. */
const struct mneme_projection_ops *mneme_cli_rebuildable(const struct mneme_cli *cli, const char *deed,
                                                         struct mneme_error *error);

/* Folds the log apart, compares, and prints a line for each table. With `is_dry_run` the lines tell what a
 * rebuild would change, and differences are no failure; else they are MNEME_EXIT_UNSAFE. */
enum mneme_exit mneme_cli_verify(struct mneme_cli *cli, const struct mneme_projection_ops *projection,
                                 unsigned jobs, bool is_dry_run);

/* Makes one subject's rows anew, that of --user or --agent, and prints a line for each table. */
enum mneme_exit mneme_cli_rebuild_subject(struct mneme_cli *cli,
                                          const struct mneme_projection_ops *projection, unsigned jobs);

#endif
