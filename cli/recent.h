/*
 * Commands that list what happened lately, with Redis asked first.
 */
#ifndef MNEME_CLI_RECENT_H
#define MNEME_CLI_RECENT_H

#include "cli/frame/command.h"

extern const struct mneme_command mneme_command_agent_recent;
extern const struct mneme_command mneme_command_conversation_recent;

#endif
