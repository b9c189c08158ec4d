/*
 * The help of a command, made from its table.
 */
#ifndef MNEME_CLI_HELP_H
#define MNEME_CLI_HELP_H

#include <stdio.h>

#include "cli/frame/options.h"

/* Usage, what it does, subcommands, options with their variables, examples. `columns` is the width to fit;
 * `bold` marks the headings. */
void mneme_help_print(const struct mneme_cli *cli, FILE *out, int columns, bool bold);

/* The explanation of an option, with the default of a setting and the variable's name; NUL-terminated. */
void mneme_help_option_text(struct mneme_buffer *text, const struct mneme_cli *cli,
                            const struct mneme_cli_option *option);

#endif
