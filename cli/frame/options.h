/*
 * Parses the command line into a command, its options and its arguments, by the tables of commands.
 */
#ifndef MNEME_CLI_OPTIONS_H
#define MNEME_CLI_OPTIONS_H

#include "cli/frame/command.h"

#define MNEME_CLI_MAX_OPTIONS 64

/* The options given on the command line or by their environment variables. Strings are borrowed from there.
 */
struct mneme_cli_values {
    struct mneme_cli_value {
        const struct mneme_cli_option *option;
        const char *text;
        bool from_environment;
    } items[MNEME_CLI_MAX_OPTIONS];
    size_t count;
};

/* The options that a command takes: its own first, then the common ones, then those of every command.
 * Returns how many; `own` (may be NULL) gets how many of them are the command's own. */
size_t mneme_cli_options_of(const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS],
                            const struct mneme_command *command, size_t *own);

/* Fills command, path, depth, arguments and values of `cli`. `argv`, which has `argc` pointers and then NULL,
 * is reordered: arguments point into it; argv[0] is skipped. Everything after "--" is an argument. With
 * --help among the options, nothing else is required. MNEME_E_USAGE with a sentence that suggests the nearest
 * name. */
int mneme_cli_parse(struct mneme_cli *cli, struct mneme_cli_values *values, int argc, char **argv,
                    struct mneme_error *error);

/* The environment variable that stands for an option of the command in `cli`; false for --help, which has
 * none. */
#define MNEME_CLI_VARIABLE_BYTES 128
bool mneme_cli_variable(char text[MNEME_CLI_VARIABLE_BYTES], const struct mneme_cli *cli,
                        const struct mneme_cli_option *option);

/* Whether the option is one of the common ones. */
bool mneme_cli_is_common(const struct mneme_cli_option *option);

/* "memory add", the words after mneme that name the command; "mneme" for the root. */
void mneme_cli_path(const struct mneme_cli *cli, struct mneme_buffer *out);

/* Applies the options that override settings. */
int mneme_cli_apply_settings(const struct mneme_cli *cli, struct mneme_error *error);

#endif
