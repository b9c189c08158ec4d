/*
 * Commands made from the catalogue of operations, whose tables give their options, arguments and help.
 */
#ifndef MNEME_CLI_FACE_COMMANDS_H
#define MNEME_CLI_FACE_COMMANDS_H

#include "cli/frame/command.h"
#include "common/base/arena.h"

/* The tree of all commands: those of `root`, and each operation "noun.verb" as a command "noun verb". The
 * tree is in the arena. NULL when memory is exhausted. */
const struct mneme_command *mneme_face_commands(const struct mneme_command *root, struct mneme_arena *arena);

#endif
