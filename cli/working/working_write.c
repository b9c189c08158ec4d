/*
 * mneme working: what is at hand of a conversation. What writes is in the catalogue of operations.
 */
#include "cli/commands.h"
#include "cli/working/working.h"

static const struct mneme_command *const verbs[] = {&mneme_command_working_show, NULL};

const struct mneme_command mneme_command_working = {
    .name = "working",
    .summary = "What is at hand of a conversation: its last turns, thoughts, goal and context.",
    .arguments = "",
    .examples = "  mneme working turn 'Two seats to Oslo, please' --user ada --conversation chat-1\n"
                "  mneme working show --user ada --conversation chat-1 --at-least last\n",
    .subcommands = verbs,
};
