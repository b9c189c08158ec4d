/*
 * The help of a command, made from its table.
 */
#ifndef MNEME_CLI_HELP_H
#define MNEME_CLI_HELP_H

#include <stdio.h>

#include "cli/frame/options.h"

/* Prints usage, description, subcommands, options with their variables, and examples, wrapped to `columns`;
 * headings are bold if `bold`. */
void mneme_help_print(const struct mneme_cli *cli, FILE *out, int columns, bool bold);

/* The explanation of an option, with the default of a setting and the variable's name; NUL-terminated. */
void mneme_help_option_text(struct mneme_buffer *text, const struct mneme_cli *cli,
                            const struct mneme_cli_option *option);

#endif
