/*
 * mneme memory: the verbs over memories.
 */
#include "cli/memory/memory.h"

#include "cli/commands.h"

static const struct mneme_command *const verbs[] = {
    &mneme_command_memory_hot,           &mneme_command_memory_update,
    &mneme_command_memory_delete,        &mneme_command_memory_history,
    &mneme_command_memory_access,        &mneme_command_memory_promote,
    &mneme_command_memory_prioritize,    &mneme_command_memory_archive,
    &mneme_command_memory_set_retention, NULL,
};

const struct mneme_command mneme_command_memory = {
    .name = "memory",
    .summary = "Remember, read, change and forget memories.",
    .arguments = "",
    .examples = "  mneme memory add 'Ada prefers tea' --user ada\n"
                "  mneme memory list --user ada\n",
    .subcommands = verbs,
};
