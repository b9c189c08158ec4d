/*
 * mneme context: what an agent keeps at hand of a conversation, by key, and the events it notes. What writes
 * is in the catalogue of operations.
 */
#include "cli/commands.h"
#include "cli/working/working.h"

static const struct mneme_command *const verbs[] = {
    &mneme_command_context_get,
    &mneme_command_context_events,
    NULL,
};

const struct mneme_command mneme_command_context = {
    .name = "context",
    .summary = "Keep values and events at hand during a conversation.",
    .arguments = "",
    .examples = "  mneme context set intent book_flight --user ada --conversation chat-1\n"
                "  mneme context get intent --user ada --conversation chat-1 --at-least last\n",
    .subcommands = verbs,
};
