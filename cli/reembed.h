/*
 * Makes all vectors again with the same model, for mneme rebuild.
 */
#ifndef MNEME_CLI_REEMBED_H
#define MNEME_CLI_REEMBED_H

#include "cli/frame/command.h"

/* `mneme rebuild embed`, with the options of that command: rebuilds and prints the outcome. `jobs` as in
 * struct mneme_reembed_options. */
enum mneme_exit mneme_cli_rebuild_embed(struct mneme_cli *cli, unsigned jobs);

#endif
