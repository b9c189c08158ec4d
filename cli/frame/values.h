/*
 * Options of a command as typed values. Each function sets the value to "not set" when the option was not
 * given, and fills the error (MNEME_E_USAGE) with a sentence that names the option and what it takes.
 */
#ifndef MNEME_CLI_VALUES_H
#define MNEME_CLI_VALUES_H

#include "cli/frame/command.h"
#include "common/base/arena.h"

int mneme_cli_opt_long(struct mneme_opt_long *out, const struct mneme_cli *cli, const char *option,
                       int64_t minimum, int64_t maximum, struct mneme_error *error);
int mneme_cli_opt_double(struct mneme_opt_double *out, const struct mneme_cli *cli, const char *option,
                         double minimum, double maximum, struct mneme_error *error);
/* Splits "a,b , c" into trimmed items in the arena. An empty item is refused; "" is an empty list. */
int mneme_cli_opt_list(struct mneme_str_array *out, const struct mneme_cli *cli, const char *option,
                       struct mneme_arena *arena, struct mneme_error *error);

/* Cuts the next item, trimmed, off the rest of such a list. */
struct mneme_str mneme_cli_next_item(struct mneme_str *rest);

/* Reads "partition:offset,…" into positions in the arena; *count is 0 when the option was not given. */
int mneme_cli_opt_positions(const struct mneme_position **out, size_t *count, const struct mneme_cli *cli,
                            const char *option, struct mneme_arena *arena, struct mneme_error *error);

/* The option's text, null when it was not given. */
struct mneme_str mneme_cli_opt_str(const struct mneme_cli *cli, const char *option);

#endif
