/*
 * Text from an argument or from standard input.
 */
#ifndef MNEME_CLI_INPUT_H
#define MNEME_CLI_INPUT_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/types.h"

/* The argument itself; for "-", all of standard input without its final line feed, in the arena.
 * MNEME_E_TOO_LARGE above some megabytes; MNEME_E_INVALID when it cannot be read. */
int mneme_cli_input(struct mneme_str *out, const char *argument, struct mneme_arena *arena,
                    struct mneme_error *error);

#endif
