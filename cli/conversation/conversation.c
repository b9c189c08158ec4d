/*
 * mneme conversation: the verbs over conversations.
 */
#include "cli/conversation/conversation.h"

#include "cli/commands.h"

static const struct mneme_command *const verbs[] = {
    &mneme_command_conversation_list,
    &mneme_command_conversation_show,
    &mneme_command_conversation_delete,
    NULL,
};

const struct mneme_command mneme_command_conversation = {
    .name = "conversation",
    .summary = "List, read and forget conversations.",
    .arguments = "",
    .examples = "  mneme conversation list --user ada\n"
                "  mneme conversation show chat-1\n",
    .subcommands = verbs,
};
