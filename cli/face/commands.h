/*
 * Commands made of the catalogue of operations: their options, arguments and help follow from its tables.
 */
#ifndef MNEME_CLI_FACE_COMMANDS_H
#define MNEME_CLI_FACE_COMMANDS_H

#include "cli/frame/command.h"
#include "common/base/arena.h"

/* The tree of all commands: those of `root`, and an operation "noun.verb" as the command "noun verb" among
 * them. Lies in the arena. NULL when memory is exhausted. */
const struct mneme_command *mneme_face_commands(const struct mneme_command *root, struct mneme_arena *arena);

#endif
